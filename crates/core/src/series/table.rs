//! Series in columns: one group a metric name, one column of codes a label.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Dictionary, METRIC_NAME, MetricType, PageNotes, TypeRun};

/// How far on their way the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// As the application shows them.
    Exposed,
    /// With their target's labels merged in.
    Attached,
    /// After the metric chain: as the TSDB has them.
    Stored,
    /// After a write chain: as a remote receives them.
    Written,
}

/// A label name of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

impl NameId {
    /// `__name__`, in every table.
    pub const METRIC: Self = Self(0);

    fn at(self) -> usize {
        self.0 as usize
    }
}

/// A target of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(pub u32);

/// What was scraped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// Its job, under which its chains are looked up; empty when unknown.
    pub job: String,
    /// Its public labels (`job`, `instance`, …), sorted by name; empty when unknown.
    pub labels: Vec<(String, String)>,
}

impl Target {
    /// Whether nothing is known of it: a bare file, whose series have no owner.
    pub fn is_unknown(&self) -> bool {
        self.labels.is_empty()
    }

    /// The value of a label; "" when it has none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// The codes of one label, one a row.
#[derive(Debug, Clone)]
pub struct Column {
    /// Which label.
    pub name: NameId,
    /// Codes in that label's dictionary; 0 where the row has no such label.
    pub codes: Vec<u32>,
}

/// Neighbouring rows that come from one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Their target.
    pub target: TargetId,
    /// How many rows.
    pub rows: usize,
}

/// All rows of one metric name.
#[derive(Debug, Clone)]
pub struct MetricRows {
    /// Code of the name in the dictionary of `__name__`.
    pub metric: u32,
    /// Number of rows; every column has as many codes.
    pub rows: usize,
    /// One a label that any row has.
    pub columns: Vec<Column>,
    /// Which target the rows come from, in order.
    pub runs: Vec<Run>,
    /// Bytes of the series as exposed, summed over the rows; 0 where the source does not say.
    pub exposed_bytes: u64,
    /// What the page says of the rows besides their labels.
    pub notes: PageNotes,
}

impl MetricRows {
    /// The column of a label, if any row has it.
    pub fn column(&self, name: NameId) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of a label, to be changed.
    pub(crate) fn column_mut(&mut self, name: NameId) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    /// The row ranges of the runs, each with its target.
    pub fn run_ranges(&self) -> impl Iterator<Item = (TargetId, std::ops::Range<usize>)> {
        let mut start = 0;
        self.runs.iter().map(move |run| {
            let range = start..start + run.rows;
            start = range.end;
            (run.target, range)
        })
    }
}

/// A metric family's name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The name in the `# TYPE` line.
    pub name: String,
    /// Its type.
    pub kind: MetricType,
}

/// A set of series in columns. Rows may repeat: a census counts distinct ones.
#[derive(Debug, Clone)]
pub struct Table {
    /// How far on their way the rows are.
    pub stage: Stage,
    /// Groups by metric name, in the order the names were first seen.
    pub metrics: Vec<MetricRows>,
    /// Every target, in the order they were given.
    pub targets: Vec<Target>,
    pub(crate) names: Dictionary,
    pub(crate) values: Vec<Arc<Dictionary>>,
    pub(crate) families: BTreeMap<String, MetricType>,
    /// Family names that [`PageNotes`] refer to.
    pub(crate) family_names: Dictionary,
}

impl Table {
    /// A table without rows.
    pub fn empty(stage: Stage) -> Self {
        let mut table = Self {
            stage,
            metrics: Vec::new(),
            targets: Vec::new(),
            names: Dictionary::of(""),
            values: Vec::new(),
            families: BTreeMap::new(),
            family_names: Dictionary::of(""),
        };
        table.intern_name(METRIC_NAME);
        table
    }

