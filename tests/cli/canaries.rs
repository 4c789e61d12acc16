//! No secret of a configuration is in any output: secrets are planted wherever one can stand, in
//! files of every kind, as they are and damaged in ways that put findings around them.

use std::fs;
use std::path::PathBuf;

use promsieve_lab::real::TempDir;

use super::{Ended, run};

/// What every planted secret begins with.
const CANARY: &str = "CANARY-";

const FORMATS: [&str; 10] = [
    "text",
    "concise",
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "checkstyle",
    "markdown",
];

const SCRAPE: &str = "up{job=\"app\"} 1\n";

/// What makes another text of a file.
type Damage = fn(&str) -> String;

/// Ways to damage a file.
const WAYS: [(&str, Damage); 7] = [
    ("as it is", |text| text.to_owned()),
    ("broken at its end", |text| format!("{text}\n  - [\n\t}}")),
    ("an unknown field before each secret", |text| {
        by_line(text, |line| {
            let (indent, item) = indentation(line);
            let rest = &line[indent.len() + item.len()..];
            let deeper = " ".repeat(item.len());
            format!("{indent}{item}surprise: 1\n{indent}{deeper}{rest}")
        })
    }),
    ("an open quote behind each secret", |text| by_line(text, |line| format!("{line}\""))),
    ("each secret as a list", |text| wrapped(text, "[", "]")),
    ("each secret as a mapping", |text| wrapped(text, "{a: ", "}")),
    ("misspelt names", |text| {
        text.replace("password", "pasword").replace("_token", "_tokn_secret")
    }),
];

/// Changes the lines that hold secrets.
fn by_line(text: &str, change: fn(&str) -> String) -> String {
    let change = |line: &str| if line.contains(CANARY) { change(line) } else { line.to_owned() };
    text.lines().map(change).collect::<Vec<_>>().join("\n")
}

/// The blanks that a line begins with, and the dash of an item.
fn indentation(line: &str) -> (&str, &str) {
    let content = line.trim_start();
    let indent = &line[..line.len() - content.len()];
    (indent, if content.starts_with("- ") { "- " } else { "" })
}

/// Puts what makes another type of it around each secret that ends a line.
fn wrapped(text: &str, open: &str, close: &str) -> String {
    let wrap = |line: &str| match line.rsplit_once(": ") {
        Some((name, secret)) if secret.starts_with(CANARY) => {
            format!("{name}: {open}{secret}{close}")
        }
        _ => line.to_owned(),
    };
    text.lines().map(wrap).collect::<Vec<_>>().join("\n")
}

/// The files with planted secrets, by name.
fn planted() -> Vec<(String, String)> {
    let dir = xtask::workspace().join("fixtures/canaries");
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[track_caller]
fn check(ended: &Ended, dir: &TempDir, what: &str) {
    let mut shown = vec![ended.stdout.clone(), ended.stderr.clone()];
    let written = dir.path().join("out");
    if let Ok(entries) = fs::read_dir(&written) {
        shown.extend(entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    for text in shown {
        let line = text.lines().find(|line| line.contains(CANARY));
        assert_eq!(line, None, "{what}");
    }
    let failed = ["panicked", "Usage: "].iter().any(|word| ended.stderr.contains(word));
    assert!(!failed, "{what}: {}", ended.stderr);
}

#[test]
fn findings_show_no_secret_in_any_format() {
    let outputs: Vec<String> =
        FORMATS.iter().map(|format| format!("--output={format}=out/{format}")).collect();
    for (name, text) in planted() {
        assert!(text.contains(CANARY), "{name} has no secret");
        for (way, damage) in WAYS {
            let dir = TempDir::new("canaries").unwrap();
            fs::create_dir(dir.path().join("out")).unwrap();
            dir.write(&name, damage(&text)).unwrap();
            let mut args = vec!["lint", name.as_str()];
            args.extend(outputs.iter().map(String::as_str));
            check(&run(dir.path(), &args, b""), &dir, &format!("lint {name}, {way}"));
            let args = ["lint", "--diff", "--unsafe-fixes", &name];
            check(&run(dir.path(), &args, b""), &dir, &format!("lint --diff {name}, {way}"));
        }
    }
}

#[test]
fn no_other_command_shows_a_secret() {
    for (name, text) in planted() {
        let dir = TempDir::new("canaries").unwrap();
        dir.write(&name, &text).unwrap();
        dir.write("app.prom", SCRAPE).unwrap();
        fs::create_dir(dir.path().join("out")).unwrap();
        let chain = "scrape_configs[job=app].relabel_configs";
        let commands: [&[&str]; 11] = [
            &["review", ".", "--html", "out/page.html"],
            &["review", ".", "--format", "json"],
            &["usage", &name],
            &["usage", "--format", "json", &name, "app.prom"],
            &["census", &name, "app.prom"],
            &["estimate", &name, "app.prom"],
            &["optimize", ".", "--format", "json"],
            &["shard", "--shards", "2", "."],
            &["shard", "--shards", "2", ".", "--format", "json"],
            &["relabel", "--config", &name, "--chain-at", chain],
            &["test", &name],
        ];
        for args in commands {
            check(&run(dir.path(), args, b""), &dir, &format!("{args:?}"));
        }
    }
}

#[test]
fn a_gate_shows_no_secret_of_what_the_server_refuses() {
    let mut refused = 0;
    for (name, text) in planted() {
        for (way, damage) in WAYS {
            let dir = TempDir::new("canaries").unwrap();
            fs::create_dir(dir.path().join("out")).unwrap();
            dir.write(&name, damage(&text)).unwrap();
            dir.write("old.yml", "scrape_configs: []\n").unwrap();
            dir.write("app.prom", SCRAPE).unwrap();
            let formats = ["text", "json", "junit", "github", "markdown"];
            let outputs: Vec<String> =
                formats.iter().map(|format| format!("--output={format}=out/{format}")).collect();
            let mut args = vec!["gate", "old.yml", name.as_str(), "--with", "app.prom"];
            args.extend(outputs.iter().map(String::as_str));
            let ended = run(dir.path(), &args, b"");
            refused += usize::from(ended.stdout.contains("the server refuses it: "));
            check(&ended, &dir, &format!("gate {name}, {way}"));
        }
    }
    assert!(refused > WAYS.len(), "only {refused} were refused");
}
