//! Which series of one metric came and went between snapshots, and which label's new values make
//! them new.

use std::collections::BTreeMap;

use crate::series::{METRIC_NAME, MetricRows, NameId, Table};

/// Series of one metric that came or went from one snapshot to the next.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// Rows of the later snapshot that the earlier one does not have.
    pub(crate) came: Vec<u32>,
    /// Rows of the earlier snapshot that the later one does not have.
    pub(crate) went: Vec<u32>,
}

/// A metric's series over all snapshots.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// Distinct series of each snapshot.
    pub(super) series: Vec<u64>,
    /// One fewer than snapshots.
    pub(crate) steps: Vec<Step>,
    /// Distinct series of all snapshots.
    pub(super) seen: u64,
    /// Series with a value in two snapshots or more.
    pub(super) compared: u64,
    /// Of these, the ones whose value was always the same.
    pub(super) unchanged: u64,
}

/// New series that a label explains: those with a value of it that the metric did not have before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// The label's name; `__name__` where the whole metric is new.
    pub label: String,
    /// Series that came with a new value of it.
    pub new_series: u64,
    /// How many new values.
    pub new_values: u64,
}

/// A row of a snapshot.
#[derive(Clone, Copy)]
struct Row {
    hash: u64,
    snapshot: u32,
    at: u32,
}

/// Joins a metric's rows over snapshots by their hashes, which every table computes alike.
/// `groups` has the metric's rows in each snapshot, if it has any there.
pub(crate) fn join(tables: &[&Table], groups: &[Option<&MetricRows>]) -> Joined {
    let mut rows: Vec<Row> = Vec::new();
    for (snapshot, (table, group)) in tables.iter().zip(groups).enumerate() {
        let Some(group) = group else { continue };
        let hashes = table.row_hashes(group).into_iter().zip(0..);
        rows.extend(hashes.map(|(hash, at)| Row { hash, snapshot: snapshot as u32, at }));
    }
    rows.sort_unstable_by_key(|row| (row.hash, row.snapshot, row.at));
    rows.dedup_by_key(|row| (row.hash, row.snapshot));
    let mut joined = Joined {
        series: vec![0; tables.len()],
        steps: (1..tables.len()).map(|_| Step::default()).collect(),
        ..Joined::default()
    };
    for series in rows.chunk_by(|a, b| a.hash == b.hash) {
        joined.seen += 1;
        joined.add(series, groups);
    }
    for step in &mut joined.steps {
        step.came.sort_unstable();
        step.went.sort_unstable();
    }
    joined
}

impl Joined {
    /// One step alone.
    pub(crate) fn of_step(step: Step) -> Self {
        Self { steps: vec![step], ..Self::default() }
    }

    /// Adds a series: its row in each snapshot that has it.
    fn add(&mut self, rows: &[Row], groups: &[Option<&MetricRows>]) {
        let last = self.series.len() as u32 - 1;
        for (at, row) in rows.iter().enumerate() {
            self.series[row.snapshot as usize] += 1;
            let before = at.checked_sub(1).map(|before| rows[before].snapshot + 1);
            if row.snapshot > 0 && before != Some(row.snapshot) {
                self.steps[row.snapshot as usize - 1].came.push(row.at);
            }
            let after = rows.get(at + 1).map(|after| after.snapshot);
            if row.snapshot < last && after != Some(row.snapshot + 1) {
                self.steps[row.snapshot as usize].went.push(row.at);
            }
        }
        let value = |row: &Row| groups[row.snapshot as usize]?.notes.value(row.at as usize);
        let mut values = rows.iter().filter_map(value).map(f64::to_bits);
        if let (Some(first), Some(second)) = (values.next(), values.next()) {
            self.compared += 1;
            self.unchanged += u64::from(first == second && values.all(|value| value == first));
        }
    }

    pub(super) fn came(&self) -> u64 {
        self.steps.iter().map(|step| step.came.len() as u64).sum()
    }

    pub(super) fn went(&self) -> u64 {
        self.steps.iter().map(|step| step.went.len() as u64).sum()
    }

    /// The labels that explain new series, the one that explains most first. Of those that explain
    /// as many the one with the fewest new values comes first: a new version explains its pods, not
    /// they it.
    pub(crate) fn drivers(&self, tables: &[&Table], groups: &[Option<&MetricRows>]) -> Vec<Driver> {
        let mut drivers: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| !step.came.is_empty()) {
            let (Some(later), table) = (groups[at + 1], tables[at + 1]) else { continue };
            let Some(earlier) = groups[at] else {
                let (series, values) = drivers.entry(METRIC_NAME).or_default();
                (*series, *values) = (*series + step.came.len() as u64, *values + 1);
                continue;
            };
            for column in &later.columns {
                let codes = step.came.iter().map(|&row| column.codes[row as usize]);
                let (series, values) = new_values(table, column.name, codes, (tables[at], earlier));
                let sums = drivers.entry(table.name(column.name)).or_default();
                *sums = (sums.0 + series, sums.1 + values);
            }
        }
        let driver = |(label, (new_series, new_values)): (&str, (u64, u64))| Driver {
            label: label.to_owned(),
            new_series,
            new_values,
        };
        let mut drivers: Vec<Driver> =
            drivers.into_iter().map(driver).filter(|driver| driver.new_series > 0).collect();
        drivers.sort_by_key(|driver| (std::cmp::Reverse(driver.new_series), driver.new_values));
        drivers
    }
}

/// How many series have a value that the earlier rows do not have, and how many such values there
/// are. An absent label is no value.
fn new_values(
    table: &Table,
    name: NameId,
    codes: impl Iterator<Item = u32>,
    (earlier_table, earlier): (&Table, &MetricRows),
) -> (u64, u64) {
    #[derive(Clone, Copy, PartialEq)]
    enum Is {
        Unknown,
        Old,
        New,
    }
    let earlier_name = earlier_table.name_id(table.name(name));
    let earlier = earlier_name.and_then(|name| Some((name, earlier.column(name)?)));
    let mut used = Vec::new();
    if let Some((name, column)) = earlier {
        used.resize(earlier_table.values(name).len(), false);
        column.codes.iter().for_each(|&code| used[code as usize] = true);
    }
    let is_old = |code: u32| {
        let value = table.values(name).value(code);
        let code = earlier.and_then(|(name, _)| earlier_table.values(name).code(value));
        code.is_some_and(|code| used[code as usize])
    };
    let mut known = vec![Is::Unknown; table.values(name).len()];
    let (mut series, mut values) = (0, 0);
    for code in codes.filter(|&code| code != 0) {
        let known = &mut known[code as usize];
        if *known == Is::Unknown {
            *known = if is_old(code) { Is::Old } else { Is::New };
            values += u64::from(*known == Is::New);
        }
        series += u64::from(*known == Is::New);
    }
    (series, values)
}