    /// The same dictionaries, targets and families at another stage, without rows.
    #[must_use]
    pub fn without_rows(&self, stage: Stage) -> Self {
        Self {
            stage,
            metrics: Vec::new(),
            targets: self.targets.clone(),
            names: self.names.clone(),
            values: self.values.clone(),
            families: self.families.clone(),
            family_names: self.family_names.clone(),
        }
    }

    /// The rows of the targets that `wanted` accepts; targets keep their ids. Bytes as exposed are
    /// shared out by rows.
    #[must_use]
    pub fn select(&self, wanted: &dyn Fn(&Target) -> bool) -> Self {
        self.select_metrics(&|_| true, wanted)
    }

    /// As [`Table::select`], of the metrics that `metric` accepts.
    #[must_use]
    pub fn select_metrics(
        &self,
        metric: &dyn Fn(&MetricRows) -> bool,
        wanted: &dyn Fn(&Target) -> bool,
    ) -> Self {
        let mut table = self.without_rows(self.stage);
        for group in self.metrics.iter().filter(|group| metric(group)) {
            let mut part = MetricRows::new(group.metric);
            for (target, rows) in group.run_ranges() {
                if wanted(self.target(target)) {
                    let columns = group.columns.iter();
                    let columns = columns.map(|c| (c.name, c.codes[rows.clone()].to_vec()));
                    let bytes = group.exposed_bytes * rows.len() as u64 / group.rows.max(1) as u64;
                    part.push_notes(&group.notes.cut(&rows));
                    part.push_block(target, rows.len(), columns.collect(), bytes);
                }
            }
            if part.rows > 0 {
                table.metrics.push(part);
            }
        }
        table
    }

    /// The id of a label name, new or known.
    pub fn intern_name(&mut self, name: &str) -> NameId {
        // Code 0 is the empty name, which no label has: ids start at code 1.
        let code = match name {
            "" => self.names.intern("\0"),
            name => self.names.intern(name),
        };
        if code as usize > self.values.len() {
            self.values.push(Arc::new(Dictionary::of(name)));
        }
        NameId(code - 1)
    }

    /// The id of a label name, if any row may have it.
    pub fn name_id(&self, name: &str) -> Option<NameId> {
        self.names.code(name).filter(|&code| code > 0).map(|code| NameId(code - 1))
    }

    /// The label's name.
    pub fn name(&self, id: NameId) -> &str {
        match self.names.value(id.0 + 1) {
            "\0" => "",
            name => name,
        }
    }

    /// The hash of the label's name; the same in every table.
    pub(crate) fn name_hash(&self, id: NameId) -> u64 {
        self.names.hash(id.0 + 1)
    }

    /// Whether the label has this name.
    pub fn is_name(&self, id: NameId, name: &str) -> bool {
        self.names.is(id.0 + 1, name)
    }

    /// Every label name that rows may have, `__name__` first.
    pub fn name_ids(&self) -> impl Iterator<Item = NameId> + use<> {
        (0..self.values.len() as u32).map(NameId)
    }

    /// The values of a label.
    pub fn values(&self, name: NameId) -> &Dictionary {
        &self.values[name.at()]
    }

    /// Other values for a label, whose columns the caller changes with them.
    pub(super) fn set_values(&mut self, name: NameId, values: Arc<Dictionary>) {
        self.values[name.at()] = values;
    }

    /// The code of a value of a label, new or known.
    pub fn intern_value(&mut self, name: NameId, value: &str) -> u32 {
        match self.values[name.at()].code(value) {
            Some(code) => code,
            None => Arc::make_mut(&mut self.values[name.at()]).intern(value),
        }
    }

    /// The name of a group's metric.
    pub fn metric_name(&self, group: &MetricRows) -> &str {
        self.values(NameId::METRIC).value(group.metric)
    }

    /// The target of an id.
    ///
    /// # Panics
    /// When the id comes from another table.
    pub fn target(&self, id: TargetId) -> &Target {
        &self.targets[id.0 as usize]
    }

