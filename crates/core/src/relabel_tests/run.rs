//! One case through its chain: what came out, where it differs, and what each step did.

use std::collections::BTreeMap;

use super::model::{Expectation, TestCase};
use crate::config::Chain;
use crate::relabel::target::{self, TargetDefaults};
use crate::relabel::{Change, Did, Outcome, Scratch};
use crate::series::LabelBuf;
use crate::server::Server;
use crate::text::Location;

/// What came of a case's labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actual {
    /// These labels. Of a target those of its series, and of the names with `__` in front those
    /// that the case names.
    Labels(BTreeMap<String, String>),
    /// Nothing: a step dropped it, or no label was left.
    Dropped {
        /// Zero-based index of the step; `None` when no label was left.
        by: Option<usize>,
    },
    /// The server refuses the target, in these words.
    Refused(String),
}

/// What became of a case on one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is what was expected.
    pub passed: bool,
    /// What came out.
    pub actual: Actual,
    /// Labels that differ, by name; empty unless labels were expected and came.
    pub differences: Vec<Difference>,
    /// What each step did, up to the one that dropped.
    pub trace: Vec<StepTrace>,
}

/// A label that is not as expected; `""` stands for no label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub label: String,
    /// The value that was expected.
    pub expected: String,
    /// The value that came.
    pub actual: String,
    /// The last step that wrote it, if one did.
    pub by: Option<usize>,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTrace {
    /// Its zero-based index in the chain.
    pub step: usize,
    /// Its action.
    pub action: &'static str,
    /// Where it is.
    pub location: Location,
    /// What it did.
    pub did: Did,
}

/// Runs a case through `chain`, which `server` accepts as a whole.
pub fn run(case: &TestCase, chain: &Chain, server: Server, defaults: &TargetDefaults) -> Verdict {
    let program = chain.program();
    let (mut scratch, mut labels) = (Scratch::new(), LabelBuf::new());
    labels.refill(case.input.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if case.as_target {
        target::discover(server, defaults, &mut labels);
    }
    let (outcome, dids) = program.apply_traced(&mut scratch, &mut labels);
    let actual = match outcome {
        Outcome::Dropped { by } => Actual::Dropped { by: Some(by) },
        Outcome::Kept if case.as_target => match target::finish(server, defaults, &mut labels) {
            Ok(()) => Actual::Labels(of_target(&labels, case)),
            Err(error) => Actual::Refused(error.to_string()),
        },
        Outcome::Kept if labels.is_empty() => Actual::Dropped { by: None },
        Outcome::Kept => Actual::Labels(owned(labels.sorted())),
    };
    let steps = program.steps().iter().zip(&chain.steps).zip(dids).enumerate();
    let trace: Vec<StepTrace> = steps
        .map(|(step, ((valid, configured), did))| StepTrace {
            step,
            action: valid.action().name(),
            location: configured.spans.item,
            did,
        })
        .collect();
    let differences = differences(case.expectation.as_ref(), &actual, &trace);
    let passed = case.expectation.as_ref().is_some_and(|it| agrees(it, &actual, &differences));
    Verdict { passed, actual, differences, trace }
}

fn owned<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Hidden labels have defaults that few care about: only those that the case names are told.
fn of_target(labels: &LabelBuf, case: &TestCase) -> BTreeMap<String, String> {
    let names = match &case.expectation {
        Some(Expectation::Labels(names)) => Some(names),
        _ => None,
    };
    let told =
        |name: &str| !name.starts_with("__") || names.is_some_and(|names| names.contains_key(name));
    owned(labels.sorted().into_iter().filter(|(name, _)| told(name)))
}

fn agrees(expectation: &Expectation, actual: &Actual, differences: &[Difference]) -> bool {
    match (expectation, actual) {
        (Expectation::Labels(_), Actual::Labels(_)) => differences.is_empty(),
        (Expectation::Dropped { by: None }, Actual::Dropped { .. })
        | (Expectation::Kept, Actual::Labels(_)) => true,
        (Expectation::Dropped { by: expected }, Actual::Dropped { by }) => expected == by,
        (Expectation::Refused(words), Actual::Refused(said)) => said.contains(words),
        _ => false,
    }
}

/// Whether `actual` is what is expected.
pub(super) fn agrees_with(expectation: &Expectation, actual: &Actual) -> bool {
    agrees(expectation, actual, &differences(Some(expectation), actual, &[]))
}

fn differences(
    expectation: Option<&Expectation>,
    actual: &Actual,
    trace: &[StepTrace],
) -> Vec<Difference> {
    let (Some(Expectation::Labels(expected)), Actual::Labels(actual)) = (expectation, actual)
    else {
        return Vec::new();
    };
    let mut names: Vec<&String> = expected.keys().chain(actual.keys()).collect();
    names.sort();
    names.dedup();
    let value =
        |labels: &BTreeMap<String, String>, name| labels.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .map(|name| Difference {
            label: name.clone(),
            expected: value(expected, name),
            actual: value(actual, name),
            by: trace.iter().rev().find(|step| writes(step, name)).map(|step| step.step),
        })
        .filter(|difference| difference.expected != difference.actual)
        .collect()
}

fn writes(step: &StepTrace, name: &str) -> bool {
    let changed = |change: &Change| change.label == name && change.before != change.after;
    matches!(&step.did, Did::Wrote(changes) if changes.iter().any(changed))
}
