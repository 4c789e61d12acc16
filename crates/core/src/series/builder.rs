//! Samples in, table out: interns values and lays rows in columns, without allocating a sample.

use std::ops::Range;
use std::sync::Arc;

use super::table::{Column, MetricRows, NameId, Stage, Table, Target, TargetId};
use super::{MetricType, Sample, Sink};

/// A code in a column.
const CELL_BYTES: u64 = size_of::<u32>() as u64;

/// Builds a [`Table`] of exposed series from what readers tell.
#[derive(Debug)]
pub struct TableBuilder {
    table: Table,
    target: TargetId,
    /// The latest `# TYPE` line of the page: the family's code and its type.
    announced: (u32, MetricType),
    /// Group of each metric's name code; `u32::MAX` when it has none yet.
    group_of: Vec<u32>,
    layouts: Vec<Layout>,
    last: usize,
    samples: u64,
    /// Bytes of the series told, and of their cells.
    bytes: u64,
    /// Number of the last sample that a reader told, while nothing else was told since.
    number: Option<u64>,
}

/// Which column each label position of the metric's last sample went to. Samples of one metric
/// nearly always repeat the names of the one before.
#[derive(Debug, Default)]
struct Layout {
    columns: Vec<u32>,
}

impl Default for TableBuilder {
    fn default() -> Self {
        Self {
            table: Table::empty(Stage::Exposed),
            target: TargetId(0),
            announced: (0, MetricType::Unknown),
            group_of: Vec::new(),
            layouts: Vec::new(),
            last: usize::MAX,
            samples: 0,
            bytes: 0,
            number: None,
        }
    }
}

impl TableBuilder {
    /// The samples that follow come from this target.
    pub fn target(&mut self, target: Target) -> TargetId {
        self.target = TargetId(self.table.targets.len() as u32);
        self.announced = (0, MetricType::Unknown);
        self.table.targets.push(target);
        self.target
    }

    /// How many samples were told so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// About how many bytes the rows told take: their text, and 4 a cell.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The table of the rows told so far. Those that follow go into the next one, with the same
    /// target and the family that was announced last.
    pub fn take(&mut self) -> Table {
        let mut next = Self::default();
        if let Some(target) = self.table.targets.get(self.target.0 as usize) {
            next.target(target.clone());
        }
        let (family, kind) = self.announced();
        if !family.is_empty() {
            next.family(family, kind);
        }
        std::mem::replace(self, next).finish()
    }

    /// The family and type of the latest `# TYPE` line of the page; "" where there is none.
    pub fn announced(&self) -> (&str, MetricType) {
        (self.table.family_names.value(self.announced.0), self.announced.1)
    }

    /// Adds what another builder was told of the same page, behind what this one was.
    pub fn absorb(&mut self, mut part: Self) {
        if self.told_nothing_of_the_page() && part.table.targets.len() < 2 {
            let targets = std::mem::take(&mut self.table.targets);
            *self = part;
            if !targets.is_empty() {
                self.table.targets = targets;
            }
            return;
        }
        // What stands above the first `# TYPE` line there stands below the last one here.
        let mut next = self.announced;
        part.table.inherit_family(self.table.family_names.value(next.0), next.1);
        if part.samples > 0 {
            self.own_rows();
        }
        let target = self.target;
        self.samples += part.samples;
        self.bytes += part.bytes;
        let (family, kind) = part.announced();
        if !family.is_empty() {
            next = (self.table.family_names.intern(family), kind);
        }
        self.table.append_rows(&part.finish(), |_| target);
        self.announced = next;
        let known = self.layouts.len();
        for (at, group) in self.table.metrics.iter().enumerate().skip(known) {
            self.layouts.push(Layout::default());
            let code = group.metric as usize;
            self.group_of.resize(self.group_of.len().max(code + 1), u32::MAX);
            self.group_of[code] = at as u32;
        }
        (self.last, self.number) = (usize::MAX, None);
    }

    /// Whether it was told no more than whose the page is.
    fn told_nothing_of_the_page(&self) -> bool {
        self.samples == 0 && self.table.targets.len() < 2 && self.table.families.is_empty()
    }

