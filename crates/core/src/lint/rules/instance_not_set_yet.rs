//! A step of `relabel_configs` reads `instance`, which the server sets only afterwards.
//!
//! ## Why
//! `instance` becomes the address when target relabeling is over and nothing has set it. Before, it is
//! empty, unless `static_configs` or an earlier step gives it.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [instance] # error
//!     regex: ([^:]+):\d+
//!     target_label: host
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__address__]
//!     regex: ([^:]+):\d+
//!     target_label: host
//! ```
//!
//! ## Fix
//! None. Read `__address__`.

use crate::config::{ChainKind, Job};
use crate::finding::{RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, offered, reads_nothing};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST007", name: "instance-not-set-yet" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

const INSTANCE: &str = "instance";

fn check(context: &mut Context<'_>, at: At<'_>) {
    if at.chain.kind != ChainKind::Target || !at.reads(StepField::SourceLabels) {
        return;
    }
    let sources = at.step.source_labels();
    let Some(index) = sources.iter().position(|label| &**label == INSTANCE) else { return };
    let job = context.job();
    if reads_nothing::may_be_set(at, INSTANCE) || !job.is_some_and(never_offers_it) {
        return;
    }
    let message = "`instance` is still empty: the server sets it after these steps".to_owned();
    let because = "neither discovery nor an earlier step sets it";
    let finding =
        reads_nothing::finding(context, at, index, message, because, |label| label == INSTANCE);
    context.report(finding.remedy("read `__address__`"));
}

/// Whether no discovery of the job can bring an `instance`.
fn never_offers_it(job: &Job) -> bool {
    let in_static = job
        .static_targets
        .iter()
        .any(|group| group.labels.iter().any(|(name, _)| name.value == INSTANCE));
    let has_targets = !job.static_targets.is_empty() || !job.discoveries.is_empty();
    has_targets && !in_static && offered(job).is_some()
}
