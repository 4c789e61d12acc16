//! Whether queries would miss what an action takes: asked of the usage itself, whoever proposed it.

use std::collections::BTreeSet;

use super::Evidence;
use super::action::{Action, ActionKind};
use crate::regexp::Pattern;
use crate::regexp::language::{Language, Limits, Undecided};
use crate::relabel::RawStep;
use crate::series::{MetricRows, Table};
use crate::server::Server;
use crate::usage::{Selects, Usage};

/// Why an action takes what somebody needs, if it does and does not say so.
pub(super) fn needed(evidence: &Evidence<'_>, action: &Action) -> Option<String> {
    let (usage, server) = (evidence.usage, evidence.project.server);
    if action.kind == ActionKind::StopJob {
        return of_job(evidence, &action.job, &action.metrics);
    }
    if action.loss.is_some() {
        return None;
    }
    action.metrics.iter().find_map(|metric| match action.kind {
        ActionKind::DropMetrics | ActionKind::StopJob => {
            let unused = usage.metric(metric).is_unused();
            (!unused).then(|| format!("a query needs `{metric}`"))
        }
        ActionKind::DropLabel => action.labels.iter().find_map(|label| {
            let unused = usage.label(metric, label).is_unused();
            (!unused).then(|| format!("a query needs `{label}` of `{metric}`"))
        }),
        ActionKind::DropValues => value_needed(usage, action, metric, server),
    })
}

/// The series that a server adds to every scrape of a target.
pub(super) const REPORT: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
];

/// Why a job must be scraped: a query that may select one of its series or of those that tell of its
/// scrapes, in any snapshot.
pub(super) fn of_job(evidence: &Evidence<'_>, job: &str, metrics: &[String]) -> Option<String> {
    let usage = evidence.usage;
    let names = || metrics.iter().map(String::as_str).chain(REPORT);
    if let Some(hidden) = names().find(|metric| usage.may_hide(metric)) {
        return Some(format!("a query that is not understood may need `{hidden}` of {job}"));
    }
    evidence.snapshots().find_map(|snapshot| {
        let values = JobValues { table: &snapshot.table, job };
        let selected = |metric: &&str| {
            let mut selectors = usage.selectors_of(metric).into_iter();
            selectors.any(|(found, _)| {
                found.labels().all(|label| {
                    let may = |value: &str| found.selects_value(label, value) != Selects::No;
                    values.of(metric, label).into_iter().any(may)
                })
            })
        };
        names().find(selected).map(|metric| format!("a query needs `{metric}` of {job}"))
    })
}

/// The values of labels that series of a job have.
struct JobValues<'a> {
    table: &'a Table,
    job: &'a str,
}

impl<'a> JobValues<'a> {
    /// Those of a metric's label; a series that the server adds has the target's labels alone.
    fn of(&self, metric: &str, label: &str) -> BTreeSet<&'a str> {
        if REPORT.contains(&metric) {
            let targets = self.table.targets.iter().filter(|target| target.job == self.job);
            return targets.map(|target| target.label(label)).collect();
        }
        let groups = self.table.metrics.iter();
        let group = groups.filter(|group| self.table.metric_name(group) == metric);
        let id = self.table.name_id(label);
        let column = |group: &'a MetricRows| {
            let column = id.and_then(|id| group.column(id).map(|column| (id, column)));
            let of_job =
                group.run_ranges().filter(|(at, _)| self.table.target(*at).job == self.job);
            let values = move |row: usize| {
                column.map_or("", |(id, column)| self.table.values(id).value(column.codes[row]))
            };
            of_job.flat_map(|(_, rows)| rows).map(values).collect::<BTreeSet<&str>>()
        };
        group.flat_map(column).collect()
    }
}

/// The queries that select one of the action's metrics.
pub(super) fn queries(usage: &Usage, action: &Action) -> usize {
    let queries = action.metrics.iter().map(|metric| usage.selected(metric).queries());
    queries
        .fold(BTreeSet::new(), |mut all, mut some| {
            all.append(&mut some);
            all
        })
        .len()
}

/// A value that a step drops and that a query selects, among all values that there can be.
fn value_needed(usage: &Usage, action: &Action, metric: &str, server: Server) -> Option<String> {
    let limits = Limits::default();
    let selected = usage.selected(metric);
    let label = action.labels.first()?;
    if !selected.restricts(label) {
        return Some(format!("a query needs every value of `{label}` of `{metric}`"));
    }
    let witness = || -> Result<Option<String>, Undecided> {
        let values = selected.values(label, limits)?;
        let used = Language::joined(&[Language::literal(metric, limits), values], ";", limits)?;
        for step in &action.steps {
            let Some(pattern) = pattern(step, server) else { continue };
            let verdict = Language::of(&pattern, limits)?.disjoint(&used)?;
            if let Some(witness) = verdict.witness() {
                return Ok(Some(witness.to_owned()));
            }
        }
        Ok(None)
    };
    match witness() {
        Ok(witness) => witness.map(|it| format!("a query selects `{it}` of `{metric}`")),
        Err(undecided) => Some(format!("the values of `{label}` of `{metric}` are {undecided}")),
    }
}

fn pattern(step: &RawStep, server: Server) -> Option<Pattern> {
    step.regex
        .value()
        .and_then(|regex| Pattern::parse(regex, crate::regexp::Dialect::of(server)).ok())
}
