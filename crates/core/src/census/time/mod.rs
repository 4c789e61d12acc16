//! Several snapshots of the same place: what came and went, which label drives it, how it grows.

mod churn;
pub mod growth;
mod labels;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::series::{MetricRows, Table};
use crate::watch::Watch;
pub use churn::Driver;
pub(crate) use churn::{Joined, Step, join};
use growth::{Explosion, Forecast, explosion, forecast};
pub use labels::{LabelOverTime, PairChurn};

/// What happened over snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct OverTime {
    /// The snapshots, oldest first.
    pub moments: Vec<Moment>,
    /// Distinct series of all snapshots together.
    pub seen: u64,
    /// Series with a value in two snapshots or more.
    pub compared: u64,
    /// Of these, the ones whose value was always the same.
    pub unchanged: u64,
    /// How the number of series goes on.
    pub forecast: Option<Forecast>,
    /// Whether the last snapshot leaves what the ones before let expect.
    pub explosion: Option<Explosion>,
    /// By metric: most churn first, then by name.
    pub metrics: Vec<MetricOverTime>,
    /// By label: those whose new values explain most new series first, then by name.
    pub labels: Vec<LabelOverTime>,
    /// Label values whose series came and went most: most first, then by label and value.
    pub pairs: Vec<PairChurn>,
}

/// One snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Seconds, counted as the caller counts them.
    pub time: f64,
    /// Distinct series.
    pub series: u64,
    /// Series that the snapshot before does not have.
    pub came: u64,
    /// Series of the snapshot before that it does not have.
    pub went: u64,
}

/// One metric over all snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricOverTime {
    /// The metric's name.
    pub name: String,
    /// Distinct series of each snapshot.
    pub series: Vec<u64>,
    /// Series that came, summed over the snapshots.
    pub came: u64,
    /// Series that went, summed over the snapshots.
    pub went: u64,
    /// Distinct series of all snapshots together.
    pub seen: u64,
    /// Series with a value in two snapshots or more.
    pub compared: u64,
    /// Of these, the ones whose value was always the same.
    pub unchanged: u64,
    /// The labels that explain new series, the one that explains most first.
    pub drivers: Vec<Driver>,
    /// How the number of series goes on.
    pub forecast: Option<Forecast>,
    /// Whether the last snapshot leaves what the ones before let expect.
    pub explosion: Option<Explosion>,
}

/// What to compute of snapshots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverTimeOptions {
    /// How far ahead of the last snapshot to look, in seconds; by default as long as was seen.
    pub ahead: Option<f64>,
    /// Label values to list.
    pub pairs: usize,
}

impl OverTime {
    /// Compares snapshots, oldest first, that were taken at `times` in seconds, which ascend. All
    /// tables must be of one stage. Progress is told in metrics.
    ///
    /// # Panics
    /// When there are not as many times as tables.
    pub fn of(
        tables: &[&Table],
        times: &[f64],
        options: OverTimeOptions,
        watch: &dyn Watch,
    ) -> Self {
        assert_eq!(tables.len(), times.len(), "each snapshot has a time");
        let seen = times.last().zip(times.first()).map_or(0.0, |(last, first)| last - first);
        let ahead = options.ahead.unwrap_or(seen);
        let metrics = by_metric(tables);
        let total = metrics.len() as u64;
        let joined: Vec<Joined> = metrics
            .par_iter()
            .enumerate()
            .filter(|_| !watch.cancelled())
            .map(|(at, (_, groups))| {
                let joined = churn::join(tables, groups);
                watch.progress(at as u64 + 1, total);
                joined
            })
            .collect();
        let all: Vec<MetricOverTime> = metrics
            .par_iter()
            .zip(&joined)
            .map(|((name, groups), joined)| MetricOverTime {
                drivers: joined.drivers(tables, groups),
                forecast: forecast(times, &joined.series, ahead),
                explosion: explosion(times, &joined.series),
                ..MetricOverTime::of(name, joined)
            })
            .collect();
        let (labels, pairs) =
            labels::of(tables, times, ahead, &metrics, &joined, &all, options.pairs);
        Self::sum(times, ahead, &joined, all, labels, pairs)
    }

    fn sum(
        times: &[f64],
        ahead: f64,
        joined: &[Joined],
        mut metrics: Vec<MetricOverTime>,
        labels: Vec<LabelOverTime>,
        pairs: Vec<PairChurn>,
    ) -> Self {
        let at_step = |at: usize, count: fn(&churn::Step) -> usize| -> u64 {
            let step = at.checked_sub(1);
            let count = |joined: &Joined| step.map_or(0, |step| count(&joined.steps[step]) as u64);
            joined.iter().map(count).sum()
        };
        let moment = |(at, &time): (usize, &f64)| Moment {
            time,
            series: joined.iter().map(|joined| joined.series[at]).sum(),
            came: at_step(at, |step| step.came.len()),
            went: at_step(at, |step| step.went.len()),
        };
        let moments: Vec<Moment> = times.iter().enumerate().map(moment).collect();
        let series: Vec<u64> = moments.iter().map(|moment| moment.series).collect();
        metrics.sort_by(|a, b| (b.came + b.went).cmp(&(a.came + a.went)).then(a.name.cmp(&b.name)));
        Self {
            seen: metrics.iter().map(|metric| metric.seen).sum(),
            compared: metrics.iter().map(|metric| metric.compared).sum(),
            unchanged: metrics.iter().map(|metric| metric.unchanged).sum(),
            forecast: forecast(times, &series, ahead),
            explosion: explosion(times, &series),
            moments,
            metrics,
            labels,
            pairs,
        }
    }
}

impl MetricOverTime {
    /// Its counts, without what follows from them.
    fn of(name: &str, joined: &Joined) -> Self {
        Self {
            name: name.to_owned(),
            series: joined.series.clone(),
            came: joined.came(),
            went: joined.went(),
            seen: joined.seen,
            compared: joined.compared,
            unchanged: joined.unchanged,
            drivers: Vec::new(),
            forecast: None,
            explosion: None,
        }
    }
}

/// A metric's name and its rows in each snapshot that has it.
type Metric<'a> = (&'a str, Vec<Option<&'a MetricRows>>);

/// The metrics of all snapshots, by name.
fn by_metric<'a>(tables: &[&'a Table]) -> Vec<Metric<'a>> {
    let mut metrics = std::collections::BTreeMap::<&str, Vec<Option<&MetricRows>>>::new();
    for (at, table) in tables.iter().enumerate() {
        for group in table.metrics.iter().filter(|group| group.rows > 0) {
            let groups = metrics.entry(table.metric_name(group));
            groups.or_insert_with(|| vec![None; tables.len()])[at] = Some(group);
        }
    }
    metrics.into_iter().collect()
}

/// The names of the labels of all snapshots, `__name__` included.
fn label_names<'a>(tables: &[&'a Table]) -> BTreeSet<&'a str> {
    let names = |table: &&'a Table| -> Vec<&'a str> {
        let table = *table;
        table.name_ids().map(|name| table.name(name)).collect()
    };
    tables.iter().flat_map(names).collect()
}
