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
        if changes.iter().any(|change| text(change).is_none()) {
            return None;
        }
        Some(self.builder.repeat_row(before.labels, changes.iter().filter_map(text)))
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
