//! What documents say of the tree is true: paths exist, fixtures are listed, the changelog is current.

use std::fs;
use std::path::Path;

use xtask::workspace;

use super::{Text, assert_none, has_extension, texts};

/// Endings by which a word without a slash is a path too.
const EXTENSIONS: [&str; 8] = ["rs", "md", "toml", "yml", "json", "jsonl", "prom", "sh"];
/// Files of users, of which there is none here.
const OF_USERS: [&str; 2] = ["promsieve.toml", "chain.yml"];
/// Where a path may be meant to start, besides the workspace and the document's own directory.
const BASES: [&str; 5] = [
    "crates/core/src",
    "crates/cli/src",
    "fixtures/canaries",
    "fixtures/mesh",
    "fixtures/relabel_tests",
];

/// The documents: Markdown at the top, below `docs` and below `fixtures`.
fn documents() -> Vec<Text> {
    let mut files = texts();
    files.retain(|file| {
        let of_ours = !file.path.contains('/') || file.path.starts_with("docs/");
        of_ours && has_extension(&file.path, "md")
    });
    let path = "fixtures/README.md".to_owned();
    let text = fs::read_to_string(workspace().join(&path)).unwrap();
    files.push(Text { path, text });
    files
}

/// The words in backticks outside of code blocks.
fn quoted(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            words.extend(line.split('`').skip(1).step_by(2));
        }
    }
    words
}

/// Whether a word is a path of this project: letters, digits and `_-.%` around slashes, with one of
/// our extensions or below something at the top of the workspace.
fn is_path(word: &str) -> bool {
    let letters = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./%".contains(c));
    let ending = EXTENSIONS.iter().any(|extension| has_extension(word, extension));
    let below = word.split_once('/').is_some_and(|(top, _)| workspace().join(top).is_dir());
    letters && !word.starts_with(['/', '-', '.']) && (below || ending) && !OF_USERS.contains(&word)
}

#[test]
fn paths_in_documents_exist() {
    let mut offenders = Vec::new();
    let mut seen = 0;
    for file in documents() {
        let own = Path::new(&file.path).parent().expect("a file has a directory");
        for word in quoted(&file.text).into_iter().filter(|word| is_path(word)) {
            seen += 1;
            let bases = BASES.iter().map(Path::new).chain([Path::new(""), own]);
            if !bases.map(|base| workspace().join(base).join(word)).any(|path| path.exists()) {
                offenders.push(format!("{}: {word}", file.path));
            }
        }
    }
    assert!(seen > 30, "only {seen} paths found");
    assert_none("documents name what does not exist", &offenders);
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut offenders = Vec::new();
    for file in documents() {
        let own = workspace().join(&file.path);
        for target in file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or(target);
            let elsewhere = target.contains("://") || path.is_empty();
            if !elsewhere && !own.with_file_name("").join(path).exists() {
                offenders.push(format!("{}: {target}", file.path));
            }
        }
    }
    assert_none("dead links", &offenders);
}

#[test]
fn fixtures_are_listed() {
    let dir = workspace().join("fixtures");
    let readme = fs::read_to_string(dir.join("README.md")).unwrap();
    let mut offenders = Vec::new();
    for entry in fs::read_dir(&dir).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        let below = fs::read_dir(entry.path()).unwrap().flatten();
        for entry in below.chain([entry]) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let listed = ["`", "/"].iter().any(|end| readme.contains(&format!("`{name}{end}")));
            if !listed && name != "generated" {
                offenders.push(entry.path().display().to_string());
            }
        }
    }
    assert_none("fixtures/README.md does not tell of", &offenders);
}

#[test]
fn the_changelog_has_this_version() {
    let changelog = fs::read_to_string(workspace().join("CHANGELOG.md")).unwrap();
    let newest = changelog.lines().find(|line| line.starts_with("## ")).unwrap_or_default();
    let version = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(newest.starts_with(&version), "the newest section is `{newest}`, not `{version}`");
}

#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
}

#[test]
fn words_that_are_paths_are_told_apart() {
    for path in ["crates/core", "ARCHITECTURE.md", "docs/guide/relabel.md"] {
        assert!(is_path(path), "{path}");
    }
    for other in ["/api/v1/status/tsdb", "scrapes/<job>/x.prom", "--flag", "label", "status/config"]
    {
        assert!(!is_path(other), "{other}");
    }
}
