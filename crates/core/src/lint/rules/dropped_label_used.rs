//! A step removes a label that queries group, join or filter by.
//!
//! ## Why
//! Without the label `sum by (pod)` is one line, a join finds no partner, and a matcher selects nothing:
//! no error, another result.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - regex: pod # error
//!     action: labeldrop
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - record: pod:requests:rate5m
//!         expr: sum by (pod) (rate(requests_total{job="app"}[5m]))
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - regex: pod_uid
//!     action: labeldrop
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - record: pod:requests:rate5m
//!         expr: sum by (pod) (rate(requests_total{job="app"}[5m]))
//! ```
//!
//! ## Fix
//! None. Keep the label.

use std::collections::BTreeSet;

use crate::config::Job;
use crate::finding::{Evidence, Finding, RuleId, Severity, Subject};
use crate::lint::{At, Check, Context, FixKind, Rule, data, filters};
use crate::relabel::{Action, StepField};
use crate::usage::{LabelNeed, SelectorUse, Selects, Usage};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "US002", name: "dropped-label-used" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Usage(check),
};

fn check(context: &mut Context<'_>, usage: &Usage) {
    let mut findings = Vec::new();
    let jobs = context.project.jobs.iter();
    for job in jobs.filter(|job| !job.metric_chain.steps.is_empty()) {
        let exposed = context.facts.attached.map(|table| data::metrics_of(table, &job.name));
        for index in 0..job.metric_chain.steps.len() {
            let Some(at) = At::new(&job.metric_chain, index) else { break };
            if !matches!(at.step.action(), Action::LabelDrop | Action::LabelKeep) {
                continue;
            }
            let certain = |found: &&SelectorUse| match (&exposed, found.metric()) {
                (Some(metrics), Some(metric)) => {
                    metrics.contains_key(metric)
                        && found.selects_value("job", &job.name) != Selects::No
                }
                // Without samples: those that ask for this job by name.
                (None, Some(_)) => is_only(found, job),
                (_, None) => false,
            };
            let mut uses = usage.selectors().iter().filter(certain);
            let hit = uses.find_map(|found| Some((found, removed(at, found)?)));
            if let Some((found, label)) = hit {
                findings.extend(told(context, usage, job, at, found, &label));
            }
        }
    }
    context.report_all(findings);
}

/// Whether a selector asks for series of this job and no other.
fn is_only(found: &SelectorUse, job: &Job) -> bool {
    found.selects_value("job", &job.name) == Selects::Yes
        && found.selects_value("job", &format!("not-{}", job.name)) == Selects::No
}

/// A label that the query names, and the step takes away for good.
fn removed(at: At<'_>, found: &SelectorUse) -> Option<String> {
    let LabelNeed::Only(labels) = &found.need else { return None };
    let labels: &BTreeSet<String> = labels;
    let is_removed = |label: &&String| {
        let matches = at.step.pattern().is_match(label);
        matches == (at.step.action() == Action::LabelDrop)
            && !filters::any_may_set(at.later(), label)
    };
    labels.iter().find(is_removed).cloned()
}

fn told(
    context: &Context<'_>,
    usage: &Usage,
    job: &Job,
    at: At<'_>,
    found: &SelectorUse,
    label: &str,
) -> Option<Finding> {
    let query = usage.queries().get(found.query)?;
    let (kind, metric) = (query.origin.kind.as_str(), found.metric()?);
    let mut finding = context
        .finding(at.value(StepField::Regex), format!("label `{label}` is removed here, and used"))
        .evidence(Evidence::Usage(format!(
            "the {kind} `{}` in {} needs `{label}` of `{metric}`",
            query.origin.name, query.origin.file
        )))
        .consequence("the query gives another result: no error, wrong data")
        .remedy(format!("keep `{label}`"))
        .subject(Subject {
            job: Some(job.name.clone()),
            chain: Some(job.metric_chain.path.clone()),
            step: Some(at.index),
        });
    if let Some(place) = query.origin.location {
        finding = finding.related(place, "needs it");
    }
    Some(finding)
}
