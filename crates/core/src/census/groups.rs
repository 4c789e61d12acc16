//! The same counts by whom the series come from or what they watch: job, target, namespace, layer,
//! family, or any label.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::AddAssign;
use std::str::FromStr;

use rayon::prelude::*;

use super::LENGTH_BYTES;
use crate::packs::{Layer, layer_of};
use crate::series::{Column, METRIC_NAME, MetricRows, NameId, Table};
use crate::sketch::DistinctSet;
use crate::watch::Watch;

/// What series are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// Label `job`.
    Job,
    /// Labels `job` and `instance`.
    Target,
    /// The first of [`NAMESPACES`] that the metric has.
    Namespace,
    /// Application, network or OS, by the metric's name.
    Layer,
    /// The metric family: a histogram's or summary's series are of one.
    Family,
    /// The label of this name.
    Label(String),
}

/// Labels that name a namespace, the most usual first.
pub const NAMESPACES: [&str; 4] =
    ["namespace", "kubernetes_namespace", "k8s_namespace_name", "exported_namespace"];

/// Series that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupCensus {
    /// What: a value for each of [`Dimension::parts`], "" where series have none.
    pub key: Vec<String>,
    /// Distinct series.
    pub series: u64,
    /// Samples read.
    pub samples: u64,
    /// Labels summed over the series, `__name__` included.
    pub label_pairs: u64,
    /// Bytes of the label sets summed over the series: names, values and 2 bytes a label.
    pub label_bytes: u64,
    /// Bytes of the series as exposed: of each metric its samples' share.
    pub exposed_bytes: u64,
}

impl AddAssign<&Self> for GroupCensus {
    /// Adds the counts; the key stays.
    fn add_assign(&mut self, other: &Self) {
        self.series += other.series;
        self.samples += other.samples;
        self.label_pairs += other.label_pairs;
        self.label_bytes += other.label_bytes;
        self.exposed_bytes += other.exposed_bytes;
    }
}

impl Dimension {
    /// The names of what a key consists of.
    pub fn parts(&self) -> Vec<&str> {
        match self {
            Self::Job => vec!["job"],
            Self::Target => vec!["job", "instance"],
            Self::Namespace => vec!["namespace"],
            Self::Layer => vec!["layer"],
            Self::Family => vec!["family"],
            Self::Label(name) => vec![name],
        }
    }

    /// The word that the dimension is asked for with.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Target => "target",
            other => other.parts()[0],
        }
    }

    /// The labels of a metric whose values are the key; none where its name decides.
    fn labels<'a>(&'a self, table: &Table, group: &MetricRows) -> Vec<&'a str> {
        let has = |name: &&&str| table.name_id(name).is_some_and(|id| group.column(id).is_some());
        match self {
            Self::Namespace => vec![NAMESPACES.iter().find(has).unwrap_or(&NAMESPACES[0])],
            Self::Layer | Self::Family => Vec::new(),
            Self::Job | Self::Target | Self::Label(_) => self.parts(),
        }
    }
}

impl FromStr for Dimension {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        Ok(match word {
            "job" => Self::Job,
            "target" => Self::Target,
            "namespace" => Self::Namespace,
            "layer" => Self::Layer,
            "family" => Self::Family,
            name => Self::Label(name.to_owned()),
        })
    }
}

/// Counts a table's series by a dimension: most series first, then by key. Progress is told in
/// metrics.
pub fn by(table: &Table, dimension: &Dimension, watch: &dyn Watch) -> Vec<GroupCensus> {
    let mut all: BTreeMap<Vec<String>, GroupCensus> = BTreeMap::new();
    for part in by_metric(table, dimension, watch).into_iter().flat_map(|(_, groups)| groups) {
        *all.entry(part.key.clone()).or_default() += &part;
    }
    let mut all: Vec<GroupCensus> =
        all.into_iter().map(|(key, group)| GroupCensus { key, ..group }).collect();
    all.sort_by_key(|group| std::cmp::Reverse(group.series));
    all
}

