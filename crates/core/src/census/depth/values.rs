//! The values of a label that weigh most.

use std::cmp::Reverse;

use super::local::{Local, LocalColumn, LocalValue};

/// Values listed of a label.
const LISTED: usize = 10;

/// A value of a label and what has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// Series that have it.
    pub series: u64,
    /// Bytes of name and value and 2 more, summed over these series.
    pub bytes: u64,
}

/// The values of a metric's labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricValues {
    /// The metric's name.
    pub name: String,
    /// Its labels, by name.
    pub labels: Vec<LabelValues>,
}

/// The values of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelValues {
    /// The label's name.
    pub name: String,
    /// The values that most series have, most first, then by value; ten at most.
    pub values: Vec<ValueCount>,
}

/// The values of all labels of a metric.
pub(super) fn of_metric(local: &Local<'_>) -> MetricValues {
    let label = |column: &LocalColumn<'_>| LabelValues {
        name: column.name.to_owned(),
        values: by_series(column),
    };
    MetricValues {
        name: local.metric().to_owned(),
        labels: local.columns.iter().map(label).collect(),
    }
}

/// The values that most series have.
pub(super) fn by_series(column: &LocalColumn<'_>) -> Vec<ValueCount> {
    most(column, |value| value.series)
}

/// The values that take most bytes.
pub(super) fn by_bytes(column: &LocalColumn<'_>) -> Vec<ValueCount> {
    most(column, |value| value.series * column.pair_bytes(value))
}

fn most(column: &LocalColumn<'_>, weight: impl Fn(&LocalValue) -> u64) -> Vec<ValueCount> {
    let text = |value: &LocalValue| column.dictionary.value(value.code);
    let mut values: Vec<&LocalValue> =
        column.values.iter().filter(|value| value.code != 0).collect();
    let key = |value: &&LocalValue| (Reverse(weight(value)), text(value));
    if values.len() > LISTED {
        values.select_nth_unstable_by(LISTED, |a, b| key(a).cmp(&key(b)));
        values.truncate(LISTED);
    }
    values.sort_by(|a, b| key(a).cmp(&key(b)));
    let count = |value: &LocalValue| ValueCount {
        value: text(value).to_owned(),
        series: value.series,
        bytes: value.series * column.pair_bytes(value),
    };
    values.into_iter().map(count).collect()
}
