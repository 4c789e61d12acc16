//! Runs the command lines of `cases/*.yml` and compares what they say.

use std::collections::BTreeMap;

use promsieve_lab::real::TempDir;
use serde::Deserialize;

use super::{Ended, run};

/// One command line and what comes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    args: Vec<String>,
    /// Files in the directory where it runs.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    status: i32,
    /// The whole of stdout.
    stdout: Option<String>,
    /// Pieces of stdout, in any order.
    #[serde(default)]
    stdout_has: Vec<String>,
    /// Pieces of stderr; without any it must be empty.
    #[serde(default)]
    stderr_has: Vec<String>,
}

/// What differs, in words; `None` when all is as it should be.
fn difference(case: &Case, ended: &Ended) -> Option<String> {
    if ended.status != case.status {
        return Some(format!("status {}, not {}", ended.status, case.status));
    }
    if let Some(stdout) = case.stdout.as_ref().filter(|it| **it != ended.stdout) {
        return Some(format!("stdout is not\n{stdout}"));
    }
    let missing = |pieces: &[String], text: &str| {
        pieces.iter().find(|piece| !text.contains(&***piece)).cloned()
    };
    if let Some(piece) = missing(&case.stdout_has, &ended.stdout) {
        return Some(format!("stdout lacks `{piece}`"));
    }
    if let Some(piece) = missing(&case.stderr_has, &ended.stderr) {
        return Some(format!("stderr lacks `{piece}`"));
    }
    (case.stderr_has.is_empty() && !ended.stderr.is_empty()).then(|| "stderr is not empty".into())
}

fn check_file(name: &str) {
    let path = xtask::workspace().join("tests/cli/cases").join(name);
    let cases: Vec<Case> = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!cases.is_empty(), "{name} holds no case");
    let mut wrong = Vec::new();
    for case in &cases {
        let dir = TempDir::new("case").unwrap();
        for (file, text) in &case.files {
            dir.write(file, text).unwrap();
        }
        let args: Vec<&str> = case.args.iter().map(String::as_str).collect();
        let ended = run(dir.path(), &args, case.stdin.as_bytes());
        if let Some(difference) = difference(case, &ended) {
            let Ended { status, stdout, stderr } = &ended;
            wrong.push(format!(
                "{name}: {}: {difference}\nstatus: {status}\nstdout:\n{stdout}stderr:\n{stderr}",
                case.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_says_what_it_should() {
    let dir = xtask::workspace().join("tests/cli/cases");
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        check_file(&name);
    }
}
