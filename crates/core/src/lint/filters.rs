//! Which labels a step may change, for rules that look at single labels.

use crate::config::ConfiguredStep;

pub(super) use crate::relabel::analysis::{may_set, may_write};

/// Whether one of the steps may change `label`. One that the server refuses may do anything.
pub(super) fn any_may_write(steps: &[ConfiguredStep], label: &str) -> bool {
    steps.iter().any(|step| step.step.as_ref().is_none_or(|step| may_write(step, label)))
}

/// Whether one of the steps may give `label` a value. One that the server refuses may do anything.
pub(super) fn any_may_set(steps: &[ConfiguredStep], label: &str) -> bool {
    steps.iter().any(|step| step.step.as_ref().is_none_or(|step| may_set(step, label)))
}
