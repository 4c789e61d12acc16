//! Prometheus 3.9.0 stores what `metric_relabel_configs` drops.
//!
//! ## Why
//! In that one release a `keep` or `drop` after the scrape has no effect (prometheus#17806): all that
//! was dropped before is stored after the upgrade, and memory grows accordingly.
//!
//! ## Bad
//! ```yaml bad
//! # server: prometheus@3.9.0
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop # error
//! ```
//!
//! ## Good
//! ```yaml good
//! # server: prometheus@3.9.1
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//! ```
//!
//! ## Fix
//! None. Use 3.9.1.

use crate::config::{Chain, ChainKind};
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "VE004", name: "relabeling-ignored" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    if chain.kind != ChainKind::Metric || !context.project.server.keeps_what_metric_chains_drop() {
        return;
    }
    let is_filter = |index: &usize| {
        chain.steps[*index].step.as_ref().is_some_and(|step| step.action().is_filter())
    };
    let Some(at) = (0..chain.steps.len()).find(is_filter).and_then(|at| At::new(chain, at)) else {
        return;
    };
    let server = context.project.server;
    let finding = context
        .step_finding(
            at.index,
            at.value(StepField::Action),
            format!("`{server}` stores what this chain drops"),
        )
        .evidence(Evidence::Proof(
            "a known bug of 3.9.0 alone (prometheus#17806, fixed in 3.9.1)".to_owned(),
        ))
        .consequence("everything that is dropped here is stored, and takes its memory")
        .remedy("use 3.9.1 or later");
    context.report(finding);
}
