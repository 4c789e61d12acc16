//! Which labels a step may change, told from the step alone.

use crate::relabel::{Action, Step};

/// Whether a step may change `label`. In doubt it may.
pub fn may_write(step: &Step, label: &str) -> bool {
    match step.action() {
        action if action.is_filter() => false,
        Action::Replace => step.target().constant().is_none_or(|target| target == label),
        Action::HashMod | Action::Lowercase | Action::Uppercase => step.target_label() == label,
        Action::LabelDrop => step.pattern().is_match(label),
        Action::LabelKeep => !step.pattern().is_match(label),
        _ => true,
    }
}

/// Whether a step may give `label` a value. In doubt it may.
pub fn may_set(step: &Step, label: &str) -> bool {
    !matches!(step.action(), Action::LabelDrop | Action::LabelKeep) && may_write(step, label)
}

/// Whether what a step does may depend on `label`.
pub fn may_read(step: &Step, label: &str) -> bool {
    step.source_labels().iter().any(|source| **source == *label)
        || step.compares_target() && step.target_label() == label
        || step.action() == Action::LabelMap && step.pattern().is_match(label)
}
