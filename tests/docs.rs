//! Runs the commands of the README and the guides: a `console` block holds commands after `$ ` and
//! exactly what they print; in a `sh` block commands and options must exist.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use promsieve_lab::real::TempDir;
use xtask::workspace;

/// The documents whose commands users copy.
fn documents() -> Vec<PathBuf> {
    let mut files = vec![workspace().join("README.md")];
    let guides = fs::read_dir(workspace().join("docs/guide")).unwrap();
    files.extend(guides.map(|entry| entry.unwrap().path()));
    files.sort();
    files
}

/// The texts of the blocks of one language.
fn blocks<'a>(text: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    text.split("\n```").enumerate().filter(|(at, _)| at % 2 == 1).filter_map(move |(_, block)| {
        let (info, body) = block.split_once('\n').unwrap_or((block, ""));
        (info == language).then_some(body)
    })
}

/// A console block with what its commands print now, run in a directory that has `fixtures`.
fn replay(block: &str) -> String {
    let dir = TempDir::new("docs").unwrap();
    std::os::unix::fs::symlink(workspace().join("fixtures"), dir.path().join("fixtures")).unwrap();
    let mut out = String::new();
    let mut command = String::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(first) => first.clone_into(&mut command),
            None if command.ends_with('\\') => command = format!("{command}\n{line}"),
            None => continue,
        }
        out.push_str(line);
        out.push('\n');
        if !command.ends_with('\\') {
            out.push_str(&output(dir.path(), &command));
        }
    }
    out
}

/// What a shell shows of a command.
fn output(dir: &Path, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_promsieve")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(dir)
        .env_clear()
        .env("PATH", format!("{}:{path}", binary.display()))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn generated_outputs_in_documents_are_current() {
    let mut seen = 0;
    for file in documents() {
        let text = fs::read_to_string(&file).unwrap();
        let mut current = text.clone();
        for block in blocks(&text, "console") {
            seen += 1;
            current = current.replace(block, replay(block).trim_end_matches('\n'));
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&file, &current).unwrap();
        } else if text != current {
            panic!("{}: run `cargo xtask bless`; it is now\n{current}", file.display());
        }
    }
    assert!(seen > 3, "only {seen} console blocks found");
}

#[test]
fn commands_in_documents_exist() {
    let dir = TempDir::new("docs").unwrap();
    let mut wrong = Vec::new();
    for file in documents() {
        let text = fs::read_to_string(&file).unwrap();
        for line in blocks(&text, "sh").flat_map(str::lines) {
            let mut words = line.split_whitespace().skip_while(|word| *word != "promsieve").skip(1);
            let Some(command) = words.next() else { continue };
            let help = output(dir.path(), &format!("promsieve {command} --help"));
            let known = |word: &&str| help.contains(word.split('=').next().unwrap_or(word));
            let options = words.filter(|word| word.starts_with("--"));
            let unknown: Vec<&str> = options.filter(|word| !known(word)).collect();
            if !help.contains("Usage: promsieve") || !unknown.is_empty() {
                wrong.push(format!("{}: {line}: {unknown:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn blocks_are_found_by_language() {
    let text = "a\n```console\n$ x\ny\n```\nb\n```sh\nz\n```\n```console\n$ q\n```\n";
    assert_eq!(blocks(text, "console").collect::<Vec<_>>(), ["$ x\ny", "$ q"]);
    assert_eq!(blocks(text, "sh").collect::<Vec<_>>(), ["z"]);
    assert_eq!(replay("$ echo \"a\\\nb\"\nold\n$ ls"), "$ echo \"a\\\nb\"\nab\n$ ls\nfixtures\n");
}
