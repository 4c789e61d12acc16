//! A filter drops a bucket that a rule reads by its bound.
//!
//! ## Why
//! Service levels are computed from one bucket: the share of requests below `le="0.3"`. Without that
//! bucket the error budget has a gap, and its alert never fires.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__, le]
//!     regex: request_duration_seconds_bucket;(0\.1|0\.3) # error
//!     action: drop
//! ---
//! groups:
//!   - name: slo
//!     rules:
//!       - record: slo:fast_requests:rate5m
//!         expr: sum(rate(request_duration_seconds_bucket{le="0.3"}[5m]))
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__, le]
//!     regex: request_duration_seconds_bucket;(0\.1|0\.2)
//!     action: drop
//! ---
//! groups:
//!   - name: slo
//!     rules:
//!       - record: slo:fast_requests:rate5m
//!         expr: sum(rate(request_duration_seconds_bucket{le="0.3"}[5m]))
//! ```
//!
//! ## Fix
//! None. Keep the bucket.

use crate::config::{Job, Rule as QueryRule};
use crate::finding::{Evidence, Finding, RuleId, Severity, Subject};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, queries, sample};
use crate::promql::Selector;
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "US003", name: "dropped-bucket-used" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let mut findings: Vec<Finding> = Vec::new();
    let reads_le = |job: &&Job| {
        let steps = job.metric_chain.steps.iter().filter_map(|step| step.step.as_ref());
        steps.into_iter().any(|step| step.source_labels().iter().any(|label| &**label == "le"))
    };
    let jobs: Vec<&Job> = context.project.jobs.iter().filter(reads_le).collect();
    if jobs.is_empty() {
        return;
    }
    let rules: Vec<_> = queries::rules(context.project).collect();
    for job in jobs {
        for (rule, expr) in &rules {
            for selector in expr.selectors() {
                let asked = queries::wanted(selector, "job").is_none_or(|name| name == job.name);
                let Some(found) = asked.then(|| look(context, job, rule, selector)).flatten()
                else {
                    continue;
                };
                if !findings.iter().any(|known| known.location == found.location) {
                    findings.push(found);
                }
            }
        }
    }
    context.report_all(findings);
}

fn look(
    context: &Context<'_>,
    job: &Job,
    rule: &QueryRule,
    selector: &Selector,
) -> Option<Finding> {
    let metric = queries::metric(selector)?;
    let bound = queries::wanted(selector, "le")?;
    let labels: sample::Labels = [("__name__", metric), ("job", &job.name), ("le", bound)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let chain = &job.metric_chain;
    for index in 0..chain.steps.len() {
        let at = At::new(chain, index)?;
        let sources = at.step.source_labels();
        if !at.step.action().is_filter() {
            if ["__name__", "le"].iter().any(|label| filters::may_write(at.step, label)) {
                return None;
            }
            continue;
        }
        // By the bucket and nothing else that could be different.
        let by_bucket = sources.iter().any(|label| &**label == "le")
            && sources.iter().all(|label| matches!(&**label, "le" | "__name__" | "job"));
        let other = [("__name__", metric), ("le", "7.25")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let ran = sample::run([at.step], &labels);
        if !by_bucket || ran.labels.is_some() || sample::run([at.step], &other).labels.is_none() {
            continue;
        }
        let title = queries::title(rule);
        return Some(
            context
                .finding(
                    at.value(StepField::Regex),
                    format!("the bucket `le=\"{bound}\"` of `{metric}` is dropped here, and used"),
                )
                .related(queries::place(context, rule, selector.span), "reads it")
                .evidence(Evidence::Usage(format!(
                    "the {title} reads it: {}",
                    sample::became(&labels, &ran)
                )))
                .consequence("what is computed from this bucket has no data: no error, a gap")
                .remedy("keep the bucket")
                .subject(Subject {
                    job: Some(job.name.clone()),
                    chain: Some(chain.path.clone()),
                    step: Some(index),
                }),
        );
    }
    None
}
