//! What a table shows of every giver's selectors, job by job: rows, matching rows, labels.

use std::collections::BTreeMap;

use super::giver::{Part, givers};
use crate::series::{MetricRows, NameId, Table};

/// A selector of a giver in a job: indexes of the giver and its part, and the job's name.
pub(super) type Key = (usize, usize, String);

/// What a job's series show of a selector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Series of the metric.
    pub(super) rows: u64,
    /// Those that the selector takes.
    pub(super) matching: u64,
    /// Of all series, those that have each label of the part.
    pub(super) having: Vec<u64>,
    /// Of the matching ones, those that have each label of the part.
    pub(super) matching_having: Vec<u64>,
    /// Whether a matching one is the bucket without an upper bound.
    pub(super) infinite: bool,
}

/// What a table shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    counts: BTreeMap<Key, Count>,
}

impl Seen {
    /// Counts every selector of every giver.
    pub(super) fn of(table: &Table) -> Self {
        let mut by_metric: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (giver_at, giver) in givers().iter().enumerate() {
            for (part_at, part) in giver.parts.iter().enumerate() {
                by_metric.entry(&part.metric).or_default().push((giver_at, part_at));
            }
        }
        let mut counts = BTreeMap::new();
        for group in &table.metrics {
            for &(giver, at) in by_metric.get(table.metric_name(group)).into_iter().flatten() {
                let part = &givers()[giver].parts[at];
                for (job, count) in count(table, group, part) {
                    counts.insert((giver, at, job), count);
                }
            }
        }
        Self { counts }
    }

    /// What it shows of a selector in a job.
    pub(super) fn get(&self, key: &Key) -> Option<&Count> {
        self.counts.get(key)
    }

    /// Whether a job has more of a giver's labels than of another spelling of it, or as many: of two
    /// spellings only the one that the job uses is a way to the cell.
    pub(super) fn is_spelt(&self, giver: usize, job: &str) -> bool {
        let own = &givers()[giver];
        let others = givers().iter().enumerate().filter(|(_, other)| other.is_spelling_of(own));
        let lacking = self.lacking(giver, job);
        others.map(|(at, _)| self.lacking(at, job)).all(|other| lacking <= other)
    }

    /// How many labels of a giver's selectors no series of the job has.
    fn lacking(&self, giver: usize, job: &str) -> usize {
        let parts = 0..givers()[giver].parts.len();
        let counts = parts.filter_map(|part| self.get(&(giver, part, job.to_owned())));
        counts.flat_map(|count| &count.having).filter(|having| **having == 0).count()
    }

    /// Everything, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Count)> {
        self.counts.iter()
    }
}

/// A label of a part in a group: its codes, and which of them the part selects.
struct Asked<'t> {
    codes: Option<&'t [u32]>,
    selected: Vec<bool>,
    infinite: Option<u32>,
}

impl<'t> Asked<'t> {
    fn of(table: &'t Table, group: &'t MetricRows, part: &Part, label: &str) -> Self {
        let id: Option<NameId> = table.name_id(label);
        let column = id.and_then(|id| group.column(id));
        let selected = match (id, column) {
            (Some(id), Some(_)) => {
                let values = table.values(id);
                let code = |code| part.selects(label, values.value(code));
                (0..values.len() as u32).map(code).collect()
            }
            _ => vec![part.selects(label, "")],
        };
        let infinite = id.filter(|_| label == "le").and_then(|id| table.values(id).code("+Inf"));
        Self { codes: column.map(|column| column.codes.as_slice()), selected, infinite }
    }

    fn code(&self, row: usize) -> u32 {
        self.codes.map_or(0, |codes| codes[row])
    }
}

/// What the rows of a metric show of a part, by job.
fn count(table: &Table, group: &MetricRows, part: &Part) -> BTreeMap<String, Count> {
    let labels: Vec<Asked<'_>> =
        part.labels.iter().map(|label| Asked::of(table, group, part, label)).collect();
    let mut jobs: BTreeMap<String, Count> = BTreeMap::new();
    for (target, rows) in group.run_ranges() {
        let count = jobs.entry(table.target(target).job.clone()).or_default();
        count.having.resize(labels.len(), 0);
        count.matching_having.resize(labels.len(), 0);
        for row in rows {
            let matching = labels.iter().all(|label| label.selected[label.code(row) as usize]);
            count.rows += 1;
            count.matching += u64::from(matching);
            for (at, label) in labels.iter().enumerate() {
                let code = label.code(row);
                count.having[at] += u64::from(code != 0);
                count.matching_having[at] += u64::from(matching && code != 0);
                count.infinite |= matching && code != 0 && label.infinite == Some(code);
            }
        }
    }
    jobs
}