/// Counts each metric's series by a dimension: metrics in the order of the table, the groups of one
/// in that of its values. Progress is told in metrics.
pub fn by_metric<'t>(
    table: &'t Table,
    dimension: &Dimension,
    watch: &dyn Watch,
) -> Vec<(&'t str, Vec<GroupCensus>)> {
    let groups: Vec<&MetricRows> = table.metrics.iter().filter(|group| group.rows > 0).collect();
    let total = groups.len() as u64;
    groups
        .into_par_iter()
        .enumerate()
        .filter(|_| !watch.cancelled())
        .map(|(at, group)| {
            let groups = of_metric(table, group, dimension);
            watch.progress(at as u64 + 1, total);
            (table.metric_name(group), groups)
        })
        .collect()
}

/// Counts one metric's series by a dimension.
pub(crate) fn of_metric(
    table: &Table,
    group: &MetricRows,
    dimension: &Dimension,
) -> Vec<GroupCensus> {
    let labels = dimension.labels(table, group);
    let column = |name: &&str| table.name_id(name).and_then(|id| group.column(id));
    let columns: Vec<Option<&Column>> = labels.iter().map(column).collect();
    let key = |row: usize| -> Vec<u32> {
        columns.iter().map(|column| column.map_or(0, |column| column.codes[row])).collect()
    };
    let sizes = row_sizes(table, group);
    let mut distinct = Vec::new();
    DistinctSet::default().find_first(&table.row_hashes(group), &mut distinct);
    let mut distinct = distinct.into_iter().map(|row| row as usize).peekable();
    let mut totals: BTreeMap<Vec<u32>, GroupCensus> = BTreeMap::new();
    // Neighbouring rows nearly always belong together: one look-up a stretch.
    let rows: Vec<usize> = (0..group.rows).collect();
    let is_same =
        |a: &usize, b: &usize| columns.iter().flatten().all(|c| c.codes[*a] == c.codes[*b]);
    for stretch in rows.chunk_by(is_same) {
        let totals = totals.entry(key(stretch[0])).or_default();
        totals.samples += stretch.len() as u64;
        while let Some(row) = distinct.next_if(|row| *row <= stretch[stretch.len() - 1]) {
            totals.series += 1;
            totals.label_pairs += sizes[row].0;
            totals.label_bytes += sizes[row].1;
        }
    }
    let text = |codes: &[u32]| key_text(table, group, dimension, &columns, codes);
    let exposed = |samples: u64| group.exposed_bytes * samples / group.rows as u64;
    let finish = |(codes, totals): (Vec<u32>, GroupCensus)| GroupCensus {
        key: text(&codes),
        exposed_bytes: exposed(totals.samples),
        ..totals
    };
    totals.into_iter().map(finish).collect()
}

/// A key in words, from the codes of its labels or from the metric's name.
fn key_text(
    table: &Table,
    group: &MetricRows,
    dimension: &Dimension,
    columns: &[Option<&Column>],
    codes: &[u32],
) -> Vec<String> {
    let metric = table.metric_name(group);
    let value = |(column, &code): (Option<&Column>, &u32)| {
        column.map_or("", |column| table.values(column.name).value(code)).to_owned()
    };
    match dimension {
        Dimension::Layer => vec![layer_of(metric).map_or("", Layer::as_str).to_owned()],
        Dimension::Family => vec![family_name(table, metric).to_owned()],
        _ => columns.iter().copied().zip(codes).map(value).collect(),
    }
}

/// Labels of each row, and bytes of its label set.
pub(crate) fn row_sizes(table: &Table, group: &MetricRows) -> Vec<(u64, u64)> {
    let own = (METRIC_NAME.len() + table.metric_name(group).len()) as u64 + LENGTH_BYTES;
    let mut sizes = vec![(1, own); group.rows];
    for column in &group.columns {
        let values = table.values(column.name);
        let pair = table.name(column.name).len() as u64 + LENGTH_BYTES;
        for (size, &code) in sizes.iter_mut().zip(&column.codes).filter(|(_, code)| **code != 0) {
            size.0 += 1;
            size.1 += pair + values.value_bytes(code) as u64;
        }
    }
    sizes
}

