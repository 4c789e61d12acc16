//! Whether a change passes: budgets, and what no change may do to queries, scrapes and series.

use std::collections::BTreeMap;

use super::{
    Budget, Change, Comparison, Each, Fate, Limit, Measure, MetricChange, Revision, Weight,
};
use crate::census::groups::{Dimension, of_metric};

/// How a change fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// It may go on.
    #[default]
    Pass,
    /// It may go on, and somebody should look at it.
    Warn,
    /// It may not go on.
    Fail,
}

impl Level {
    /// The word used in outputs and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What it means when a change does one of these; [`Level::Pass`] where it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// The server refuses the configuration, and did not before.
    pub refused_configuration: Level,
    /// A query that found series finds none.
    pub lost_queries: Level,
    /// A job no longer gives a signal that it gave.
    pub lost_signals: Level,
    /// A new query finds none: it is wrong, or the samples lack what it is about.
    pub empty_queries: Level,
    /// A scrape is lost as a whole.
    pub lost_scrapes: Level,
    /// More series become the same as others, and are lost.
    pub merged_series: Level,
    /// A metric comes with, or gets, a label whose values look as if they came without end.
    pub unbounded_labels: Level,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            refused_configuration: Level::Fail,
            lost_queries: Level::Fail,
            lost_signals: Level::Fail,
            empty_queries: Level::Warn,
            lost_scrapes: Level::Fail,
            merged_series: Level::Fail,
            unbounded_labels: Level::Fail,
        }
    }
}

/// What a budget or a check says.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetOutcome {
    /// The budget's or check's name.
    pub name: String,
    /// How many things it was asked of.
    pub checked: usize,
    /// What is too much, the worst first.
    pub excesses: Vec<Excess>,
}

/// One thing that is too much.
#[derive(Debug, Clone, PartialEq)]
pub struct Excess {
    /// How much that matters.
    pub level: Level,
    /// What it is about: a metric, a job, a query; "" where it is everything in the scope.
    pub subject: String,
    /// What was measured, where it is a budget.
    pub measure: Option<Measure>,
    /// How much there is.
    pub value: Change<f64>,
    /// How much may be.
    pub allowed: f64,
    /// Why, where no number says it.
    pub reason: String,
    /// The changes that made it so, the largest first.
    pub causes: Vec<MetricChange>,
}

/// Causes that are named.
const CAUSES: usize = 3;

impl BudgetOutcome {
    /// The worst of it.
    pub fn level(&self) -> Level {
        self.excesses.iter().map(|excess| excess.level).max().unwrap_or_default()
    }
}

/// Asks every budget and every check about a change.
pub fn judge(
    sides: Change<&Revision<'_>>,
    comparison: &Comparison,
    budgets: &[Budget],
    checks: &Checks,
) -> Vec<BudgetOutcome> {
    let budgets = budgets.iter().map(|budget| budget.judge(sides, comparison));
    budgets.chain(checks.judge(comparison)).collect()
}

impl Budget {
    fn judge(&self, sides: Change<&Revision<'_>>, comparison: &Comparison) -> BudgetOutcome {
        let weights = sides.map(|side| self.weigh(side));
        let mut excesses = Vec::new();
        for (subject, after) in &weights.after {
            let before = weights.before.get(subject).copied().unwrap_or_default();
            if after.series < self.above {
                continue;
            }
            for (measure, limits) in self.by_measure() {
                let value = Change { before, after: *after }.map(|weight| measure.of(&weight));
                let worst = limits
                    .iter()
                    .filter_map(|limit| limit.exceeded(value))
                    .max_by_key(|(level, _)| *level);
                let Some((level, allowed)) = worst else { continue };
                let causes = self.causes(subject, sides, comparison);
                let (subject, reason) = (subject.clone(), String::new());
                let measure = Some(measure);
                excesses.push(Excess { level, subject, measure, value, allowed, reason, causes });
            }
        }
        excesses.sort_by(|a, b| {
            let over = |excess: &Excess| excess.value.after / excess.allowed.max(1.0);
            b.level.cmp(&a.level).then(over(b).total_cmp(&over(a)))
        });
        BudgetOutcome { name: self.name.clone(), checked: weights.after.len(), excesses }
    }

    fn by_measure(&self) -> BTreeMap<Measure, Vec<Limit>> {
        let mut limits: BTreeMap<Measure, Vec<Limit>> = BTreeMap::new();
        for limit in &self.limits {
            limits.entry(limit.measure).or_default().push(*limit);
        }
        limits
    }

    /// The metrics that grew of what has this budget.
    fn causes(
        &self,
        subject: &str,
        sides: Change<&Revision<'_>>,
        comparison: &Comparison,
    ) -> Vec<MetricChange> {
        let is_of = |change: &&MetricChange| match &self.each {
            None => true,
            Some(Each::Metric) => change.metric == subject,
            Some(Each::Group(Dimension::Job)) => change.job == subject,
            Some(Each::Group(dimension)) => {
                let Change { before, after } =
                    sides.map(|side| series_of(side, &change.metric, dimension, subject));
                after > before
            }
        };
        let is_in_scope = |change: &&MetricChange| {
            change.weight.growth() > 0
                && self.scope.has_metric(&change.metric)
                && self.scope.has_job(&change.job)
        };
        let found = comparison.metrics.iter().filter(is_in_scope).filter(is_of);
        found.take(CAUSES).cloned().collect()
    }
}

