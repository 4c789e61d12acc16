//! Two tables into one, by translating the codes of the second.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::table::{Column, MetricRows, NameId, Run, Table, TargetId};
use super::{MetricType, PageNotes};

/// Columns of so many rows are extended several at a time.
const MANY: usize = 1 << 14;

impl Table {
    /// Adds the rows, targets and families of `other` behind its own. The result depends on the
    /// order of the tables, not on how the rows were spread over them.
    ///
    /// # Panics
    /// When the stages differ.
    pub fn append(&mut self, other: &Self) {
        let first = self.targets.len() as u32;
        self.targets.extend(other.targets.iter().cloned());
        self.append_rows(other, |target| TargetId(target.0 + first));
    }

    /// Adds the rows and families of `other` behind its own; `target` says whose they are.
    pub(super) fn append_rows(&mut self, other: &Self, target: impl Fn(TargetId) -> TargetId) {
        assert_eq!(self.stage, other.stage, "tables of one stage are merged");
        let names: Vec<NameId> =
            other.name_ids().map(|name| self.intern_name(other.name(name))).collect();
        let codes: Vec<Vec<u32>> = names
            .iter()
            .zip(other.name_ids())
            .map(|(&to, from)| self.translate(to, other, from))
            .collect();
        for (name, &kind) in &other.families {
            self.set_family(name, kind);
        }
        let families: Vec<u32> = (0..other.family_names.len() as u32)
            .map(|code| self.family_names.intern(other.family_names.value(code)))
            .collect();
        let mut group_of = vec![None; self.values(NameId::METRIC).len()];
        for (at, group) in self.metrics.iter().enumerate() {
            group_of[group.metric as usize] = Some(at);
        }
        for group in &other.metrics {
            let metric = codes[0][group.metric as usize];
            let at = group_of[metric as usize].unwrap_or_else(|| {
                self.metrics.push(MetricRows::new(metric));
                self.metrics.len() - 1
            });
            let into = &mut self.metrics[at];
            into.extend_columns(group, &names, &codes);
            let (name, family) =
                (|id: NameId| names[id.0 as usize], |code: u32| families[code as usize]);
            into.notes.append(into.rows, &group.notes, name, family);
            into.close_rows(group.rows);
            into.exposed_bytes += group.exposed_bytes;
            group.runs.iter().for_each(|run| into.push_run(target(run.target), run.rows));
        }
    }

    /// Puts the rows that stand below no `# TYPE` line below this one.
    pub(super) fn inherit_family(&mut self, family: &str, kind: MetricType) {
        let family = self.family_names.intern(family);
        self.metrics.iter_mut().for_each(|group| group.notes.inherit_family(family, kind));
    }

    /// As [`Table::append`], but up to the order of rows and codes, which [`Table::canonical`] does
    /// away with, it is the same whichever comes first: of two types of a family the lesser stays.
    ///
    /// # Panics
    /// When the stages differ.
    pub fn merge(&mut self, other: &Self) {
        for (name, &kind) in &other.families {
            if let Some(known) = self.families.get_mut(name) {
                *known = kind.min(*known);
            }
        }
        self.append(other);
    }

    /// The code here of every code that `other` has of a label.
    fn translate(&mut self, to: NameId, other: &Self, from: NameId) -> Vec<u32> {
        let values = Arc::make_mut(&mut self.values[to.0 as usize]);
        let theirs = other.values(from);
        (0..theirs.len() as u32).map(|code| values.intern(theirs.value(code))).collect()
    }
}

impl MetricRows {
    /// No rows yet of the metric whose name has this code.
    pub fn new(metric: u32) -> Self {
        Self {
            metric,
            rows: 0,
            columns: Vec::new(),
            runs: Vec::new(),
            exposed_bytes: 0,
            notes: PageNotes::default(),
        }
    }

    /// Adds codes behind the rows that are closed, to an old or a new column.
    pub(crate) fn extend_column(&mut self, name: NameId, codes: impl Iterator<Item = u32>) {
        let rows = self.rows;
        let column = self.column_of(name);
        column.codes.resize(rows, 0);
        column.codes.extend(codes);
    }