/// The family of a metric: as announced, or as the suffixes of a histogram tell where nothing was.
fn family_name<'a>(table: &Table, metric: &'a str) -> &'a str {
    if let Some((family, _)) = table.family_of(metric) {
        return family;
    }
    let is_announced = table.families.contains_key(metric);
    let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| metric.strip_suffix(end));
    let has_buckets = |stem: &&str| {
        let code = table.values(NameId::METRIC).code(&format!("{stem}_bucket"));
        code.is_some_and(|code| table.metrics.iter().any(|group| group.metric == code))
    };
    stem.filter(|_| !is_announced).filter(has_buckets).unwrap_or(metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::TableBuilder;
    use crate::watch::Unwatched;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Row = (String, BTreeMap<String, String>);

    fn table(rows: &[Row]) -> Table {
        let mut builder = TableBuilder::default();
        for (metric, labels) in rows {
            let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            builder.row(metric, &pairs, 0);
        }
        builder.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn groups_are_those_of_a_naive_counter(
            rows in proptest::collection::vec(
                ("node_a|jvm_b|c", proptest::collection::btree_map("job|instance|a", "[x-z]{1,2}", 0..4)),
                0..40,
            ),
            word in "job|target|layer|family|a|absent",
        ) {
            let Ok(dimension) = word.parse::<Dimension>();
            let key = |(metric, labels): &Row| -> Vec<String> {
                match &dimension {
                    Dimension::Layer => vec![layer_of(metric).map_or("", |l| l.as_str()).to_owned()],
                    Dimension::Family => vec![metric.clone()],
                    other => other.parts().iter().map(|name| labels.get(*name).cloned().unwrap_or_default()).collect(),
                }
            };
            let distinct: BTreeSet<&Row> = rows.iter().collect();
            let bytes = |(metric, labels): &Row| -> usize {
                let labels = labels.iter().map(|(name, value)| name.len() + value.len() + 2);
                labels.sum::<usize>() + "__name__".len() + metric.len() + 2
            };
            let mut wanted: Vec<GroupCensus> = rows.iter().map(key).collect::<BTreeSet<_>>().into_iter().map(|wanted| {
                let of: Vec<&&Row> = distinct.iter().filter(|row| key(row) == wanted).collect();
                GroupCensus {
                    series: of.len() as u64,
                    samples: rows.iter().filter(|row| key(row) == wanted).count() as u64,
                    label_pairs: of.iter().map(|(_, labels)| labels.len() as u64 + 1).sum(),
                    label_bytes: of.iter().map(|row| bytes(row) as u64).sum(),
                    exposed_bytes: 0,
                    key: wanted,
                }
            }).collect();
            wanted.sort_by_key(|group| std::cmp::Reverse(group.series));
            prop_assert_eq!(by(&table(&rows), &dimension, &Unwatched), wanted);
        }
    }

    #[track_caller]
    fn check(word: &str, rows: &[(&str, &str, &str)], wanted: &str) {
        let row = |&(metric, name, value): &(&str, &str, &str)| -> Row {
            (metric.to_owned(), [(name.to_owned(), value.to_owned())].into())
        };
        let table = table(&rows.iter().map(row).collect::<Vec<_>>());
        let Ok(dimension) = word.parse::<Dimension>();
        let text = |group: GroupCensus| format!("{} {}", group.key.join("/"), group.series);
        let groups = by(&table, &dimension, &Unwatched).into_iter().map(text);
        assert_eq!(groups.collect::<Vec<_>>().join(", "), wanted);
    }

    #[test]
    fn a_namespace_has_several_names() {
        let rows = [("a", "namespace", "x"), ("b", "kubernetes_namespace", "x"), ("c", "d", "e")];
        check("namespace", &rows, "x 2,  1");
    }

    #[test]
    fn the_series_of_a_histogram_are_one_family() {
        let rows = [("h_bucket", "le", "1"), ("h_sum", "a", "b"), ("h_count", "a", "b")];
        check("family", &rows, "h 3");
        check("family", &[("s_sum", "a", "b"), ("s_count", "a", "b")], "s_count 1, s_sum 1");
    }
}
