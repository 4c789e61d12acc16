//! What an index says in all: its series, label names and pairs, without a look at any series.

use std::collections::HashMap;

use super::sections::{Problem, ReadAt, Sections};
use super::top::Top;
use super::{Index, postings};
use crate::series::METRIC_NAME;

/// What Prometheus stores beside a label's name and value: a byte of length before each.
const LENGTH_BYTES: u64 = 2;

/// Problems of single lists that are told one by one.
const TOLD: usize = 8;

/// Counts over a whole index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Series.
    pub series: u64,
    /// Distinct label pairs.
    pub unique_pairs: u64,
    /// Bytes of the distinct pairs' names and values.
    pub unique_pair_bytes: u64,
    /// Labels summed over the series, `__name__` included.
    pub label_pairs: u64,
    /// Bytes of the label sets summed over the series: names, values and 2 bytes a label.
    pub label_bytes: u64,
    /// Series by metric: most first, then by name.
    pub metrics: Vec<(String, u64)>,
    /// Label names: most values first, then by name.
    pub labels: Vec<LabelSummary>,
    /// The pairs that most series have, then by name and value.
    pub pairs: Vec<PairCount>,
}

/// Counts of one label name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelSummary {
    /// The name.
    pub name: String,
    /// Distinct values.
    pub values: u64,
    /// Bytes of the distinct values.
    pub value_bytes: u64,
    /// Series that have it.
    pub series: u64,
}

/// A label pair and its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PairCount {
    /// The label's name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Series, or what the list that holds it says.
    pub count: u64,
}

impl Summary {
    /// Reads the postings offset table and the length of every list; `top` pairs are kept, all for
    /// 0. Checked: the table as a whole, of the lists their lengths.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(super) fn read(index: &Index<'_>, top: usize) -> Result<(Self, Vec<Problem>), Problem> {
        let (source, sections): (&dyn ReadAt, &Sections) = (index.source, &index.sections);
        let table = postings::PostingsTable::read(source, sections)?;
        let mut tally = Tally::new(top);
        let mut problems = Vec::new();
        let (mut all, mut bad) = (None, 0);
        for pair in table.pairs() {
            let read = pair.and_then(|pair| {
                let series = postings::series(source, sections, pair.list)?;
                if pair.name.is_empty() && pair.value.is_empty() {
                    all = Some(series);
                } else {
                    tally.add(pair.name, pair.value, series);
                }
                Ok(())
            });
            if let Err(problem) = read {
                bad += 1;
                problems.extend((bad <= TOLD).then_some(problem));
            }
        }
        Ok((tally.finish(all), problems))
    }
}

/// Adds up pairs as they come, in any order; those of one name mostly come together.
pub(super) struct Tally<'a> {
    summary: Summary,
    at: usize,
    index: HashMap<&'a [u8], usize, foldhash::fast::FixedState>,
    names: Vec<&'a [u8]>,
    pairs: Top<(&'a [u8], &'a [u8])>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(top: usize) -> Self {
        Self {
            summary: Summary::default(),
            at: usize::MAX,
            index: HashMap::default(),
            names: Vec::new(),
            pairs: Top::new(top),
        }
    }

    pub(super) fn add(&mut self, name: &'a [u8], value: &'a [u8], series: u64) {
        if self.names.get(self.at).is_none_or(|known| *known != name) {
            self.at = *self.index.entry(name).or_insert_with(|| {
                self.names.push(name);
                self.summary.labels.push(LabelSummary { name: text(name), ..<_>::default() });
                self.names.len() - 1
            });
        }
        let summary = &mut self.summary;
        let bytes = (name.len() + value.len()) as u64;
        summary.unique_pairs += 1;
        summary.unique_pair_bytes += bytes;
        summary.label_pairs += series;
        summary.label_bytes += series * (bytes + LENGTH_BYTES);
        let label = &mut summary.labels[self.at];
        label.values += 1;
        label.value_bytes += value.len() as u64;
        label.series += series;
        if name == METRIC_NAME.as_bytes() {
            summary.metrics.push((text(value), series));
        }
        self.pairs.add(series, (name, value));
    }

    /// The counts, of this many series.
    pub(super) fn finish(self, series: Option<u64>) -> Summary {
        let mut summary = self.summary;
        // Every series has a name: where the list of all is lost, those of the names have them all.
        let named = || summary.metrics.iter().map(|(_, series)| series).sum();
        summary.series = series.unwrap_or_else(named);
        let pair =
            |(count, (name, value))| PairCount { name: text(name), value: text(value), count };
        summary.pairs = self.pairs.finish().into_iter().map(pair).collect();
        summary.metrics.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        summary
            .labels
            .sort_unstable_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
        summary
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
