//! Two jobs scrape the same target, and each series is stored twice.
//!
//! ## Why
//! A `ServiceMonitor` too many, or a static job beside discovery: the series differ in `job` alone,
//! cost twice, and sums over all jobs count them twice.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app:8080']}]
//!   - job_name: team-a # error
//!     static_configs: [{targets: ['app:8080']}]
//! ---
//! # scrape app app:8080
//! requests_total{code="200"} 5
//! requests_total{code="500"} 1
//! process_open_fds 7
//! ---
//! # scrape team-a app:8080
//! requests_total{code="200"} 5
//! requests_total{code="500"} 1
//! process_open_fds 7
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app:8080']}]
//! ---
//! # scrape app app:8080
//! requests_total{code="200"} 5
//! requests_total{code="500"} 1
//! ```
//!
//! ## Fix
//! None. Take the target out of one of the jobs.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::series::{Table, TargetId};
use crate::units::SeriesCount;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA007", name: "same-target-twice" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

/// The series of a target, without `job`.
type Series<'t> = BTreeSet<Vec<(&'t str, &'t str)>>;

fn check(context: &mut Context<'_>, table: &Table) {
    let mut by_instance: BTreeMap<&str, Vec<TargetId>> = BTreeMap::new();
    for (at, target) in table.targets.iter().enumerate() {
        let instance = target.label("instance");
        if !instance.is_empty() && !target.job.is_empty() {
            by_instance.entry(instance).or_default().push(TargetId(at as u32));
        }
    }
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut findings = Vec::new();
    for (instance, targets) in by_instance.into_iter().filter(|(_, targets)| targets.len() > 1) {
        let series: Vec<Series<'_>> = targets.iter().map(|id| series_of(table, *id)).collect();
        for (second, id) in targets.iter().enumerate().skip(1) {
            let (one, other) = (&table.target(targets[0]).job, &table.target(*id).job);
            let both = series[0].intersection(&series[second]).count();
            // Two endpoints of one process share a few metrics of its runtime.
            let is_same = both * 10 >= series[0].len().min(series[second].len()) * 9 && both > 0;
            let job = context.project.jobs.iter().find(|job| job.name == *other);
            let Some(job) = job.filter(|_| one != other && is_same) else { continue };
            if !told.insert((one, other)) {
                continue;
            }
            let finding = context
                .finding(job.name_location, format!("`{other}` scrapes what `{one}` scrapes too"))
                .evidence(Evidence::Data(format!(
                    "{} series of `{instance}` are in both jobs, and differ in `job` alone",
                    SeriesCount(both as u64)
                )))
                .consequence("each of these series is stored twice, and counted twice in sums")
                .remedy("take the target out of one of the jobs")
                .subject(Subject { job: Some(job.name.clone()), ..Subject::default() });
            findings.push(finding);
        }
    }
    context.report_all(findings);
}

fn series_of(table: &Table, target: TargetId) -> Series<'_> {
    let mut series = Series::new();
    for group in &table.metrics {
        for (_, rows) in group.run_ranges().filter(|(id, _)| *id == target) {
            for row in rows {
                let mut labels = table.row_labels(group, row);
                labels.retain(|(name, _)| *name != "job");
                labels.push(("__name__", table.metric_name(group)));
                labels.sort_unstable();
                labels.dedup();
                series.insert(labels);
            }
        }
    }
    series
}
