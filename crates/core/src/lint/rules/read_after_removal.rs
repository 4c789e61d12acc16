//! A step reads a label that an earlier step has removed.
//!
//! ## Why
//! A label that is gone reads as the empty value. Steps run from top to bottom: what is needed later
//! has to stay until then.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - regex: pod_uid|container_id
//!     action: labeldrop
//!   - source_labels: [container_id] # error
//!     regex: containerd://(.{12}).*
//!     target_label: container_short
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [container_id]
//!     regex: containerd://(.{12}).*
//!     target_label: container_short
//!   - regex: pod_uid|container_id
//!     action: labeldrop
//! ```
//!
//! ## Fix
//! None. Move the step that removes the label to the end.

use crate::config::ConfiguredStep;
use crate::finding::{RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, reads_nothing};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL017", name: "read-after-removal" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    if !at.reads(StepField::SourceLabels) {
        return;
    }
    let sources = at.step.source_labels();
    let found = sources.iter().enumerate().find_map(|(index, label)| {
        let by = removed_by(at, label)?;
        Some((index, by))
    });
    let Some((index, by)) = found else { return };
    let label = &sources[index];
    let message = format!("`{label}` was removed by step {by}");
    let because = format!("no step between sets `{label}`");
    let is_gone = |label: &str| removed_by(at, label).is_some();
    let finding = reads_nothing::finding(context, at, index, message, &because, is_gone)
        .related(at.chain.steps[by].spans.value_or_item(StepField::Regex), "removed here")
        .remedy("move the step that removes the label behind this one");
    context.report(finding);
}

/// The step that took the label away, with none after it that could bring it back.
fn removed_by(at: At<'_>, label: &str) -> Option<usize> {
    let last = at.earlier().iter().rposition(|step| touches(step, label))?;
    let step = at.earlier()[last].step.as_ref()?;
    // A pattern that takes everything is another mistake, told elsewhere.
    let by_name = matches!(step.action(), Action::LabelDrop | Action::LabelKeep);
    (by_name && at.earlier()[last].raw.regex.is_written()).then_some(last)
}

fn touches(step: &ConfiguredStep, label: &str) -> bool {
    step.step.as_ref().is_none_or(|step| filters::may_write(step, label))
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[test]
    fn a_label_that_comes_back_is_there() {
        let chain = "metric_relabel_configs:
- {regex: a, action: labeldrop}
- {source_labels: [b], target_label: a}
- {source_labels: [a], target_label: c}
";
        assert_eq!(found(chain, "read-after-removal"), [] as [u32; 0]);
    }
}
