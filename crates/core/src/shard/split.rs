//! A job too large for a shard: all shards scrape it, and each keeps a part of its series by a hash in
//! the chain over metrics.
//!
//! What is hashed holds a histogram and a summary together: neither `le` nor `quantile`, and of the
//! metric's name at most that of its family. Without the name, what has the same labels stays
//! together, and with it the two sides of a ratio; the name is taken where the labels alone leave
//! the parts too uneven. A label that is missing here counts as empty there, so that each series is
//! on exactly one shard whatever comes.

use std::collections::{BTreeSet, HashMap};

use super::TargetLoad;
use crate::cost::{CostModel, Load, ServerSettings};
use crate::relabel::hash;
use crate::series::{MetricRows, REPORTS, Table, Target, TargetId};

/// The temporary label that holds the name of a series' family.
pub const FAMILY_LABEL: &str = "__tmp_family";

/// The largest part over the mean that is taken for even.
const EVEN: f64 = 1.1;

/// Where no more series than one in so many share a hash, more labels are not tried.
const FINE: u64 = 1000;

/// A job whose series are shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The job.
    pub job: String,
    /// Its targets.
    pub targets: u64,
    /// Live heap of all its series.
    bytes: u64,
    /// Live heap of a server that remembers all its series as dropped.
    dropped: u64,
    /// What can be hashed, the coarsest first.
    keys: Vec<Key>,
}

/// Labels, and how many series have which hash of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    labels: Vec<String>,
    hashes: Vec<(u64, u64)>,
}

impl Key {
    /// The most series that cannot be told apart.
    fn largest(&self) -> u64 {
        self.hashes.iter().map(|(_, series)| *series).max().unwrap_or(0)
    }
}

/// A split among the shards of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSplit {
    /// The job.
    pub job: String,
    /// Its targets, each scraped by every shard.
    pub targets: u64,
    /// What is hashed; [`FAMILY_LABEL`] is made from the metric's name by a step of its own.
    pub source_labels: Vec<String>,
    /// Series of each shard, those that a server adds to each scrape included.
    pub series: Vec<u64>,
    /// Live heap of each shard, with what it remembers of series that it drops.
    pub bytes: Vec<u64>,
    /// Live heap that the dropped series of all shards take together.
    pub dropped_bytes: u64,
}

impl Split {
    /// The split of a job of a stored table; `targets` are its loads. `None` where it stores nothing.
    pub fn of(
        stored: &Table,
        targets: &[TargetLoad],
        job: &str,
        model: &CostModel,
        settings: &ServerSettings,
    ) -> Option<Self> {
        let rows = Rows::of(stored, job);
        let own = targets.iter().filter(|target| target.job == job);
        let dropped = Load {
            dropped_series: rows.count(),
            dropped_bytes: rows.exposed_bytes(),
            ..Load::default()
        };
        let keys = rows.keys();
        (rows.count() > 0).then(|| Self {
            job: job.to_owned(),
            targets: own.clone().count() as u64,
            bytes: own.map(|target| target.bytes).sum(),
            dropped: model.marginal(&dropped, settings).0,
            keys,
        })
    }

    /// Live heap of a shard if the parts were equal.
    pub(super) fn mean_bytes(&self, shards: u64) -> u64 {
        self.bytes.div_ceil(shards) + self.dropped / shards * (shards - 1)
    }

    /// The parts of so many shards, by the first key that makes them even, else the best one.
    pub(super) fn among(&self, shards: u64) -> PlannedSplit {
        let parts = |key: &Key| {
            let mut parts = vec![0; shards as usize];
            for (hash, series) in &key.hashes {
                parts[(hash % shards) as usize] += series;
            }
            parts
        };
        let total = self.keys[0].hashes.iter().map(|(_, series)| series).sum::<u64>();
        let largest = |parts: &[u64]| parts.iter().copied().max().unwrap_or(0);
        let limit = total as f64 / shards as f64 * EVEN;
        let tried = || self.keys.iter().map(|key| (key, parts(key)));
        let even = tried().find(|(_, parts)| largest(parts) as f64 <= limit);
        let best = even.or_else(|| tried().min_by_key(|(_, parts)| largest(parts)));
        let (labels, parts) =
            best.map_or_else(<_>::default, |(key, parts)| (&key.labels[..], parts));
        let share = |whole: u64, part: u64| {
            (u128::from(whole) * u128::from(part) / u128::from(total)) as u64
        };
        let reports = self.targets * REPORTS.len() as u64;
        PlannedSplit {
            job: self.job.clone(),
            targets: self.targets,
            source_labels: labels.to_vec(),
            series: parts.iter().map(|part| part + reports).collect(),
            bytes: parts
                .iter()
                .map(|part| share(self.bytes, *part) + share(self.dropped, total - part))
                .collect(),
            dropped_bytes: self.dropped * (shards - 1),
        }
    }
}