    /// The column of a name, old or new.
    fn column_of(&mut self, name: NameId) -> &mut Column {
        let at = self.columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
            self.columns.push(Column { name, codes: Vec::new() });
            self.columns.len() - 1
        });
        &mut self.columns[at]
    }

    /// Adds the codes of `other`'s columns behind the rows that are closed: `names` and `codes` say
    /// what its own stand for here.
    fn extend_columns(&mut self, other: &Self, names: &[NameId], codes: &[Vec<u32>]) {
        let mut theirs: HashMap<NameId, &Column> = HashMap::with_capacity(other.columns.len());
        for column in &other.columns {
            let name = names[column.name.0 as usize];
            self.column_of(name);
            theirs.insert(name, column);
        }
        let rows = self.rows;
        let extend = |column: &mut Column| {
            let Some(theirs) = theirs.get(&column.name) else { return };
            let codes = &codes[theirs.name.0 as usize];
            column.codes.resize(rows, 0);
            column.codes.extend(theirs.codes.iter().map(|&code| codes[code as usize]));
        };
        if other.rows < MANY {
            self.columns.iter_mut().for_each(extend);
        } else {
            self.columns.par_iter_mut().for_each(extend);
        }
    }

    /// Notes what a page says of rows that are added next.
    pub(crate) fn push_notes(&mut self, notes: &PageNotes) {
        self.notes.append(self.rows, notes, |name| name, |family| family);
    }

    /// Adds rows of one target behind its own.
    pub(crate) fn push_block(
        &mut self,
        target: TargetId,
        rows: usize,
        columns: Vec<(NameId, Vec<u32>)>,
        exposed_bytes: u64,
    ) {
        for (name, codes) in columns {
            self.extend_column(name, codes.into_iter());
        }
        self.close_rows(rows);
        self.exposed_bytes += exposed_bytes;
        self.push_run(target, rows);
    }

    /// Says whose the rows are that are added next.
    pub(super) fn push_run(&mut self, target: TargetId, rows: usize) {
        match self.runs.last_mut() {
            Some(run) if run.target == target => run.rows += rows,
            _ => self.runs.push(Run { target, rows }),
        }
    }

    /// Closes `more` rows: columns that got no codes for them have no such label there.
    pub(crate) fn close_rows(&mut self, more: usize) {
        self.rows += more;
        for column in &mut self.columns {
            column.codes.resize(self.rows, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{TableBuilder, Target};
    use proptest::prelude::*;

    type Row = (String, Vec<(String, String)>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let labels = proptest::collection::btree_map("[a-c]", "[x-z]{1,2}", 0..3);
        let labels = labels.prop_map(|map| map.into_iter().collect());
        proptest::collection::vec(("m[12]", labels), 0..12)
    }

    fn table(rows: &[Row], job: &str) -> Table {
        let mut builder = TableBuilder::default();
        builder.target(Target { job: job.to_owned(), labels: Vec::new() });
        for (metric, labels) in rows {
            let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            builder.row(metric, &pairs, 1);
        }
        builder.finish()
    }

    fn list(table: &Table) -> Vec<(String, String)> {
        let mut list = Vec::new();
        for group in &table.metrics {
            for (target, range) in group.run_ranges() {
                for row in range {
                    let labels = format!("{:?}", table.row_labels(group, row));
                    list.push((table.target(target).job.clone(), labels));
                }
            }
        }
        list.sort();
        list
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_merged_table_has_the_rows_of_both(a in rows(), b in rows()) {
            let (table_a, table_b) = (table(&a, "a"), table(&b, "b"));
            let mut wanted = list(&table_a);
            wanted.extend(list(&table_b));
            wanted.sort();
            let mut merged = table_a;
            merged.append(&table_b);
            prop_assert_eq!(list(&merged), wanted);
            prop_assert_eq!(merged.rows(), a.len() + b.len());
        }
    }
}
