//! A federation job does not honor the labels that the other server gives.
//!
//! ## Why
//! Federated series have a `job` and an `instance` already. Without `honor_labels: true` they are
//! renamed to `exported_job` and `exported_instance`, and all series get those of the federation.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: federate # error
//!     metrics_path: /federate
//!     params: {'match[]': ['{job="app"}']}
//!     static_configs: [{targets: ['prometheus-a:9090']}]
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: federate
//!     honor_labels: true
//!     metrics_path: /federate
//!     params: {'match[]': ['{job="app"}']}
//!     static_configs: [{targets: ['prometheus-a:9090']}]
//! ```
//!
//! ## Fix
//! None. Set `honor_labels: true`.

use crate::config::Job;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{Check, Context, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SC005", name: "federation-without-honor-labels" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Job(check),
};

fn check(context: &mut Context<'_>, job: &Job) {
    let is_federation = job.metrics_path.trim_end_matches('/').ends_with("/federate");
    let selects = job.params.iter().any(|(key, _)| key == "match[]");
    // A chain may bring the names back.
    let renames = job.metric_chain.steps.iter().any(|step| {
        let sources = step.raw.source_labels.value();
        sources.is_some_and(|labels| labels.iter().any(|label| label.starts_with("exported_")))
    });
    if !is_federation || !selects || job.honor_labels || renames {
        return;
    }
    let finding = context
        .finding(job.name_location, "a federation job without `honor_labels: true`")
        .evidence(Evidence::Proof(format!(
            "`up{{instance=\"app:8080\", job=\"app\"}}` is stored as \
             `up{{exported_instance=\"app:8080\", exported_job=\"app\", job=\"{}\"}}`",
            job.name
        )))
        .consequence("queries by `job` and `instance` find nothing of what is federated")
        .remedy("set `honor_labels: true`");
    context.report(finding);
}