/// The rows of a job's targets.
struct Rows<'t> {
    table: &'t Table,
    targets: Vec<TargetId>,
}

impl<'t> Rows<'t> {
    fn of(table: &'t Table, job: &str) -> Self {
        let own =
            |(at, target): (usize, &Target)| (target.job == job).then_some(TargetId(at as u32));
        Self { table, targets: table.targets.iter().enumerate().filter_map(own).collect() }
    }

    /// Each group with the rows of a target.
    fn runs(&self) -> impl Iterator<Item = (&'t MetricRows, TargetId, std::ops::Range<usize>)> {
        let runs =
            |group: &'t MetricRows| group.run_ranges().map(move |(id, rows)| (group, id, rows));
        let runs = self.table.metrics.iter().flat_map(runs);
        runs.filter(|(_, id, rows)| !rows.is_empty() && self.targets.binary_search(id).is_ok())
    }

    fn count(&self) -> u64 {
        self.runs().map(|(_, _, rows)| rows.len() as u64).sum()
    }

    fn exposed_bytes(&self) -> u64 {
        let mean = |group: &MetricRows| group.exposed_bytes / group.rows.max(1) as u64;
        self.runs().map(|(group, _, rows)| mean(group) * rows.len() as u64).sum()
    }

    /// The labels that leave the smallest part together first, ever more of them, until the parts are
    /// fine; then the same with the family.
    fn keys(&self) -> Vec<Key> {
        let columns = self.runs().flat_map(|(group, _, _)| &group.columns);
        let names: BTreeSet<&str> = columns.map(|column| self.table.name(column.name)).collect();
        let names = names.into_iter().filter(|label| !matches!(*label, "le" | "quantile"));
        let mut labels: Vec<(u64, String)> = names
            .map(|label| self.key(&[label.to_owned()]))
            .filter(|key| key.hashes.len() > 1)
            .map(|mut key| (key.largest(), key.labels.remove(0)))
            .collect();
        labels.sort_unstable();
        let labels: Vec<String> = labels.into_iter().map(|(_, label)| label).collect();
        let mut keys: Vec<Key> = Vec::new();
        for family in [&[][..], &[FAMILY_LABEL.to_owned()]] {
            for count in 1 - family.len()..=labels.len() {
                keys.push(self.key(&[&labels[..count], family].concat()));
                if keys.last().is_some_and(|key| key.largest() * FINE <= self.count()) {
                    return keys;
                }
            }
        }
        keys
    }

    fn key(&self, labels: &[String]) -> Key {
        Key { labels: labels.to_vec(), hashes: self.hashes(labels) }
    }

    /// How many series have each hash of some labels.
    fn hashes(&self, labels: &[String]) -> Vec<(u64, u64)> {
        let mut counted: HashMap<String, u64> = HashMap::new();
        let mut text = String::new();
        for (group, id, rows) in self.runs() {
            let values =
                labels.iter().map(|label| self.value(group, id, label)).collect::<Vec<_>>();
            for row in rows {
                text.clear();
                for (at, value) in values.iter().enumerate() {
                    text.push_str(if at > 0 { ";" } else { "" });
                    text.push_str(value(row));
                }
                match counted.get_mut(&text) {
                    Some(count) => *count += 1,
                    None => drop(counted.insert(text.clone(), 1)),
                }
            }
        }
        counted.into_iter().map(|(text, series)| (hash(&text), series)).collect()
    }

