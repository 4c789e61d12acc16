//! Labels and their values over snapshots.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::churn::Joined;
use super::growth::{Explosion, Forecast, explosion, forecast};
use super::{Metric, MetricOverTime, label_names};
use crate::series::{METRIC_NAME, MetricRows, Table};

/// One label over all snapshots and metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelOverTime {
    /// The label's name.
    pub name: String,
    /// Distinct values of each snapshot.
    pub values: Vec<u64>,
    /// Values that the snapshot before does not have, summed over the snapshots.
    pub new_values: u64,
    /// Values that the next snapshot does not have, summed over the snapshots.
    pub gone_values: u64,
    /// New series that its new values explain best of all labels, summed over the metrics.
    pub drives: u64,
    /// How the number of values goes on.
    pub forecast: Option<Forecast>,
    /// Whether the last snapshot leaves what the ones before let expect.
    pub explosion: Option<Explosion>,
}

/// A label value and the series that came and went with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairChurn {
    /// The label's name; metrics are listed by themselves.
    pub label: String,
    /// Its value.
    pub value: String,
    /// Series with it that came, summed over the snapshots.
    pub came: u64,
    /// Series with it that went, summed over the snapshots.
    pub went: u64,
}

/// What snapshots say of the labels, and the `most` values with the most churn.
pub(super) fn of(
    tables: &[&Table],
    times: &[f64],
    ahead: f64,
    metrics: &[Metric<'_>],
    joined: &[Joined],
    told: &[MetricOverTime],
    most: usize,
) -> (Vec<LabelOverTime>, Vec<PairChurn>) {
    let mut drives: BTreeMap<&str, u64> = BTreeMap::new();
    for driver in told.iter().filter_map(|metric| metric.drivers.first()) {
        *drives.entry(&driver.label).or_default() += driver.new_series;
    }
    let used: Vec<Vec<Vec<bool>>> = tables.iter().map(|table| used_values(table)).collect();
    let label = |name: &str| {
        let counts: Vec<u64> = tables
            .iter()
            .zip(&used)
            .map(|(table, used)| {
                let used = table.name_id(name).map(|id| &used[id.0 as usize]);
                used.map_or(0, |used| used.iter().filter(|used| **used).count() as u64)
            })
            .collect();
        let both = |at: usize| values_of_both(name, [tables[at], tables[at + 1]], &used[at..]);
        let kept: u64 = (1..tables.len()).map(|at| both(at - 1)).sum();
        LabelOverTime {
            name: name.to_owned(),
            new_values: counts.iter().skip(1).sum::<u64>() - kept,
            gone_values: counts.iter().rev().skip(1).sum::<u64>() - kept,
            drives: drives.get(name).copied().unwrap_or(0),
            forecast: forecast(times, &counts, ahead),
            explosion: explosion(times, &counts),
            values: counts,
        }
    };
    let mut labels: Vec<LabelOverTime> = label_names(tables).into_iter().map(label).collect();
    labels.retain(|label| label.values.iter().any(|&values| values > 0));
    labels.sort_by_key(|label| (Reverse(label.drives), Reverse(label.new_values)));
    (labels, pairs(tables, metrics, joined, most))
}

/// By label and code: whether any series has the value. Code 0 is none.
fn used_values(table: &Table) -> Vec<Vec<bool>> {
    let mut used: Vec<Vec<bool>> =
        table.name_ids().map(|name| vec![false; table.values(name).len()]).collect();
    for group in table.metrics.iter().filter(|group| group.rows > 0) {
        used[0][group.metric as usize] = true;
        for column in &group.columns {
            let used = &mut used[column.name.0 as usize];
            column.codes.iter().for_each(|&code| used[code as usize] = true);
        }
    }
    used.iter_mut().filter_map(|used| used.first_mut()).for_each(|absent| *absent = false);
    used
}

/// How many values of a label two neighbouring snapshots share.
fn values_of_both(name: &str, tables: [&Table; 2], used: &[Vec<Vec<bool>>]) -> u64 {
    let [Some(a), Some(b)] = tables.map(|table| table.name_id(name)) else { return 0 };
    let (first, second) = (tables[0].values(a), tables[1].values(b));
    let (used, also_used) = (&used[0][a.0 as usize], &used[1][b.0 as usize]);
    let is_in_both = |code: &u32| {
        used[*code as usize]
            && second.code(first.value(*code)).is_some_and(|code| also_used[code as usize])
    };
    (1..first.len() as u32).filter(is_in_both).count() as u64
}

/// Series that came and went.
type Churn = (u64, u64);

fn pairs(
    tables: &[&Table],
    metrics: &[Metric<'_>],
    joined: &[Joined],
    most: usize,
) -> Vec<PairChurn> {
    let mut churn: BTreeMap<(&str, &str), Churn> = BTreeMap::new();
    for step in 1..tables.len() {
        let rows = |joined: &'_ Joined, came: bool| -> Vec<u32> {
            let step = &joined.steps[step - 1];
            if came { step.came.clone() } else { step.went.clone() }
        };
        for came in [true, false] {
            let at = if came { step } else { step - 1 };
            let moved: Vec<(&MetricRows, Vec<u32>)> = metrics
                .iter()
                .zip(joined)
                .filter_map(|((_, groups), joined)| Some((groups[at]?, rows(joined, came))))
                .collect();
            for ((label, value), series) in count(tables[at], &moved) {
                let sums = churn.entry((label, value)).or_default();
                *(if came { &mut sums.0 } else { &mut sums.1 }) += series;
            }
        }
    }
    let mut pairs: Vec<((&str, &str), Churn)> = churn.into_iter().collect();
    pairs.sort_by_key(|(_, (came, went))| Reverse(came + went));
    let pair = |((label, value), (came, went)): ((&str, &str), Churn)| PairChurn {
        label: label.to_owned(),
        value: value.to_owned(),
        came,
        went,
    };
    pairs.into_iter().take(most).map(pair).collect()
}

/// How many of the rows have each label value.
fn count<'a>(table: &'a Table, rows: &[(&MetricRows, Vec<u32>)]) -> Vec<((&'a str, &'a str), u64)> {
    let mut series: Vec<Vec<u64>> =
        table.name_ids().map(|name| vec![0; table.values(name).len()]).collect();
    for (group, rows) in rows {
        for column in &group.columns {
            let series = &mut series[column.name.0 as usize];
            for &row in rows {
                series[column.codes[row as usize] as usize] += 1;
            }
        }
    }
    let names = table.name_ids().zip(series).filter(|(name, _)| !table.is_name(*name, METRIC_NAME));
    let counted = names.flat_map(|(name, series)| {
        let counted = series.into_iter().enumerate().skip(1).filter(|(_, series)| *series > 0);
        counted.map(move |(code, series)| {
            ((table.name(name), table.values(name).value(code as u32)), series)
        })
    });
    counted.collect()
}