    /// Number of rows over all metrics, duplicates included.
    pub fn rows(&self) -> usize {
        self.metrics.iter().map(|group| group.rows).sum()
    }

    /// Bytes that a census of the table needs: dictionaries, columns as they came and once more
    /// with target labels, hashes and sets. It goes by what the table holds, not by how it came to
    /// be or where, and more rows never need fewer.
    pub fn census_bytes(&self) -> u64 {
        // Two codes a cell; hash, set slots, notes and place among the distinct a row.
        const CELL: u64 = 8;
        const ROW: u64 = 48;
        let values: u64 = self.values.iter().map(|values| values.text_bytes()).sum();
        let rows =
            |group: &MetricRows| group.rows as u64 * (ROW + CELL * group.columns.len() as u64);
        values + self.metrics.iter().map(rows).sum::<u64>()
    }

    /// A row's labels as text, sorted by name, `__name__` included.
    pub fn row_labels(&self, group: &MetricRows, row: usize) -> Vec<(&str, &str)> {
        let mut labels: Vec<(&str, &str)> = group
            .columns
            .iter()
            .filter(|column| column.codes[row] != 0)
            .map(|column| {
                (self.name(column.name), self.values(column.name).value(column.codes[row]))
            })
            .collect();
        labels.push((METRIC_NAME, self.metric_name(group)));
        labels.sort_unstable();
        labels
    }

    /// The hash of every row of a group over its labels, the metric's name and targets excluded:
    /// the wrapping sum of its pairs' hashes, so that taking a label away is one subtraction.
    pub fn row_hashes(&self, group: &MetricRows) -> Vec<u64> {
        let mut hashes = vec![0u64; group.rows];
        for column in &group.columns {
            let values = self.values(column.name);
            for (hash, &code) in hashes.iter_mut().zip(&column.codes) {
                *hash = hash.wrapping_add(values.hash(code));
            }
        }
        hashes
    }

    /// The family whose `# TYPE` line stands above the rows of a run; "" where none does.
    pub fn family_name(&self, run: TypeRun) -> &str {
        self.family_names.value(run.family)
    }

    /// The families that were announced, by name.
    pub fn families(&self) -> impl Iterator<Item = Family> + '_ {
        self.families.iter().map(|(name, &kind)| Family { name: name.clone(), kind })
    }

    /// The type of the family that a metric belongs to: its own, or that of the family whose
    /// suffix it carries (`x_bucket` of histogram `x`).
    pub fn metric_type(&self, metric: &str) -> MetricType {
        if let Some(&kind) = self.families.get(metric) {
            return kind;
        }
        self.family_of(metric).map_or(MetricType::Unknown, |(_, kind)| kind)
    }

    /// The family that a metric belongs to by its suffix, where that family's type has such a
    /// suffix.
    pub fn family_of<'a>(&self, metric: &'a str) -> Option<(&'a str, MetricType)> {
        use MetricType::{Counter, GaugeHistogram, Histogram, Info, Summary};
        const SUFFIXES: [(&str, &[MetricType]); 8] = [
            ("_bucket", &[Histogram, GaugeHistogram]),
            ("_sum", &[Histogram, Summary]),
            ("_count", &[Histogram, Summary]),
            ("_gsum", &[GaugeHistogram]),
            ("_gcount", &[GaugeHistogram]),
            ("_total", &[Counter]),
            ("_created", &[Counter, Histogram, Summary]),
            ("_info", &[Info]),
        ];
        SUFFIXES.iter().find_map(|(suffix, kinds)| {
            let family = metric.strip_suffix(suffix)?;
            let kind = *self.families.get(family)?;
            kinds.contains(&kind).then_some((family, kind))
        })
    }

    /// Remembers a family's type; the first word counts.
    pub fn set_family(&mut self, name: &str, kind: MetricType) {
        if !self.families.contains_key(name) {
            self.families.insert(name.to_owned(), kind);
        }
    }
}