    /// Adds a row of labels given as text; `__name__` must not be among them. Gives the row's place
    /// among [`Table::metrics`].
    pub fn row(&mut self, metric: &str, labels: &[(&str, &str)], exposed_bytes: usize) -> usize {
        let group = self.start_row(metric, exposed_bytes);
        for (position, &(name, value)) in labels.iter().enumerate() {
            let column = self.column_at(group, position, name);
            self.set(group, column, value);
        }
        group
    }

    /// Adds a row of the metric and the labels of the latest one, of which it gives the number, but
    /// for those that changed: position among them, name and value, by position. Gives the row's
    /// place among [`Table::metrics`].
    pub(crate) fn repeat_row<'a>(
        &mut self,
        labels: usize,
        changed: impl Iterator<Item = (usize, &'a str, &'a str)>,
    ) -> usize {
        let group = self.last;
        self.open_row(group, 0);
        let mut next = 0;
        for (position, name, value) in changed {
            self.repeat(group, next..position);
            let column = self.column_at(group, position, name);
            self.set(group, column, value);
            next = position + 1;
        }
        self.repeat(group, next..labels);
        group
    }

    /// Says what type the metric at a place among [`Table::metrics`] is of; the first word counts.
    ///
    /// # Panics
    /// When there is no such place.
    pub fn set_type(&mut self, group: usize, kind: MetricType) {
        let name = self.table.metric_name(&self.table.metrics[group]).to_owned();
        self.table.set_family(&name, kind);
    }

    /// The table of all rows told.
    pub fn finish(mut self) -> Table {
        for group in &mut self.table.metrics {
            let rows = group.rows;
            for column in &mut group.columns {
                column.codes.resize(rows, 0);
            }
        }
        self.table
    }

    /// Makes rows that come before any target those of an unknown one, whose page has begun.
    fn own_rows(&mut self) {
        if self.table.targets.is_empty() {
            self.target = TargetId(0);
            self.table.targets.push(Target::default());
        }
    }

    /// Opens the next row of `metric` and gives its group.
    fn start_row(&mut self, metric: &str, exposed_bytes: usize) -> usize {
        self.own_rows();
        let group = self.group(metric);
        self.open_row(group, exposed_bytes);
        group
    }

    /// Opens the next row of a group.
    fn open_row(&mut self, group: usize, exposed_bytes: usize) {
        self.samples += 1;
        self.number = None;
        let rows = &mut self.table.metrics[group];
        rows.notes.push_row(self.announced.0, self.announced.1);
        rows.rows += 1;
        rows.exposed_bytes += exposed_bytes as u64;
        self.bytes += exposed_bytes as u64 + CELL_BYTES * rows.columns.len() as u64;
        rows.push_run(self.target, 1);
    }

    fn group(&mut self, metric: &str) -> usize {
        if let Some(last) = self.table.metrics.get(self.last)
            && self.table.values(NameId::METRIC).is(last.metric, metric)
        {
            return self.last;
        }
        let code = self.table.intern_value(NameId::METRIC, metric);
        let at = code as usize;
        if at >= self.group_of.len() {
            self.group_of.resize(at + 1, u32::MAX);
        }
        if self.group_of[at] == u32::MAX {
            self.group_of[at] = self.table.metrics.len() as u32;
            self.table.metrics.push(MetricRows::new(code));
            self.layouts.push(Layout::default());
        }
        self.last = self.group_of[at] as usize;
        self.last
    }

    /// The column of label `name` in a group, new or known.
    fn column(&mut self, group: usize, name: &str) -> u32 {
        let id = self.table.intern_name(name);
        let columns = &mut self.table.metrics[group].columns;
        let known = columns.len();
        let at = columns.iter().position(|column| column.name == id).unwrap_or_else(|| {
            columns.push(Column { name: id, codes: Vec::new() });
            columns.len() - 1
        });
        if at == known {
            // All the rows before get a cell in it.
            self.bytes += CELL_BYTES * self.table.metrics[group].rows as u64;
        }
        at as u32
    }

    /// The column of the label at `position`, at best the one that it had in the sample before.
    fn column_at(&mut self, group: usize, position: usize, name: &str) -> u32 {
        let known = self.layouts[group].columns.get(position).copied().filter(|&column| {
            let id = self.table.metrics[group].columns[column as usize].name;
            self.table.is_name(id, name)
        });
        known.unwrap_or_else(|| {
            let column = self.column(group, name);
            // Those behind stay: the labels there may repeat the sample before.
            let layout = &mut self.layouts[group].columns;
            match layout.get_mut(position) {
                Some(known) => *known = column,
                None => layout.push(column),
            }
            column
        })
    }

    /// Gives the current row the values that the row before has of the labels at some positions.
    #[inline]
    fn repeat(&mut self, group: usize, positions: Range<usize>) {
        let rows = &mut self.table.metrics[group];
        let row = rows.rows - 1;
        for &column in &self.layouts[group].columns[positions] {
            let Column { name, codes } = &mut rows.columns[column as usize];
            let before = codes[row - 1];
            codes.truncate(row);
            codes.push(before);
            if before == 0 {
                rows.notes.set_empty(*name);
            }
        }
    }

    /// Writes the current row's value of a column. A repeated label keeps its last value.
    fn set(&mut self, group: usize, column: u32, value: &str) {
        let rows = &mut self.table.metrics[group];
        let row = rows.rows - 1;
        let column = &mut rows.columns[column as usize];
        let values = &mut self.table.values[column.name.0 as usize];
        // Neighbouring rows share most of their values: a comparison is cheaper than a hash.
        let code = match column.codes.last() {
            Some(&last) if values.is(last, value) => last,
            _ => Arc::make_mut(values).intern(value),
        };
        if column.codes.len() <= row {
            column.codes.resize(row, 0);
            column.codes.push(code);
        } else {
            column.codes[row] = code;
        }
        if code == 0 {
            let name = column.name;
            rows.notes.set_empty(name);
        }
    }
}

