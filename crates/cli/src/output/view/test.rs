//! The view of relabel tests.

use std::collections::BTreeMap;

use promsieve_core::relabel::Did;
use promsieve_core::relabel_tests::{Actual, Expectation, Verdict};
use serde::Serialize;

use super::lint::FindingView;

/// What became of every case.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TestView {
    pub(crate) cases: Vec<CaseView>,
    /// What is wrong with test files, and chains that could not be had.
    pub(crate) errors: Vec<FindingView>,
    pub(crate) summary: TestSummaryView,
}

/// How many cases there are. One that runs on two servers counts twice.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TestSummaryView {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) errors: usize,
    pub(crate) filtered_out: usize,
    pub(crate) updated: usize,
    pub(crate) files: usize,
}

/// One case on one server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CaseView {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) server: String,
    /// The file of the chain.
    pub(crate) chain_path: String,
    /// Its place there; none for a file that is a chain, and for a chain in the test file.
    pub(crate) chain: Option<String>,
    pub(crate) passed: bool,
    /// Absent where nothing is written yet.
    pub(crate) expected: Option<OutcomeView>,
    pub(crate) actual: OutcomeView,
    pub(crate) differences: Vec<DifferenceView>,
    pub(crate) trace: Vec<StepView>,
}

/// What comes of labels: `labels`, `dropped`, `kept` (with whatever labels) or `refused`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OutcomeView {
    pub(crate) outcome: &'static str,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    /// Zero-based index of the step that drops.
    pub(crate) step: Option<usize>,
    /// The server's words.
    pub(crate) error: Option<String>,
}

/// A label that is not as expected; `null` stands for no label.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DifferenceView {
    pub(crate) label: String,
    pub(crate) expected: Option<String>,
    pub(crate) actual: Option<String>,
    /// Zero-based index of the last step that wrote it.
    pub(crate) step: Option<usize>,
}

/// What a step did.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct StepView {
    pub(crate) step: usize,
    pub(crate) action: &'static str,
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) result: &'static str,
    pub(crate) changes: Vec<ChangeView>,
}

/// A label before and after a step; `null` stands for no label.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ChangeView {
    pub(crate) label: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

fn value(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl OutcomeView {
    fn new(outcome: &'static str) -> Self {
        Self { outcome, labels: None, step: None, error: None }
    }

    /// What is expected.
    pub(crate) fn expected(expectation: &Expectation) -> Self {
        match expectation {
            Expectation::Labels(labels) => {
                Self { labels: Some(labels.clone()), ..Self::new("labels") }
            }
            Expectation::Dropped { by } => Self { step: *by, ..Self::new("dropped") },
            Expectation::Kept => Self::new("kept"),
            Expectation::Refused(words) => {
                Self { error: Some(words.clone()), ..Self::new("refused") }
            }
        }
    }

    /// What came.
    pub(crate) fn actual(actual: &Actual) -> Self {
        match actual {
            Actual::Labels(labels) => Self { labels: Some(labels.clone()), ..Self::new("labels") },
            Actual::Dropped { by } => Self { step: *by, ..Self::new("dropped") },
            Actual::Refused(words) => Self { error: Some(words.clone()), ..Self::new("refused") },
        }
    }
}

/// The labels that differ.
pub(crate) fn differences(verdict: &Verdict) -> Vec<DifferenceView> {
    let view = |it: &promsieve_core::relabel_tests::Difference| DifferenceView {
        label: it.label.clone(),
        expected: value(&it.expected),
        actual: value(&it.actual),
        step: it.by,
    };
    verdict.differences.iter().map(view).collect()
}

/// The changes that a step made, in its order.
pub(crate) fn changes(did: &Did) -> Vec<ChangeView> {
    let Did::Wrote(changes) = did else { return Vec::new() };
    let view = |change: &promsieve_core::relabel::Change| ChangeView {
        label: change.label.clone(),
        before: value(&change.before),
        after: value(&change.after),
    };
    changes.iter().map(view).collect()
}
