//! A step reads a label that exists only until the target is scraped.
//!
//! ## Why
//! `__meta_*` and the other labels of service discovery are gone after target relabeling: in
//! `metric_relabel_configs`, `write_relabel_configs` and `alert_relabel_configs` they are always
//! empty. With the default pattern such a step deletes its target label.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_label_version] # error
//!     target_label: version
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_label_version]
//!     target_label: version
//! ```
//!
//! ## Fix
//! None. Move the step to `relabel_configs`, or copy the label there to one that stays.

use crate::finding::{RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, reads_nothing};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST001", name: "meta-label-after-scrape" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

/// Labels that the server makes for each target, besides those of discovery and of `params`.
const OF_TARGETS: [&str; 5] =
    ["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"];

fn check(context: &mut Context<'_>, at: At<'_>) {
    if !Context::is_after_scrape(at.chain) || !at.reads(StepField::SourceLabels) {
        return;
    }
    let is_gone = |label: &str| is_discovered(label) && !reads_nothing::may_be_set(at, label);
    let sources = at.step.source_labels();
    let Some(index) = sources.iter().position(|label| is_gone(label)) else { return };
    let message = format!("`{}` is always empty after the scrape", sources[index]);
    let because = "labels of discovery end with target relabeling";
    let finding = reads_nothing::finding(context, at, index, message, because, is_gone)
        .remedy("move the step to `relabel_configs`, or copy the label there to one that stays");
    context.report(finding);
}

fn is_discovered(label: &str) -> bool {
    label.starts_with("__meta_") || label.starts_with("__param_") || OF_TARGETS.contains(&label)
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[test]
    fn a_label_that_the_chain_sets_itself_is_not_empty() {
        let chain = "metric_relabel_configs:
- {source_labels: [pod], target_label: __meta_pod}
- {source_labels: [__meta_pod], target_label: name}
";
        assert_eq!(found(chain, "meta-label-after-scrape"), [] as [u32; 0]);
    }
}
