//! What the compiler does not check: layers, sizes, opening sentences, dead files, stray words.

mod docs;
mod layers;
mod licences;

use std::fs;
use std::path::{Path, PathBuf};

use xtask::workspace;

/// Beyond this a newcomer does not find their room in a file.
const MAX_LINES: usize = 600;
/// Files over this are worth a look when one is over [`MAX_LINES`].
const LARGE_LINES: usize = 300;

/// A text file of the workspace.
struct Text {
    /// Its path below the workspace, with `/`.
    path: String,
    text: String,
}

/// Every text file of the workspace but for fixtures, sorted by path.
fn texts() -> Vec<Text> {
    let mut files = Vec::new();
    collect(workspace(), &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).ok()?;
        let path = file.strip_prefix(workspace()).unwrap();
        Some(Text { path: path.to_string_lossy().replace('\\', "/"), text })
    };
    files.into_iter().filter_map(read).collect()
}

/// The Rust files among [`texts`].
fn sources() -> Vec<Text> {
    let mut files = texts();
    files.retain(|file| has_extension(&file.path, "rs"));
    assert!(files.len() > 100, "only {} Rust files found", files.len());
    files
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        let passed_over =
            [".git", ".real", "fixtures"].contains(&&*name) || name.starts_with("target");
        if path.is_dir() && !passed_over {
            collect(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

#[track_caller]
fn assert_none(what: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{what}:\n  {}", offenders.join("\n  "));
}

#[test]
fn every_source_opens_with_a_sentence_on_what_it_holds() {
    let silent = |file: &Text| {
        let first = file.text.lines().next().unwrap_or_default();
        !first.starts_with("//! ") || first.len() < 12
    };
    let offenders: Vec<String> = sources().into_iter().filter(silent).map(|it| it.path).collect();
    assert_none("the first line is no `//!` sentence", &offenders);
}

#[test]
fn files_are_small() {
    let lines = |file: &Text| (file.text.lines().count(), file.path.clone());
    let mut large: Vec<(usize, String)> = sources().iter().map(lines).collect();
    large.retain(|(count, _)| *count > LARGE_LINES);
    large.sort();
    let listed: Vec<String> =
        large.iter().rev().map(|(count, path)| format!("{count} {path}")).collect();
    let largest = large.last().map_or(0, |(count, _)| *count);
    assert!(
        largest <= MAX_LINES,
        "over {MAX_LINES} lines; these are large:\n{}",
        listed.join("\n")
    );
}

#[test]
fn no_source_is_left_out_of_its_crate() {
    let files = sources();
    let dead = |file: &&Text| declares(&files, &file.path) == Some(false);
    let offenders: Vec<String> = files.iter().filter(dead).map(|it| it.path.clone()).collect();
    assert_none("no `mod` names this file", &offenders);
}

/// Whether the parent of a module's file declares it; `None` for the roots of crates.
fn declares(files: &[Text], path: &str) -> Option<bool> {
    let (dir, name) = path.rsplit_once('/')?;
    let (home, module) = match name {
        "mod.rs" => dir.rsplit_once('/')?,
        _ => (dir, name.strip_suffix(".rs")?),
    };
    let of_crate = ["/tests", "/benches", "/examples"].iter().any(|own| dir.ends_with(own));
    let is_root = matches!(name, "lib.rs" | "main.rs" | "build.rs")
        || dir.ends_with("/src/bin")
        || (dir.starts_with("crates/") && of_crate);
    if is_root {
        return None;
    }
    let parents = ["mod.rs", "lib.rs", "main.rs"].map(|root| format!("{home}/{root}"));
    let declaration = format!("mod {module};");
    let found = files.iter().filter(|file| parents.contains(&file.path));
    Some(found.flat_map(|file| file.text.lines()).any(|line| line.ends_with(&declaration)))
}

#[test]
fn nothing_is_unfinished_or_of_one_machine() {
    // Put together here, so that this file does not hold them itself.
    let unfinished = [("to", "do!("), ("unimple", "mented!("), ("FIX", "ME"), ("db", "g!(")];
    let mut words: Vec<String> = unfinished.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let home = std::env::var("HOME").unwrap_or_default();
    for place in [&*workspace().to_string_lossy(), &home] {
        // A workspace right below the root has a name that may well be a word.
        if Path::new(place).components().count() > 2 {
            words.push(format!("{place}/"));
        }
    }
    let mut offenders = Vec::new();
    for file in texts() {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(&***word)) {
                offenders.push(format!("{}:{}: {word}", file.path, number + 1));
            }
        }
    }
    assert_none("stray words", &offenders);
}

#[test]
fn every_dependency_has_a_reason() {
    let mut offenders = Vec::new();
    for file in texts().iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let mut section = "";
        for line in file.text.lines().map(str::trim) {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']);
            } else if section.ends_with("dependencies") && section != "workspace.dependencies" {
                let ours = line.starts_with("promsieve-");
                let reason = line.split_once(" # ").is_some_and(|(_, why)| why.len() > 3);
                if line.contains('=') && !ours && !reason {
                    offenders.push(format!("{}: {line}", file.path));
                }
            }
        }
    }
    assert_none("dependencies without a `# reason`", &offenders);
}
