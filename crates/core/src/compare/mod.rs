//! Two revisions side by side: what a change of configuration, rules or applications costs, which
//! label drives it, and which queries and signals it breaks.
//!
//! Series are told apart by their labels, so that what only looks different compares as equal: two
//! configurations that store the same series of the same samples differ in nothing.

mod budget;
mod gate;
mod metrics;
mod queries;
mod signals;
#[cfg(test)]
mod tests;
mod weight;

use std::collections::BTreeSet;

pub use budget::{Bound, Budget, Each, Limit, Measure, Scope};
pub use gate::{BudgetOutcome, Checks, Excess, Level, judge};
pub use metrics::{Driver, MetricChange};
pub use queries::{Fate, QueryChange, SelectorChange};
pub use signals::SignalChange;
pub use weight::{Change, Weight};

use crate::census::Census;
use crate::config::Project;
use crate::cost::{CostModel, Estimate, Load, ServerSettings};
use crate::flow::{ScrapeFailure, Stored};
use crate::series::Table;
use crate::usage::Usage;

/// One side: what is stored, who needs it, and what it costs.
#[derive(Debug, Clone, Copy)]
pub struct Revision<'a> {
    /// The configuration.
    pub project: &'a Project,
    /// What the server refuses of it, in words without places.
    pub refused: &'a [String],
    /// The series before the metric chains.
    pub attached: &'a Table,
    /// What it stores.
    pub stored: &'a Stored,
    /// The counts of what is stored, *without* among them.
    pub census: &'a Census,
    /// What is needed. Queries are told apart by their files' names, among others: those of both sides
    /// are to be called the same.
    pub usage: &'a Usage,
    /// The load of what is stored.
    pub load: &'a Load,
    /// What the load needs.
    pub estimate: &'a Estimate,
    /// What series cost.
    pub model: &'a CostModel,
    /// How the server runs.
    pub settings: &'a ServerSettings,
}

/// What is different. Lists hold what changed and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What the server refuses of the new configuration and not of the old one.
    pub refused: Vec<String>,
    /// Everything that is stored.
    pub total: Change<Weight>,
    /// Series that only the new side has.
    pub came: u64,
    /// Series that only the old side has.
    pub went: u64,
    /// Targets with stored series.
    pub targets: Change<u64>,
    /// Series that became the same as another on their way: all but one of them are lost.
    pub merged: Change<u64>,
    /// By job: what grew most first.
    pub jobs: Vec<GroupChange>,
    /// By job and metric: what grew most first.
    pub metrics: Vec<MetricChange>,
    /// By label over all metrics: the one that drives most growth first.
    pub labels: Vec<LabelChange>,
    /// Scrapes that only one side loses.
    pub scrapes: Vec<ScrapeChange>,
    /// Signals that only one side gives, by layer.
    pub signals: Vec<SignalChange>,
    /// Queries: what is lost first.
    pub queries: Vec<QueryChange>,
}

/// Series that have a label's value in common.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupChange {
    /// The value, "" where series have none.
    pub name: String,
    /// What they weigh.
    pub weight: Change<Weight>,
    /// Series that only the new side has.
    pub came: u64,
    /// Series that only the old side has.
    pub went: u64,
}

/// One label over all metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    /// The label's name.
    pub name: String,
    /// Distinct values.
    pub values: Change<u64>,
    /// Series that have it.
    pub series: Change<u64>,
    /// Growth, in series, of the metrics that it drives before all other labels.
    pub drives: u64,
}

/// A scrape that the server loses as a whole on one side alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScrapeChange {
    /// Whether it is the new side that loses it.
    pub is_lost: bool,
    /// The target's job.
    pub job: String,
    /// The target's instance.
    pub instance: String,
    /// Why.
    pub reason: String,
}

impl Comparison {
    /// Compares two revisions, the old one first.
    pub fn of(sides: Change<&Revision<'_>>) -> Self {
        let metrics = metrics::changes(sides);
        let count = |of: fn(&MetricChange) -> u64| metrics.iter().map(of).sum();
        let is_new = |words: &&String| !sides.before.refused.contains(words);
        Self {
            refused: sides.after.refused.iter().filter(is_new).cloned().collect(),
            total: sides.map(Revision::total),
            came: count(|metric| metric.came),
            went: count(|metric| metric.went),
            targets: sides.map(|side| side.census.targets),
            merged: sides.map(merged),
            jobs: metrics::by_job(sides, &metrics),
            labels: labels(sides, &metrics),
            scrapes: scrapes(sides),
            signals: signals::changes(sides),
            queries: queries::changes(sides),
            metrics,
        }
    }

    /// Whether both sides store and ask the same.
    pub fn is_same(&self) -> bool {
        let Change { before, after } = self.total;
        before == after
            && self.refused.is_empty()
            && self.targets.is_same()
            && self.merged.is_same()
            && self.metrics.is_empty()
            && self.jobs.is_empty()
            && self.scrapes.is_empty()
            && self.signals.is_empty()
            && self.queries.is_empty()
    }
}

fn merged(side: &Revision<'_>) -> u64 {
    let collisions = side.stored.report.collisions.iter();
    collisions.map(|collision| collision.before.0 - collision.after.0).sum()
}

fn labels(sides: Change<&Revision<'_>>, metrics: &[MetricChange]) -> Vec<LabelChange> {
    let names: BTreeSet<&str> = [sides.before, sides.after]
        .into_iter()
        .flat_map(|side| side.census.labels.iter().map(|label| label.name.as_str()))
        .collect();
    let label = |name: &str| {
        let of = |side: &Revision<'_>| {
            let found = side.census.labels.iter().find(|label| label.name == name);
            found.map_or((0, 0), |label| (label.values, label.series))
        };
        let (Change { before, after }, driven) = (
            sides.map(of),
            metrics.iter().filter(|it| it.drivers.first().is_some_and(|first| first.label == name)),
        );
        LabelChange {
            name: name.to_owned(),
            values: Change { before: before.0, after: after.0 },
            series: Change { before: before.1, after: after.1 },
            drives: driven.map(|metric| metric.weight.growth()).sum(),
        }
    };
    let mut labels: Vec<LabelChange> = names.into_iter().map(label).collect();
    labels.retain(|label| !label.values.is_same() || label.drives > 0);
    labels.sort_by_key(|label| {
        let grown = label.values.after.abs_diff(label.values.before);
        (std::cmp::Reverse(label.drives), std::cmp::Reverse(grown))
    });
    labels
}

fn scrapes(sides: Change<&Revision<'_>>) -> Vec<ScrapeChange> {
    let lost = |side: &Revision<'_>| -> BTreeSet<ScrapeChange> {
        let failures = side.stored.report.failures.iter();
        let change = |failure: &ScrapeFailure| ScrapeChange {
            is_lost: true,
            job: failure.job.clone(),
            instance: failure.instance.clone(),
            reason: failure.reason.clone(),
        };
        failures.map(change).collect()
    };
    let Change { before, after } = sides.map(lost);
    let mended = before.difference(&after);
    let mended = mended.map(|scrape| ScrapeChange { is_lost: false, ..scrape.clone() });
    after.difference(&before).cloned().chain(mended).collect()
}
