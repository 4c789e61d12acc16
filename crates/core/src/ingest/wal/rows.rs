//! The labels of the series in a head on their way into a table.

use super::entries::Change;
use crate::series::{METRIC_NAME, MetricType, Table, TableBuilder};

/// A table that gets rows of series, each told by its differences to the one before.
#[derive(Debug, Default)]
pub(super) struct Rows {
    builder: TableBuilder,
    /// Names and values of the current series.
    labels: Vec<(String, String)>,
    /// The position of the metric's name among them.
    metric: Option<usize>,
    /// The positions of those that the series before does not have.
    changed: Vec<usize>,
    /// Whether the latest row is of the series before, which has the same metric and label names.
    follows: bool,
    /// Whether no name stands twice. Of one that does, the last value is not told by what changed.
    distinct: bool,
}

impl Rows {
    /// Turns to a series of so many labels. The changes are the differences to the series before;
    /// `text` begins with their names and values, and moves behind them.
    pub(super) fn turn_to(&mut self, labels: usize, changes: &[Change], text: &mut &[u8]) {
        let mut moves = self.labels.len() != labels;
        self.labels.resize_with(labels, Default::default);
        self.changed.clear();
        for change in changes {
            let position = change.position as usize;
            let (name, value) = &mut self.labels[position];
            moves |= put(name, text, change.name) || Some(position) == self.metric;
            put(value, text, change.value);
            self.changed.push(position);
        }
        if moves {
            self.metric = self.labels.iter().position(|(name, _)| name == METRIC_NAME);
            // Servers write names in their order.
            self.distinct = self.labels.is_sorted_by(|(name, _), (next, _)| name < next);
            self.follows = false;
        }
    }

    /// Adds a row of the current series; the group it went to.
    pub(super) fn add(&mut self) -> usize {
        let Self { builder, labels, metric, changed, .. } = self;
        let pair = |position: usize| (&*labels[position].0, &*labels[position].1);
        if std::mem::replace(&mut self.follows, self.distinct) {
            let is_behind = |position| metric.is_some_and(|metric| position > metric);
            let changed = changed.iter().map(|&position| {
                let (name, value) = pair(position);
                (position - usize::from(is_behind(position)), name, value)
            });
            return builder.repeat_row(labels.len() - usize::from(metric.is_some()), changed);
        }
        let others = (0..labels.len()).filter(|&position| Some(position) != *metric);
        let others: Vec<(&str, &str)> = others.map(pair).collect();
        builder.row(metric.map_or("", |metric| pair(metric).1), &others, 0)
    }

    /// Adds no row of the current series.
    pub(super) fn skip(&mut self) {
        self.follows = false;
    }

    /// Says what type the metric of a group is of.
    pub(super) fn set_type(&mut self, group: usize, kind: MetricType) {
        self.builder.set_type(group, kind);
    }

    /// The table of all rows.
    pub(super) fn finish(self) -> Table {
        self.builder.finish()
    }
}

/// Makes a string of the next bytes of `text` and moves behind them; whether it was another before.
/// No server writes what is no text; what can be read of it counts.
fn put(into: &mut String, text: &mut &[u8], length: u32) -> bool {
    let bytes = text.split_off(..length as usize).unwrap_or_default();
    if into.as_bytes() == bytes {
        return false;
    }
    into.clear();
    match str::from_utf8(bytes) {
        Ok(text) => into.push_str(text),
        Err(_) => into.push_str(&String::from_utf8_lossy(bytes)),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::entries::{self, Entries};
    use super::*;
    use proptest::prelude::*;

    type Labels = Vec<(&'static [u8], &'static [u8])>;

    /// Label sets as no server writes them, too: unsorted, of names that stand twice, no text.
    fn labels() -> impl Strategy<Value = Labels> {
        let name = prop_oneof![
            4 => Just(METRIC_NAME.as_bytes()), 2 => Just(&b"a"[..]), 2 => Just(&b"b"[..]),
            1 => Just(&b"\xff"[..]),
        ];
        let value = prop_oneof![
            4 => Just(&b"v"[..]), 2 => Just(&b"w"[..]), 1 => Just(&b""[..]), 1 => Just(&b"\xc3"[..]),
        ];
        proptest::collection::vec((name, value), 0..4)
    }

    fn record(sets: &[(Labels, bool)]) -> Vec<u8> {
        let mut record = vec![1];
        for (labels, _) in sets {
            record.extend([0; 8]);
            record.push(labels.len() as u8);
            for text in labels.iter().flat_map(|&(name, value)| [name, value]) {
                record.push(text.len() as u8);
                record.extend(text);
            }
        }
        record
    }

    /// Adds a row without a look at the one before.
    fn add_whole(builder: &mut TableBuilder, labels: &Labels) -> usize {
        let mut texts: Vec<_> = labels
            .iter()
            .map(|&(name, value)| (String::from_utf8_lossy(name), String::from_utf8_lossy(value)))
            .collect();
        let metric = texts.iter().position(|(name, _)| name == METRIC_NAME);
        let metric = metric.map(|at| texts.remove(at).1).unwrap_or_default();
        let pairs: Vec<(&str, &str)> = texts.iter().map(|(n, v)| (&**n, &**v)).collect();
        builder.row(&metric, &pairs, 0)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, cases: 4000, ..ProptestConfig::default()
        })]
        #[test]
        fn rows_are_those_of_whole_label_sets(
            sets in proptest::collection::vec((labels(), proptest::bool::weighted(0.8)), 0..12)
        ) {
            let record = record(&sets);
            let mut entries = Entries::default();
            prop_assert!(entries::read(&record, &mut entries).is_ok());
            let (mut rows, mut wanted) = (Rows::default(), TableBuilder::default());
            let (mut changes, mut text) = (&*entries.changes, &*entries.text);
            for (entry, (labels, is_new)) in entries.series.iter().zip(&sets) {
                let of_entry = changes.split_off(..entry.changes as usize).unwrap();
                rows.turn_to(entry.labels as usize, of_entry, &mut text);
                if *is_new {
                    prop_assert_eq!(rows.add(), add_whole(&mut wanted, labels));
                } else {
                    rows.skip();
                }
            }
            prop_assert!(changes.is_empty() && text.is_empty());
            let (table, wanted) = (rows.finish(), wanted.finish());
            for (group, wanted) in table.metrics.iter().zip(&wanted.metrics) {
                prop_assert_eq!((group.rows, &group.notes), (wanted.rows, &wanted.notes));
                for (column, wanted) in group.columns.iter().zip(&wanted.columns) {
                    prop_assert_eq!((column.name, &column.codes), (wanted.name, &wanted.codes));
                }
                prop_assert_eq!(group.columns.len(), wanted.columns.len());
            }
            prop_assert_eq!(table.metrics.len(), wanted.metrics.len());
        }
    }
}
