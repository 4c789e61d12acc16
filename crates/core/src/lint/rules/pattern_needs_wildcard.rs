//! A pattern matches no metric of the job, but is the beginning of some.
//!
//! ## Why
//! The server anchors patterns at both ends: `http_requests` does not match `http_requests_total`.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_threads|http_requests # error
//!     action: drop
//! ---
//! # scrape app app:8080
//! go_threads 9
//! http_requests_total{code="200"} 5
//! http_requests_failed 1
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_threads|http_requests.*
//!     action: drop
//! ---
//! # scrape app app:8080
//! go_threads 9
//! http_requests_total{code="200"} 5
//! http_requests_failed 1
//! ```
//!
//! ## Fix
//! None. End it with `.*`, or write the whole name.

use std::collections::BTreeMap;

use crate::config::Job;
use crate::finding::{Evidence, Finding, RuleId, Severity, Subject};
use crate::lint::{At, Check, Context, FixKind, Rule, alternatives, data, filters};
use crate::regexp::Pattern;
use crate::relabel::StepField;
use crate::series::Table;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA004", name: "pattern-needs-wildcard" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

fn check(context: &mut Context<'_>, table: &Table) {
    let mut findings = Vec::new();
    for job in &context.project.jobs {
        let metrics = data::metrics_of(table, &job.name);
        for index in 0..job.metric_chain.steps.len() {
            let Some(at) = At::new(&job.metric_chain, index) else { break };
            if !metrics.is_empty() && reads_name(at) {
                findings.extend(look(context, job, at, &metrics));
            }
        }
    }
    context.report_all(findings);
}

/// Whether a step looks at metric names as they were scraped.
pub(super) fn reads_name(at: At<'_>) -> bool {
    let sources = at.step.source_labels();
    sources.len() == 1
        && &*sources[0] == "__name__"
        && !filters::any_may_write(at.earlier(), "__name__")
}

fn look(
    context: &Context<'_>,
    job: &Job,
    at: At<'_>,
    metrics: &BTreeMap<&str, u64>,
) -> Option<Finding> {
    let pattern = at.step.pattern();
    let found = alternatives::entries(pattern.text()).into_iter().find_map(|range| {
        let entry = &pattern.text()[range.clone()];
        let alone = Pattern::parse(entry, pattern.dialect()).ok()?;
        let [name] = alone.literals()? else { return None };
        let begins = |metric: &&&str| {
            metric.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('_'))
        };
        let longer: Vec<&str> = metrics.keys().filter(begins).copied().collect();
        let misses = !metrics.contains_key(name.as_str()) && name.contains('_');
        // Another entry may take them.
        let untaken = !longer.iter().any(|metric| pattern.is_match(metric));
        (misses && !longer.is_empty() && untaken).then_some((range, longer))
    });
    let (range, longer) = found?;
    let entry = &pattern.text()[range.clone()];
    let place = context.part(at, StepField::Regex, range);
    let chain = Some(job.metric_chain.path.clone());
    Some(
        context
            .finding(place, format!("`{entry}` matches no metric, but begins {}", longer.len()))
            .evidence(Evidence::Data(format!(
                "of {} metrics of `{}` none is `{entry}`; `{}` is there",
                metrics.len(),
                job.name,
                longer[0]
            )))
            .consequence("the step does nothing to them")
            .remedy(format!("write `{entry}.*`, or the whole name"))
            .subject(Subject { job: Some(job.name.clone()), chain, step: Some(at.index) }),
    )
}
