//! A pattern is for label names but fits metrics, or for metrics but fits a label name.
//!
//! ## Why
//! `labeldrop` looks at the names of labels, `drop` at the values of its source labels. With the one
//! for the other nothing happens, and nothing says so.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - regex: go_.* # error
//!     action: labeldrop
//! ---
//! # scrape app app:8080
//! go_threads 9
//! requests_total{code="200"} 5
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//! ---
//! # scrape app app:8080
//! go_threads 9
//! requests_total{code="200"} 5
//! ```
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: pod_uid # error
//!     action: drop
//! ---
//! # scrape app app:8080
//! requests_total{pod_uid="1"} 5
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: requests_total
//!     action: drop
//! ---
//! # scrape app app:8080
//! requests_total{pod_uid="1"} 5
//! ```
//!
//! ## Fix
//! None. Take `drop` with `source_labels: [__name__]` for metrics, `labeldrop` for labels.

use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::lint::{At, Check, Context, FixKind, Rule, data};
use crate::relabel::{Action, StepField};
use crate::series::Table;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA009", name: "names-mixed-up" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

fn check(context: &mut Context<'_>, table: &Table) {
    let mut findings = Vec::new();
    for job in &context.project.jobs {
        let metrics = data::metrics_of(table, &job.name);
        let labels = data::labels_of(table, &job.name);
        for index in 0..job.metric_chain.steps.len() {
            let Some(at) = At::new(&job.metric_chain, index) else { break };
            let pattern = at.step.pattern();
            let fits = |name: &&&str| pattern.is_match(name);
            let metric = metrics.keys().find(fits);
            let label = labels.iter().find(fits);
            let sources = at.step.source_labels();
            let by_name = sources.len() == 1 && &*sources[0] == "__name__";
            let (message, evidence, remedy) = match (at.step.action(), metric, label) {
                (Action::LabelDrop, Some(metric), None) => (
                    "no label has such a name, but metrics have",
                    format!(
                        "of {} label names none matches; the metric `{metric}` does",
                        labels.len()
                    ),
                    "drop metrics by `source_labels: [__name__]` and `action: drop`",
                ),
                (Action::Drop, None, Some(label)) if by_name => (
                    "no metric has such a name, but a label has",
                    format!("of {} metrics none matches; the label `{label}` does", metrics.len()),
                    "remove a label by `action: labeldrop`, or name it in `source_labels`",
                ),
                _ => continue,
            };
            let chain = Some(job.metric_chain.path.clone());
            let finding = context
                .finding(at.value(StepField::Regex), message)
                .evidence(Evidence::Data(evidence))
                .consequence("the step has no effect")
                .remedy(remedy)
                .subject(Subject { job: Some(job.name.clone()), chain, step: Some(index) });
            findings.push(finding);
        }
    }
    context.report_all(findings);
}
