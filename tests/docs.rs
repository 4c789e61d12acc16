//! Runs the commands of the README and the guides: a `console` block holds commands after `$ ` and
//! exactly what they print, a `yaml` block with a file name after it is that file for the commands
//! below; in a `sh` block commands and options must exist.

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

/// The code blocks: what stands after the backticks, and the text.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let inner = text.split("\n```").skip(1).step_by(2);
    inner.map(|block| block.split_once('\n').unwrap_or((block, "")))
}

/// The document with what its commands print now; they run in one directory that has `fixtures`.
/// The number of its console blocks.
fn replay_document(text: &str) -> (String, usize) {
    let dir = TempDir::new("docs").unwrap();
    std::os::unix::fs::symlink(workspace().join("fixtures"), dir.path().join("fixtures")).unwrap();
    let mut current = text.to_owned();
    let mut consoles = 0;
    for (info, body) in blocks(text) {
        if let Some(file) = info.strip_prefix("yaml ") {
            dir.write(file, format!("{body}\n")).unwrap();
        } else if info == "console" {
            consoles += 1;
            current = current.replace(body, replay(dir.path(), body).trim_end_matches('\n'));
        }
    }
    (current, consoles)
}

/// A console block with what its commands print now.
fn replay(dir: &Path, block: &str) -> String {
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
            let shown = output(dir, &command);
            // An example that shows nothing, or a failure of its shell, has been left behind.
            let dead = shown.is_empty() && !command.replace("2>", "").contains('>')
                || shown.contains("No such file");
            assert!(!dead, "`{command}` shows {shown:?}");
            out.push_str(&shown);
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
        let (current, consoles) = replay_document(&text);
        seen += consoles;
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
        for line in blocks(&text).filter(|it| it.0 == "sh").flat_map(|it| it.1.lines()) {
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
fn documents_are_replayed() {
    let text = "a\n```yaml f.yml\na: b\n```\n\n```console\n$ cat \\\n  f.yml\nold\n$ ls\n```\n";
    let (current, consoles) = replay_document(text);
    assert_eq!(consoles, 1);
    assert_eq!(current, text.replace("old\n$ ls", "a: b\n$ ls\nf.yml\nfixtures"));
    assert_eq!(blocks("a\n```sh\nz\n```\nb\n").collect::<Vec<_>>(), [("sh", "z")]);
}