    /// What gives the value of a label in a row of a target.
    fn value(
        &self,
        group: &'t MetricRows,
        id: TargetId,
        label: &str,
    ) -> Box<dyn Fn(usize) -> &'t str + 't> {
        let table = self.table;
        if label == FAMILY_LABEL {
            let family = family(table.metric_name(group));
            return Box::new(move |_| family);
        }
        let own = table.target(id).label(label);
        match table.name_id(label).and_then(|name| group.column(name)) {
            None => Box::new(move |_| own),
            Some(column) => Box::new(move |row| match column.codes[row] {
                0 => own,
                code => table.values(column.name).value(code),
            }),
        }
    }
}

/// The name without the ending of a histogram's or a summary's series, as the regex
/// `(.+?)(?:_bucket|_count|_sum)?` has it.
fn family(name: &str) -> &str {
    let endings = ["_bucket", "_count", "_sum"];
    let stripped = endings.iter().find_map(|ending| name.strip_suffix(ending));
    stripped.filter(|family| !family.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::flow::apply_table;
    use crate::relabel::Program;
    use crate::series::{METRIC_NAME, TableBuilder};
    use crate::server::{NameScheme, Server};
    use crate::shard::plan::tests::config;
    use crate::shard::split_steps;

    type Row = (&'static str, Vec<(&'static str, String)>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let names = vec!["a_bucket", "a_sum", "a_count", "a", "b_total", "_sum", "c_sum_count"];
        let value = prop::option::of(0u8..6);
        let row = (prop::sample::select(names), value.clone(), value.clone(), value);
        let row = row.prop_map(|(name, pod, zone, le)| {
            let labels = [("le", le), ("pod", pod), ("zone", zone)].into_iter();
            let labels = labels.filter_map(|(label, value)| Some((label, value?.to_string())));
            (name, labels.collect())
        });
        prop::collection::vec(row, 1..60)
    }

    fn table(rows: &[Row]) -> Table {
        let mut builder = TableBuilder::default();
        let distinct: BTreeSet<&Row> = rows.iter().collect();
        builder.target(Target { job: "j".to_owned(), labels: Vec::new() });
        for (metric, labels) in distinct {
            let pairs: Vec<_> = labels.iter().map(|(n, v)| (*n, v.as_str())).collect();
            builder.row(metric, &pairs, 10);
        }
        builder.finish()
    }

    /// What a shard keeps of a table.
    fn kept(table: &Table, split: &PlannedSplit, shard: u64) -> Table {
        let steps = split_steps(split, &shard.to_string());
        let steps: Vec<_> = steps
            .iter()
            .map(|step| step.validate(Server::default(), NameScheme::Utf8).unwrap())
            .collect();
        apply_table(&Program::compile(&steps), table).0
    }

    proptest! {
        #![proptest_config(config())]

        /// Every key that could be taken: series are what they were, on the shards that are planned.
        #[test]
        fn each_series_is_on_one_shard_and_families_are_whole(rows in rows(), shards in 2u64..5) {
            let table = table(&rows);
            let (model, _) = CostModel::embedded(&Server::default());
            let load = TargetLoad { job: "j".into(), bytes: 1000, ..TargetLoad::default() };
            let split = Split::of(&table, &[load], "j", &model, &ServerSettings::default()).unwrap();
            for key in &split.keys {
                let split = Split { keys: vec![key.clone()], ..split.clone() };
                let planned = split.among(shards);
                let mut families: BTreeMap<Vec<(String, String)>, u64> = BTreeMap::new();
                let mut all = 0;
                for shard in 0..shards {
                    let part = kept(&table, &planned, shard);
                    let reports = REPORTS.len() as u64;
                    prop_assert_eq!(part.rows() as u64 + reports, planned.series[shard as usize]);
                    all += part.rows();
                    for (group, row) in part.metrics.iter().flat_map(|it| (0..it.rows).map(move |row| (it, row))) {
                        let mut labels = part.row_labels(group, row);
                        prop_assert!(labels.iter().all(|(label, _)| !label.starts_with("__tmp")));
                        labels.retain(|(label, _)| !["le", METRIC_NAME].contains(label));
                        labels.push(("family", family(part.metric_name(group))));
                        let labels = labels.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
                        prop_assert_eq!(*families.entry(labels.collect()).or_insert(shard), shard);
                    }
                }
                prop_assert_eq!(all, table.rows());
            }
        }
    }
}
