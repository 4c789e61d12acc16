//! Every target over its corpus and a few mutations: a fixed number, so that it ends when it ends.

use super::{TARGETS, run};

#[test]
fn targets_hold_on_mutations_of_their_corpus() {
    for target in TARGETS {
        let runs = run(target, 1, |runs| runs < target.inputs, |_| {}).unwrap();
        assert_eq!(runs, target.inputs, "{}", target.name);
    }
}

#[test]
fn every_target_has_a_name_of_its_own() {
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TARGETS.len());
}
