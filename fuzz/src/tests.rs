//! Every target over its corpus and a few mutations: a fixed number, so that it ends when it ends.

use super::{TARGETS, corpus, run};

/// Inputs a target: less than a second each, so that there is room for more targets.
const RUNS: u64 = 8000;

#[test]
fn targets_hold_on_mutations_of_their_corpus() {
    for target in TARGETS {
        let runs = run(target, 1, |runs| runs < RUNS, |_| {}).unwrap();
        assert_eq!(runs, RUNS, "{}", target.name);
    }
}

#[test]
fn every_target_has_a_corpus_and_a_name_of_its_own() {
    for target in TARGETS {
        assert!(!corpus(target).unwrap().is_empty(), "{}", target.name);
    }
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TARGETS.len());
}
