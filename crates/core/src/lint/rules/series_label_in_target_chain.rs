//! A step of `relabel_configs` reads a label that only samples have.
//!
//! ## Why
//! `relabel_configs` runs before anything is scraped: targets have no `__name__`, no `le` and no
//! `quantile`. Metrics are dropped in `metric_relabel_configs`.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__name__] # error
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
//! None. Move the step to `metric_relabel_configs`.

use crate::config::ChainKind;
use crate::finding::{RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, reads_nothing};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST005", name: "series-label-in-target-chain" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

/// Labels that are made by the scrape, and mean nothing on a target.
const OF_SAMPLES: [&str; 3] = ["__name__", "le", "quantile"];

fn check(context: &mut Context<'_>, at: At<'_>) {
    if at.chain.kind != ChainKind::Target || !at.reads(StepField::SourceLabels) {
        return;
    }
    let discovered = |label: &str| {
        context.job().is_some_and(|job| {
            // What a file or a URL offers can be anything.
            !job.discoveries.is_empty() && crate::lint::offered(job).is_none()
                || job
                    .static_targets
                    .iter()
                    .any(|group| group.labels.iter().any(|(name, _)| name.value == label))
        })
    };
    let is_empty = |label: &str| {
        OF_SAMPLES.contains(&label) && !reads_nothing::may_be_set(at, label) && !discovered(label)
    };
    let sources = at.step.source_labels();
    let Some(index) = sources.iter().position(|label| is_empty(label)) else { return };
    let message = format!("`{}` is always empty before the scrape", sources[index]);
    let because = "it is a label of samples, and this chain sees targets";
    let finding = reads_nothing::finding(context, at, index, message, because, is_empty)
        .remedy("move the step to `metric_relabel_configs`");
    context.report(finding);
}
