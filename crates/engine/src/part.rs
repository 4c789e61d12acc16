//! What travels between machines: the series of one metric, the values of one label or the targets
//! of one job, as a table that others of its kind merge with.

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::census::{Census, CensusOptions, MetricCensus};
use promsieve_core::saved::{self, Saved};
use promsieve_core::series::{
    Column, MetricRows, MetricType, NameId, PageNotes, Run, Stage, Table, Target, TargetId,
};
use promsieve_core::sketch::DistinctSet;
use promsieve_core::watch::Unwatched;

/// Samples and duplicates before the table.
const HEAD: usize = 16;

/// Rows that may come in before a table is looked through for repeated series.
const SLACK: usize = 1 << 16;

/// A part of a census that can be merged with others and sent.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Of a metric its distinct series; of a label its values without rows; of a job its targets.
    pub(crate) table: Table,
    /// Samples that the series stand for.
    pub(crate) samples: u64,
    /// Samples that repeat a series of the same scrape.
    pub(crate) duplicates: u64,
    /// Rows at the last look for repeated series.
    seen: usize,
}

impl Part {
    /// A part of these rows, all of them distinct series.
    pub(crate) fn new(table: Table, samples: u64, duplicates: u64) -> Self {
        let seen = table.rows();
        Self { table, samples, duplicates, seen }
    }

    /// As bytes that [`Part::decode`] reads.
    pub(crate) fn encode(&mut self) -> Vec<u8> {
        self.compact();
        let mut bytes = self.samples.to_le_bytes().to_vec();
        bytes.extend(self.duplicates.to_le_bytes());
        bytes.extend(saved::to_bytes_unsorted(&self.table));
        bytes
    }

    /// The part that [`Part::encode`] wrote.
    ///
    /// # Errors
    /// When the bytes are of something else.
    pub(crate) fn decode(bytes: &[u8]) -> anyhow::Result<Self> {
        let head = bytes.split_at_checked(HEAD);
        let (head, rest) = head.ok_or_else(|| anyhow::anyhow!("a part of a census is cut off"))?;
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("8 bytes"));
        match saved::read(rest)? {
            Saved::Exact(table) => Ok(Self::new(table, number(0), number(8))),
            Saved::Sketched(_) => anyhow::bail!("a part of a census holds no series"),
        }
    }

    /// Adds another part of the same metric, label or job.
    ///
    /// # Errors
    /// When their series are at different stages of their way.
    pub(crate) fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.table.stage == other.table.stage,
            "scrapes and stored series are not of one stage: count them one by one"
        );
        self.table.merge(&other.table);
        self.samples += other.samples;
        self.duplicates += other.duplicates;
        if self.table.rows() > 2 * self.seen.max(SLACK) {
            self.compact();
        }
        Ok(())
    }

    /// The counts of the metric whose series these are; none where there are no series.
    pub(crate) fn metric(&mut self) -> Option<MetricCensus> {
        self.compact();
        let metrics = Census::of(&self.table, CensusOptions::default(), &Unwatched).metrics;
        let mut metric = metrics.into_iter().next()?;
        metric.samples = self.samples;
        metric.duplicates = Some(self.duplicates);
        Some(metric)
    }

    /// How many values the label has, and the bytes of them. It is the last that the table names.
    pub(crate) fn values(&self) -> (u64, u64) {
        let name = self.table.name_ids().last().unwrap_or(NameId::METRIC);
        let values = self.table.values(name).values();
        values.fold((0, 0), |(count, bytes), value| (count + 1, bytes + value.len() as u64))
    }

    /// How many targets there are.
    pub(crate) fn targets(&self) -> u64 {
        let targets = self.table.targets.iter().filter(|target| !target.is_unknown());
        targets.map(|target| (&target.job, &target.labels)).collect::<BTreeSet<_>>().len() as u64
    }

    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.table.census_bytes() as usize + size_of::<Self>()
    }

    /// Leaves each series once, all of one nameless target.
    fn compact(&mut self) {
        let mut rows = Vec::new();
        for at in 0..self.table.metrics.len() {
            let group = &self.table.metrics[at];
            DistinctSet::default().find_first(&self.table.row_hashes(group), &mut rows);
            let group = &mut self.table.metrics[at];
            if rows.len() < group.rows {
                for column in &mut group.columns {
                    column.codes = rows.iter().map(|&row| column.codes[row as usize]).collect();
                }
                group.rows = rows.len();
            }
            group.notes = PageNotes::default();
            group.runs = vec![Run { target: TargetId(0), rows: group.rows }];
            self.table.targets = vec![Target::default()];
        }
        self.seen = self.table.rows();
    }
}

