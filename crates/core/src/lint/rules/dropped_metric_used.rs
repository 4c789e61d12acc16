//! A filter drops a metric that rules or dashboards need.
//!
//! ## Why
//! The query finds nothing of this job any more: an alert never fires, a panel stays empty, and neither
//! is an error.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_threads|request_duration_seconds_sum # error
//!     action: drop
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - alert: Slow
//!         expr: rate(request_duration_seconds_sum{job="app"}[5m]) > 1
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_threads
//!     action: drop
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - alert: Slow
//!         expr: rate(request_duration_seconds_sum{job="app"}[5m]) > 1
//! ```
//!
//! ## Fix
//! None. Leave the metric, or the query, out.

use std::collections::BTreeMap;

use crate::config::Job;
use crate::finding::{Evidence, Finding, RuleId, Severity, Subject};
use crate::lint::{At, Check, Context, FixKind, Rule, data, filters, sample};
use crate::relabel::{Action, StepField};
use crate::usage::{SelectorUse, Selects, Usage};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "US001", name: "dropped-metric-used" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Usage(check),
};

fn check(context: &mut Context<'_>, usage: &Usage) {
    let mut findings = Vec::new();
    let jobs = context.project.jobs.iter();
    for job in jobs.filter(|job| !job.metric_chain.steps.is_empty()) {
        let mut dropped: BTreeMap<usize, Vec<(&str, &SelectorUse)>> = BTreeMap::new();
        let exposed = context.facts.attached.map(|table| data::metrics_of(table, &job.name));
        for found in usage.selectors() {
            let Some(metric) = found.metric() else { continue };
            if !asks_job(found, job, exposed.is_some()) {
                continue;
            }
            let Some(step) = dropping(job, metric) else { continue };
            let at = At::new(&job.metric_chain, step);
            let Some(at) = at.filter(|at| is_meant(*at, metric, exposed.as_ref())) else {
                continue;
            };
            let metrics = dropped.entry(at.index).or_default();
            if !metrics.iter().any(|(known, _)| *known == metric) {
                metrics.push((metric, found));
            }
        }
        for (step, metrics) in dropped {
            findings.extend(told(context, usage, job, step, &metrics));
        }
    }
    context.report_all(findings);
}

/// Whether a selector takes series of the job: with samples when nothing speaks against it, without
/// only when it asks for the job by name or for no job at all.
fn asks_job(found: &SelectorUse, job: &Job, sampled: bool) -> bool {
    let steps = job.target_chain.steps.iter().chain(&job.metric_chain.steps);
    let mut steps = steps.filter_map(|step| step.step.as_ref());
    if steps.any(|step| filters::may_set(step, "job")) {
        return sampled;
    }
    found.selects_value("job", &job.name) == Selects::Yes
}

/// The step that drops every series of the metric, whatever its labels.
fn dropping(job: &Job, metric: &str) -> Option<usize> {
    let chain = &job.metric_chain;
    let labels =
        vec![("__name__".to_owned(), metric.to_owned()), ("job".to_owned(), job.name.clone())];
    for index in 0..chain.steps.len() {
        let step = chain.steps[index].step.as_ref()?;
        let sources = step.source_labels();
        let by_name = sources.len() == 1 && &*sources[0] == "__name__";
        if !step.action().is_filter() {
            if filters::may_write(step, "__name__") {
                return None;
            }
        } else if by_name && sample::run([step], &labels).labels.is_none() {
            return Some(index);
        }
    }
    None
}

/// Whether the job is known to have the metric: samples show it, or the step names it.
fn is_meant(at: At<'_>, metric: &str, exposed: Option<&BTreeMap<&str, u64>>) -> bool {
    if let Some(metrics) = exposed {
        return metrics.contains_key(metric);
    }
    let literals = at.step.pattern().literals();
    at.step.action() == Action::Drop
        && literals.is_some_and(|names| names.iter().any(|name| name == metric))
}

fn told(
    context: &Context<'_>,
    usage: &Usage,
    job: &Job,
    step: usize,
    metrics: &[(&str, &SelectorUse)],
) -> Option<Finding> {
    let at = At::new(&job.metric_chain, step)?;
    let (metric, found) = metrics.first()?;
    let query = usage.queries().get(found.query)?;
    let kind = query.origin.kind.as_str();
    let others = match metrics.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let mut finding = context
        .finding(
            at.value(StepField::Regex),
            format!("`{metric}`{others} is dropped here, and used"),
        )
        .evidence(Evidence::Usage(format!(
            "the {kind} `{}` in {} asks for `{metric}`",
            query.origin.name, query.origin.file
        )))
        .consequence("the query finds nothing of this job: no error, no data")
        .remedy("leave the metric in, or the query out")
        .subject(Subject {
            job: Some(job.name.clone()),
            chain: Some(job.metric_chain.path.clone()),
            step: Some(step),
        });
    if let Some(place) = query.origin.location {
        finding = finding.related(place, "asks for it");
    }
    Some(finding)
}
