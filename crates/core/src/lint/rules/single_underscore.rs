//! A label's name has one underscore where the server's own has two.
//!
//! ## Why
//! `__name__`, `__address__` and `__meta_*` begin with two underscores. `_name_` is a label like any
//! other, and nothing has it.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [_name_] # error
//!     regex: go_.*
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//! ```
//!
//! ## Fix
//! None. Write the second underscore.

use crate::finding::{RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, reads_nothing};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL020", name: "single-underscore" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    if !at.reads(StepField::SourceLabels) {
        return;
    }
    let is_slip = |label: &str| meant(label).is_some() && !reads_nothing::may_be_set(at, label);
    let sources = at.step.source_labels();
    let Some(index) = sources.iter().position(|label| is_slip(label)) else { return };
    let label = &*sources[index];
    let Some(meant) = meant(label) else { return };
    let message = format!("`{label}` is not `{meant}`: an underscore is missing");
    let because = format!("nothing has a label `{label}`");
    let finding = reads_nothing::finding(context, at, index, message, &because, is_slip)
        .remedy(format!("write `{meant}`"));
    context.report(finding);
}

/// The server's label that a name with too few underscores stands for.
fn meant(label: &str) -> Option<String> {
    let core = label.trim_matches('_');
    let reserved = ["name", "address", "scheme", "metrics_path"];
    let full = if reserved.contains(&core) && label != core {
        format!("__{core}__")
    } else if core.starts_with("meta_") && label.starts_with('_') || core.starts_with("meta_kuber")
    {
        format!("__{core}")
    } else {
        return None;
    };
    // A name may end with underscores of its own.
    (label.trim_end_matches('_') != full.trim_end_matches('_') || !label.starts_with("__"))
        .then_some(full)
        .filter(|full| full != label)
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn slips_are_told_from_names() {
        assert_eq!(meant("_name_").as_deref(), Some("__name__"));
        assert_eq!(meant("_address__").as_deref(), Some("__address__"));
        assert_eq!(meant("_meta_consul_node").as_deref(), Some("__meta_consul_node"));
        assert_eq!(meant("meta_kubernetes_x").as_deref(), Some("__meta_kubernetes_x"));
        for fine in ["name", "address", "__name__", "__meta_kubernetes_x", "meta_data", "_x"] {
            assert_eq!(meant(fine), None, "{fine}");
        }
    }
}
