//! The labels of the series in a head on their way into a table.

use super::entries::{self, Change};
use crate::series::{METRIC_NAME, MetricType, Table, TableBuilder};

/// Most series have no more labels.
const USUAL_LABELS: usize = 24;

/// A table that gets rows of encoded labels.
#[derive(Debug, Default)]
pub(super) struct Rows {
    builder: TableBuilder,
    /// The entry before, while the latest row is that of it.
    before: Option<Before>,
}

/// The entry before.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// How many labels it has besides the metric's name.
    labels: usize,
    /// The position of that.
    metric: usize,
}

impl Rows {
    /// Adds a row; the group it went to. `changes` are the differences to the entry before.
    pub(super) fn add(&mut self, encoded: &[u8], changes: Option<&[Change]>) -> usize {
        let repeated = match (changes, self.before) {
            (Some(changes), Some(before)) => self.repeat(encoded, changes, before),
            _ => None,
        };
        repeated.unwrap_or_else(|| self.add_whole(encoded))
    }

    /// Passes over an entry that gets no row.
    pub(super) fn skip(&mut self) {
        self.before = None;
    }

    /// Says what type the metric of a group is of.
    pub(super) fn set_type(&mut self, group: usize, kind: MetricType) {
        self.builder.set_type(group, kind);
    }

    /// The table of all rows.
    pub(super) fn finish(self) -> Table {
        self.builder.finish()
    }

    /// Adds a row like the one before, unless the metric changed or what changed is no text.
    fn repeat(&mut self, encoded: &[u8], changes: &[Change], before: Before) -> Option<usize> {
        let text = |change: &Change| {
            let (name, value) = entries::label(encoded, change.start)?;
            let (name, value) = (str::from_utf8(name).ok()?, str::from_utf8(value).ok()?);
            let is_metric = change.position == before.metric || name == METRIC_NAME;
            let position = change.position - usize::from(change.position > before.metric);
            (!is_metric).then_some((position, name, value))
        };
        let changed = changes.iter().map(text).collect::<Option<Vec<_>>>()?;
        Some(self.builder.repeat_row(before.labels, &changed))
    }

    fn add_whole(&mut self, encoded: &[u8]) -> usize {
        let mut labels: Vec<(&str, &str)> = Vec::with_capacity(USUAL_LABELS);
        for (name, value) in entries::labels(encoded) {
            match (str::from_utf8(name), str::from_utf8(value)) {
                (Ok(name), Ok(value)) => labels.push((name, value)),
                _ => return self.add_lossy(encoded),
            }
        }
        let metric = labels.iter().position(|&(name, _)| name == METRIC_NAME);
        self.before = metric.map(|metric| Before { labels: labels.len() - 1, metric });
        add_labels(&mut self.builder, labels)
    }

    /// No server writes names or values that are no text; what can be read of them counts.
    fn add_lossy(&mut self, encoded: &[u8]) -> usize {
        self.before = None;
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let texts: Vec<(String, String)> =
            entries::labels(encoded).map(|(name, value)| (lossy(name), lossy(value))).collect();
        add_labels(&mut self.builder, texts.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect())
    }
}

fn add_labels(builder: &mut TableBuilder, mut labels: Vec<(&str, &str)>) -> usize {
    let at = labels.iter().position(|&(name, _)| name == METRIC_NAME);
    let metric = at.map_or("", |at| labels.remove(at).1);
    builder.row(metric, &labels, 0)
}

#[cfg(test)]
mod tests {
    use super::super::entries::Entries;
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

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, cases: 2000, ..ProptestConfig::default()
        })]
        #[test]
        fn what_repeats_makes_no_other_table(
            sets in proptest::collection::vec((labels(), proptest::bool::weighted(0.8)), 0..12)
        ) {
            let record = record(&sets);
            let mut entries = Entries::default();
            prop_assert!(entries::read(&record, &mut entries).is_ok());
            let (mut rows, mut wanted) = (Rows::default(), Rows::default());
            for (entry, (_, is_new)) in entries.series.iter().zip(&sets) {
                let encoded = &record[entry.labels.clone()];
                let changes = entry.changes.clone().map(|range| &entries.changes[range]);
                if *is_new {
                    prop_assert_eq!(rows.add(encoded, changes), wanted.add(encoded, None));
                } else {
                    rows.skip();
                }
            }
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
