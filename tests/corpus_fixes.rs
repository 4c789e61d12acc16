//! Safe fixes on public configurations: what they mend is found no more, nothing else is broken, and
//! every chain that they change makes the same of generated label sets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use promsieve_cli::input::config::load;
use promsieve_cli::input::http::Access;
use promsieve_core::config::{Chain, Project};
use promsieve_core::relabel::Step;
use promsieve_core::server::Server;
use promsieve_lab::corpus;
use promsieve_lab::mutate::first_difference;
use promsieve_lab::random::Random;
use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::cli::run;

const FOLDERS: [&str; 6] = ["prom-config", "operator", "vm", "otel", "alloy", "tricky_configs"];

/// Label sets that a changed chain is tried on.
const TRIES: usize = 1000;

fn findings(dir: &Path) -> Vec<Value> {
    let ended = run(dir, &["lint", ".", "--format", "json", "--fail-on", "never"], b"");
    let view: Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
    view["findings"].as_array().unwrap().clone()
}

/// Files and rules of what has a safe fix.
fn mendable(findings: &[Value]) -> BTreeSet<(String, String)> {
    let safe = findings.iter().filter(|found| found["fix"]["safe"] == true);
    let text = |found: &Value, key: &str| found[key].as_str().unwrap().to_owned();
    safe.map(|found| (text(found, "path"), text(found, "rule"))).collect()
}

/// How often each file has an error, by its rule.
fn errors(findings: &[Value]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for found in findings.iter().filter(|found| found["severity"] == "error") {
        let text = |key: &str| found[key].as_str().unwrap().to_owned();
        *counts.entry((text("path"), text("rule"))).or_default() += 1;
    }
    counts
}

/// The project of one file alone.
fn project(path: &Path) -> Project {
    let loaded = load(path.to_str().unwrap(), Server::default(), &Access::default()).unwrap();
    loaded.into_iter().next().unwrap().project
}

/// The chains of jobs, in order.
fn chains(project: &Project) -> Vec<&Chain> {
    project.jobs.iter().flat_map(|job| [&job.target_chain, &job.metric_chain]).collect()
}

fn steps(chain: &Chain) -> Vec<Step> {
    chain.steps.iter().filter_map(|step| step.step.clone()).collect()
}

/// Copies the folders of the corpus; the paths of their files below `dir`.
fn copy(dir: &TempDir) -> Vec<String> {
    let root = corpus::dir().unwrap();
    let files = FOLDERS.iter().flat_map(|folder| corpus::files(folder, &[]));
    let relative = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    files
        .map(|path| {
            dir.write(&relative(&path), fs::read(&path).unwrap()).unwrap();
            relative(&path)
        })
        .collect()
}

#[test]
fn safe_fixes_mend_public_configurations_and_change_no_label() {
    let Some(root) = corpus::dir() else { return };
    let dir = TempDir::new("fixes").unwrap();
    let files = copy(&dir);
    let before = findings(dir.path());
    run(dir.path(), &["lint", ".", "--fix", "--fail-on", "never"], b"");
    let after = findings(dir.path());
    let wanted = mendable(&before);
    assert!(wanted.len() > 20, "{wanted:?}");
    assert_eq!(mendable(&after), BTreeSet::new());
    let (old, new) = (errors(&before), errors(&after));
    for (at, count) in new {
        assert!(count <= old.get(&at).copied().unwrap_or(0), "a fix made an error: {at:?}");
    }
    let (mut changed, mut random) = (0, Random::new(1));
    for file in files {
        let (was, is) = (root.join(&file), dir.path().join(&file));
        if fs::read(&was).unwrap() == fs::read(&is).unwrap() {
            continue;
        }
        let (was, is) = (project(&was), project(&is));
        let names = |project: &Project| -> Vec<String> {
            project.jobs.iter().map(|job| job.name.clone()).collect()
        };
        assert_eq!(names(&was), names(&is), "{file}");
        for (was, is) in chains(&was).into_iter().zip(chains(&is)) {
            let (one, other) = (steps(was), steps(is));
            let raw = |chain: &Chain| -> Vec<_> {
                chain.steps.iter().map(|step| step.raw.clone()).collect()
            };
            changed += usize::from(raw(was) != raw(is));
            let told = first_difference([&one, &other], was.kind, TRIES, &mut random);
            assert_eq!(told, None, "{file}: {}", was.path);
        }
    }
    println!("{} rules in files were mended; steps of {changed} chains differ", wanted.len());
}