/// Cuts a table into its metrics, labels and jobs.
pub(crate) struct Cutter<'a> {
    table: &'a Table,
    families: BTreeMap<String, MetricType>,
    /// By label and code what the code is in the part that is being cut; 0 where it has none yet.
    codes: Vec<Vec<u32>>,
    /// By label which codes some row has.
    used: Vec<Vec<bool>>,
    set: DistinctSet,
}

impl<'a> Cutter<'a> {
    /// Cuts this table.
    pub(crate) fn new(table: &'a Table) -> Self {
        let lengths: Vec<usize> = table.name_ids().map(|name| table.values(name).len()).collect();
        Self {
            table,
            families: table.families().map(|family| (family.name, family.kind)).collect(),
            codes: lengths.iter().map(|&length| vec![0; length]).collect(),
            used: lengths.iter().map(|&length| vec![false; length]).collect(),
            set: DistinctSet::default(),
        }
    }

    /// The distinct series of a metric.
    pub(crate) fn metric(&mut self, group: &MetricRows) -> Part {
        let hashes = self.table.row_hashes(group);
        let mut rows = Vec::new();
        self.set.find_first(&hashes, &mut rows);
        let mut duplicates = 0;
        if rows.len() < group.rows {
            for (_, range) in group.run_ranges() {
                duplicates += range.len() - self.set.count(hashes[range].iter().copied());
            }
        }
        let mut table = self.of_metric(group);
        let mut picked = MetricRows::new(table.metrics[0].metric);
        picked.rows = rows.len();
        picked.exposed_bytes = group.exposed_bytes;
        picked.runs = vec![Run { target: TargetId(0), rows: rows.len() }];
        for column in &group.columns {
            picked.columns.push(self.column(&mut table, column, &rows));
        }
        table.metrics = vec![picked];
        Part::new(table, group.rows as u64, duplicates as u64)
    }

    /// A table with the metric's name, and the families that tell its type.
    fn of_metric(&mut self, group: &MetricRows) -> Table {
        let name = self.table.metric_name(group);
        self.used[0][group.metric as usize] = true;
        let mut table = Table::empty(self.table.stage);
        table.targets.push(Target::default());
        let family = name.rsplit_once('_').map(|(family, _)| family);
        for family in [Some(name), family].into_iter().flatten() {
            if let Some(&kind) = self.families.get(family) {
                table.set_family(family, kind);
            }
        }
        let code = table.intern_value(NameId::METRIC, name);
        table.metrics.push(MetricRows::new(code));
        table
    }

    /// The picked rows of a column, in the codes of `table`.
    fn column(&mut self, table: &mut Table, column: &Column, rows: &[u32]) -> Column {
        let values = self.table.values(column.name);
        let name = table.intern_name(self.table.name(column.name));
        let codes = &mut self.codes[column.name.0 as usize];
        let used = &mut self.used[column.name.0 as usize];
        let mut touched = Vec::new();
        let mut cell = |&row: &u32| {
            let code = column.codes[row as usize];
            let new = &mut codes[code as usize];
            if *new == 0 && code != 0 {
                *new = table.intern_value(name, values.value(code));
                touched.push(code);
                used[code as usize] = true;
            }
            *new
        };
        let cut = rows.iter().map(&mut cell).collect();
        for code in touched {
            codes[code as usize] = 0;
        }
        Column { name, codes: cut }
    }

    /// The values of each label that the metrics cut so far have.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (String, Part)> + '_ {
        self.table.name_ids().filter_map(|id| {
            let name = self.table.name(id);
            let mut table = Table::empty(self.table.stage);
            let own = table.intern_name(name);
            let used = self.used[id.0 as usize].iter().zip(0..).filter(|(used, _)| **used);
            for (_, code) in used {
                table.intern_value(own, self.table.values(id).value(code));
            }
            let part = Part::new(table, 0, 0);
            (part.values().0 > 0).then(|| (name.to_owned(), part))
        })
    }

    /// The targets of each job.
    pub(crate) fn jobs(&self) -> Vec<(String, Part)> {
        let mut targets: Vec<&Target> = self.table.targets.iter().collect();
        targets.retain(|target| !target.is_unknown());
        targets.sort_by(|a, b| (&a.job, &a.labels).cmp(&(&b.job, &b.labels)));
        targets.dedup();
        let of_job = |targets: &[&Target]| {
            let mut table = Table::empty(Stage::Attached);
            table.targets = targets.iter().map(|&target| target.clone()).collect();
            (targets[0].job.clone(), Part::new(table, 0, 0))
        };
        targets.chunk_by(|a, b| a.job == b.job).map(of_job).collect()
    }
}