impl Sink for TableBuilder {
    fn family(&mut self, name: &str, kind: MetricType) {
        self.table.set_family(name, kind);
        self.announced = (self.table.family_names.intern(name), kind);
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        let (group_before, number_before) = (self.last, self.number);
        let group = self.start_row(sample.metric, sample.series_bytes);
        let follows =
            group == group_before && number_before.map(|number| number + 1) == Some(sample.number);
        for (position, label) in sample.labels.iter().enumerate() {
            if follows && label.repeated {
                self.repeat(group, position..position + 1);
                continue;
            }
            let column = self.column_at(group, position, sample.name(label));
            self.set(group, column, sample.value(label));
        }
        let notes = &mut self.table.metrics[group].notes;
        notes.set_value(sample.value);
        if let Some(time) = sample.timestamp {
            notes.set_time(time);
        }
        self.number = Some(sample.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::METRIC_NAME;
    use proptest::prelude::*;

    fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
        proptest::collection::btree_map("[a-d]", "[x-z]{0,2}", 0..4)
            .prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn rows_come_out_as_they_went_in(
            rows in proptest::collection::vec(("m[12]", labels()), 0..30)
        ) {
            let mut builder = TableBuilder::default();
            let mut model: Vec<Vec<(String, String)>> = Vec::new();
            for (metric, labels) in &rows {
                let pairs: Vec<(&str, &str)> =
                    labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                builder.row(metric, &pairs, 0);
                let mut row: Vec<_> =
                    labels.iter().filter(|(_, v)| !v.is_empty()).cloned().collect();
                row.push((METRIC_NAME.into(), metric.clone()));
                row.sort();
                model.push(row);
            }
            let table = builder.finish();
            let mut got: Vec<Vec<(String, String)>> = Vec::new();
            for group in &table.metrics {
                for row in 0..group.rows {
                    let labels = table.row_labels(group, row);
                    got.push(labels.iter().map(|&(n, v)| (n.into(), v.into())).collect());
                }
            }
            model.sort();
            got.sort();
            prop_assert_eq!(got, model);
        }
    }
}
