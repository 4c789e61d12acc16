//! A label's values are identifiers that come without end.
//!
//! ## Why
//! Each new session, user or path with an id is a new series, which stays in memory for hours after
//! its last sample: the number grows with traffic and never stops.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app # error
//!     static_configs: [{targets: ['app:8080']}]
//! ---
//! # scrape app app:8080
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4701"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4702"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4703"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4704"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4705"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4706"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4707"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4708"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e4709"} 1
//! requests_total{trace="4bf92f3577b34da6a3ce929d0e0e470a"} 1
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app:8080']}]
//! ---
//! # scrape app app:8080
//! requests_total{path="/orders/{id}"} 10
//! ```
//!
//! ## Fix
//! None. Leave the label out in the application, or drop the metric; a `labeldrop` would merge series.

use std::collections::BTreeMap;

use crate::census::ShapeShare;
use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::series::Table;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA006", name: "unbounded-label" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

/// Fewer values may be a coincidence, or a list that somebody keeps.
const LEAST: u64 = 10;

/// What is known of one label of one job.
struct Worst {
    metric: String,
    values: u64,
    shape: ShapeShare,
    metrics: u64,
}

fn check(context: &mut Context<'_>, table: &Table) {
    let Some(census) = context.facts.census else { return };
    let mut by_job: BTreeMap<(usize, &str), Worst> = BTreeMap::new();
    for metric in &census.metrics {
        let unbounded = metric.labels.iter().filter_map(|label| {
            let shape = label.shape().filter(|shape| shape.shape.is_unbounded())?;
            (label.values >= LEAST).then_some((label, shape))
        });
        let Some(job) = job_of(context, table, &metric.name) else { continue };
        for (label, shape) in unbounded {
            let worst = by_job.entry((job, label.name.as_str())).or_insert_with(|| Worst {
                metric: metric.name.clone(),
                values: 0,
                shape,
                metrics: 0,
            });
            worst.metrics += 1;
            if label.values > worst.values {
                (worst.metric, worst.values, worst.shape) =
                    (metric.name.clone(), label.values, shape);
            }
        }
    }
    let jobs = &context.project.jobs;
    let mut findings = Vec::new();
    for ((job, label), worst) in by_job {
        let (shape, share) = (worst.shape.shape.as_str(), worst.shape.share * 100.0);
        let more = match worst.metrics {
            1 => String::new(),
            metrics => format!(", as in {} more metrics", metrics - 1),
        };
        let finding = context
            .finding(
                jobs[job].name_location,
                format!("label `{label}` of `{}` has no end of values", worst.metric),
            )
            .evidence(Evidence::Data(format!(
                "{} values, {share:.0} % of them look like `{shape}`{more}",
                worst.values
            )))
            .consequence("series and memory grow with traffic, and do not stop")
            .remedy("leave the label out in the application, or drop the metric")
            .subject(Subject { job: Some(jobs[job].name.clone()), ..Subject::default() });
        findings.push(finding);
    }
    context.report_all(findings);
}

/// The first job that exposes a metric.
fn job_of(context: &Context<'_>, table: &Table, metric: &str) -> Option<usize> {
    let group = table.metrics.iter().find(|group| table.metric_name(group) == metric)?;
    let job = &table.target(group.runs.first()?.target).job;
    context.project.jobs.iter().position(|known| known.name == *job)
}