/// Series of a metric that belong to a group.
fn series_of(side: &Revision<'_>, metric: &str, dimension: &Dimension, key: &str) -> u64 {
    let table = &side.stored.table;
    let group = table.metrics.iter().find(|group| table.metric_name(group) == metric);
    let groups = group.map_or_else(Vec::new, |group| of_metric(table, group, dimension));
    groups.iter().find(|group| group.key.join("/") == key).map_or(0, |group| group.series)
}

impl Limit {
    /// Its level and what it allows, where there is more.
    fn exceeded(&self, value: Change<f64>) -> Option<(Level, f64)> {
        let allowed = self.bound.allowed(value.before)?;
        (value.after > allowed && self.level > Level::Pass).then_some((self.level, allowed))
    }
}

impl Checks {
    fn judge(self, comparison: &Comparison) -> Vec<BudgetOutcome> {
        let outcome = |name: &str, checked: usize, excesses: Vec<Excess>| BudgetOutcome {
            name: name.to_owned(),
            checked,
            excesses,
        };
        let checks = [
            (self.refused_configuration, "refused-configuration", refused(comparison)),
            (self.lost_queries, "lost-queries", queries(comparison, Fate::Lost)),
            (self.lost_signals, "lost-signals", signals(comparison)),
            (self.empty_queries, "empty-queries", queries(comparison, Fate::New)),
            (self.lost_scrapes, "lost-scrapes", scrapes(comparison)),
            (self.merged_series, "merged-series", merged(comparison)),
            (self.unbounded_labels, "unbounded-labels", unbounded(comparison)),
        ];
        let asked = checks.into_iter().filter(|(level, ..)| *level > Level::Pass);
        asked
            .map(|(level, name, found)| {
                let excesses: Vec<Excess> =
                    found.into_iter().map(|excess| Excess { level, ..excess }).collect();
                outcome(name, excesses.len().max(1), excesses)
            })
            .collect()
    }
}

/// What is wrong with a subject, without numbers.
fn said(subject: String, reason: String) -> Excess {
    Excess {
        level: Level::Fail,
        subject,
        measure: None,
        value: Change::default(),
        allowed: 0.0,
        reason,
        causes: Vec::new(),
    }
}

fn refused(comparison: &Comparison) -> Vec<Excess> {
    let excess = |words: &String| said(String::new(), format!("the server refuses it: {words}"));
    comparison.refused.iter().map(excess).collect()
}

/// The selectors that select nothing now, of the queries of this fate.
fn queries(comparison: &Comparison, fate: Fate) -> Vec<Excess> {
    let mut found = Vec::new();
    for query in comparison.queries.iter().filter(|query| query.fate == fate) {
        for selector in query.selectors.iter().filter(|selector| !selector.finds.after) {
            let had = match selector.series.before {
                0 => String::new(),
                series => format!(", {series} series before"),
            };
            found.push(said(
                format!("{} `{}` of {}", query.kind.as_str(), query.name, query.file),
                format!("`{}` selects nothing{had}", selector.text),
            ));
        }
    }
    found
}

fn signals(comparison: &Comparison) -> Vec<Excess> {
    let lost = comparison.signals.iter().filter(|signal| signal.is_lost);
    let excess = |signal: &super::SignalChange| {
        let subject = format!("{} of job {}", signal.cell, signal.job);
        said(
            subject,
            format!("nothing gives this signal of the {} layer now", signal.layer.as_str()),
        )
    };
    lost.map(excess).collect()
}

fn scrapes(comparison: &Comparison) -> Vec<Excess> {
    let lost = comparison.scrapes.iter().filter(|scrape| scrape.is_lost);
    let excess = |scrape: &super::ScrapeChange| {
        let subject = format!("{} of job {}", scrape.instance, scrape.job);
        said(subject, format!("the whole scrape is lost: {}", scrape.reason))
    };
    lost.map(excess).collect()
}

fn merged(comparison: &Comparison) -> Vec<Excess> {
    let Change { before, after } = comparison.merged;
    let reason = format!("{after} series become the same as others and are lost, {before} before");
    if after > before { vec![said(String::new(), reason)] } else { Vec::new() }
}

fn unbounded(comparison: &Comparison) -> Vec<Excess> {
    let mut found = Vec::new();
    for change in &comparison.metrics {
        let drivers = change.drivers.iter().filter(|it| it.is_unbounded && it.values.before == 0);
        for driver in drivers {
            let shape = driver.shape.map_or("", crate::census::Shape::as_str);
            let Weight { series, .. } = change.weight.after;
            let reason = format!(
                "label `{}` has {} values so far ({shape}), and such values come without end; \
                 {series} series",
                driver.label, driver.values.after,
            );
            let subject = format!("{} of job {}", change.metric, change.job);
            found.push(Excess { causes: vec![change.clone()], ..said(subject, reason) });
        }
    }
    found
}
