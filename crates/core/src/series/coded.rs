//! Rows in the codes of whoever reads them: a source with dictionaries of its own pushes numbers,
//! and what they mean is looked up once a number rather than once a row.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::Dictionary;
use super::table::{Column, MetricRows, NameId, Run, Stage, Table, Target, TargetId};

/// A label of a row in its reader's codes. Value 0 stands for an absent label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodedLabel {
    /// Any number that stands for the label's name.
    pub name: u32,
    /// A number that stands for the pair of name and value, counted from 1.
    pub value: u32,
}

/// Rows in the codes of one reader, kept as runs: neighbouring rows of a sorted source share most of
/// their values. Pushing a row allocates nothing but the growth of its columns.
#[derive(Debug, Default)]
pub struct CodedRows {
    groups: Vec<Group>,
    group_of: HashMap<u32, usize, foldhash::fast::FixedState>,
    last: usize,
}

#[derive(Debug, Default)]
struct Group {
    metric: u32,
    rows: u32,
    columns: Vec<Runs>,
    /// Columns that have a value in the last row.
    live: usize,
    /// Which column each position of the last row went to; the next row mostly has the same names.
    layout: Vec<usize>,
}

/// A column: each value with the row that it starts in. Rows before the first have none.
#[derive(Debug)]
struct Runs {
    name: u32,
    starts: Vec<(u32, u32)>,
}

/// Rows of one reader, and what its codes mean in a table.
#[derive(Debug)]
pub struct CodedPart {
    /// The rows.
    pub rows: CodedRows,
    /// The code in its label's dictionary of every code of the reader; 0 for 0.
    pub codes: Vec<u32>,
}

impl CodedRows {
    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.groups.iter().map(|group| group.rows as usize).sum()
    }

    /// Adds a row: the code of `__name__` and its value, 0 where there is none, and the other
    /// labels, of which no name stands twice. The first `same` of them are those of the row before.
    pub fn push(&mut self, metric: u32, labels: &[CodedLabel], same: usize) {
        match self.groups.get_mut(self.last) {
            Some(group) if group.metric == metric => group.push(labels, same),
            _ => {
                self.last = *self.group_of.entry(metric).or_insert_with(|| {
                    self.groups.push(Group { metric, ..Group::default() });
                    self.groups.len() - 1
                });
                self.groups[self.last].push(labels, 0);
            }
        }
    }
}

impl Group {
    fn push(&mut self, labels: &[CodedLabel], same: usize) {
        for (position, label) in labels.iter().enumerate().skip(same) {
            let known = self.layout.get(position).copied();
            let known = known.filter(|&column| self.columns[column].name == label.name);
            let column = known.unwrap_or_else(|| self.find(position, label.name));
            self.set(column, label.value);
        }
        if self.live > labels.len() {
            self.drop_all_but(labels);
        }
        self.rows += 1;
    }

    /// Gives the current row a value; 0 for none.
    fn set(&mut self, column: usize, value: u32) {
        let starts = &mut self.columns[column].starts;
        let before = starts.last().map_or(0, |run| run.1);
        if before != value {
            starts.push((self.rows, value));
            self.live = self.live + usize::from(before == 0) - usize::from(value == 0);
        }
    }

    #[cold]
    fn find(&mut self, position: usize, name: u32) -> usize {
        let column = self.columns.iter().position(|column| column.name == name);
        let column = column.unwrap_or_else(|| {
            self.columns.push(Runs { name, starts: Vec::new() });
            self.columns.len() - 1
        });
        // Positions that are skipped here are looked up when their turn comes.
        self.layout.resize(self.layout.len().max(position + 1), column);
        self.layout[position] = column;
        column
    }

    #[cold]
    fn drop_all_but(&mut self, labels: &[CodedLabel]) {
        for column in 0..self.columns.len() {
            let name = self.columns[column].name;
            if labels.iter().all(|label| label.name != name) {
                self.set(column, 0);
            }
        }
    }
}

/// A column in pieces: the rows of each, whose codes it holds, and its runs.
type Pieces = Vec<(Range<usize>, usize, Vec<(u32, u32)>)>;

impl Table {
    /// The table of the rows of several readers, in their order, with one dictionary a label name
    /// (no name twice). `name` says which of them a reader's code of a name means.
    pub fn of_codes(
        stage: Stage,
        labels: Vec<(String, Dictionary)>,
        name: &(dyn Fn(u32) -> usize + Sync),
        parts: Vec<CodedPart>,
    ) -> Self {
        let mut table = Self::empty(stage);
        table.targets.push(Target::default());
        let mut ids: Vec<NameId> = Vec::with_capacity(labels.len());
        for (name, values) in labels {
            let id = table.intern_name(&name);
            table.values[id.0 as usize] = Arc::new(values);
            ids.push(id);
        }
        let mut at = HashMap::<u32, usize>::new();
        let mut groups: Vec<(u32, Vec<(usize, Group)>)> = Vec::new();
        let mut codes = Vec::with_capacity(parts.len());
        for (number, part) in parts.into_iter().enumerate() {
            for group in part.rows.groups {
                let metric = part.codes[group.metric as usize];
                let at = *at.entry(metric).or_insert(groups.len());
                if at == groups.len() {
                    groups.push((metric, Vec::new()));
                }
                groups[at].1.push((number, group));
            }
            codes.push(part.codes);
        }
        let id = |code: u32| ids[name(code)];
        table.metrics = groups
            .into_par_iter()
            .map(|(metric, parts)| join(metric, parts, &codes, &id))
            .collect();
        table
    }
}

/// Joins the rows of one metric.
fn join(
    metric: u32,
    parts: Vec<(usize, Group)>,
    codes: &[Vec<u32>],
    id: &(dyn Fn(u32) -> NameId + Sync),
) -> MetricRows {
    let mut rows = MetricRows::new(metric);
    let mut columns: Vec<(NameId, Pieces)> = Vec::new();
    for (part, group) in parts {
        for Runs { name, starts } in group.columns {
            let name = id(name);
            let at = columns.iter().position(|column| column.0 == name).unwrap_or_else(|| {
                columns.push((name, Vec::new()));
                columns.len() - 1
            });
            columns[at].1.push((rows.rows..rows.rows + group.rows as usize, part, starts));
        }
        rows.rows += group.rows as usize;
    }
    let total = rows.rows;
    let column = |(name, pieces)| Column { name, codes: unroll(pieces, codes, total) };
    rows.columns = columns.into_par_iter().map(column).collect();
    rows.runs.push(Run { target: TargetId(0), rows: total });
    rows
}

/// The codes of a column, one a row. Each piece is freed as soon as it is read.
fn unroll(pieces: Pieces, codes: &[Vec<u32>], rows: usize) -> Vec<u32> {
    let mut column = Vec::with_capacity(rows);
    for (range, part, starts) in pieces {
        column.resize(range.start, 0);
        let mut value = 0;
        for (row, code) in starts {
            column.resize(range.start + row as usize, value);
            value = codes[part][code as usize];
        }
        column.resize(range.end, value);
    }
    column.resize(rows, 0);
    column
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Row = (u32, BTreeMap<u32, u32>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let labels = proptest::collection::btree_map(0u32..4, 1u32..4, 0..4);
        proptest::collection::vec((1u32..4, labels), 0..20)
    }

    /// The rows as a reader pushes them, some labels said to be the same as before.
    fn coded(rows: &[Row], honest: bool) -> CodedRows {
        let mut coded = CodedRows::default();
        let mut before: Vec<CodedLabel> = Vec::new();
        for (metric, labels) in rows {
            let row = labels.iter().map(|(&name, &value)| CodedLabel { name, value });
            let row: Vec<CodedLabel> = row.collect();
            let same = before.iter().zip(&row).take_while(|(a, b)| a == b).count();
            coded.push(*metric, &row, if honest { same } else { 0 });
            before = row;
        }
        coded
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn rows_come_out_as_they_went_in(parts in proptest::collection::vec((rows(), any::<bool>()), 0..4)) {
            let name = |name: usize| if name == 4 { "__name__".to_owned() } else { format!("l{name}") };
            // Each part has codes of its own: here one more for each part before it.
            let codes = |part: u32| (0..part + 4).map(|code| code.saturating_sub(part)).collect();
            let labels = (0..5).map(|at| {
                let mut values = Dictionary::of(&name(at));
                (1..4).for_each(|value| { values.intern(&format!("v{value}")); });
                (name(at), values)
            });
            let shifted = |part: u32, rows: &[Row]| -> Vec<Row> {
                let shift = |(metric, labels): &Row| {
                    (metric + part, labels.iter().map(|(name, value)| (*name, value + part)).collect())
                };
                rows.iter().map(shift).collect()
            };
            let coded = parts.iter().zip(0..).map(|((rows, honest), part)| CodedPart {
                rows: coded(&shifted(part, rows), *honest),
                codes: codes(part),
            });
            let table =
                Table::of_codes(Stage::Stored, labels.collect(), &|at| at as usize, coded.collect());
            let mut wanted: Vec<Vec<(String, String)>> = Vec::new();
            for (metric, labels) in parts.iter().flat_map(|(rows, _)| rows) {
                let labels = labels.iter().map(|(at, value)| (name(*at as usize), format!("v{value}")));
                wanted.push([("__name__".to_owned(), format!("v{metric}"))].into_iter().chain(labels).collect());
            }
            let mut got: Vec<Vec<(String, String)>> = Vec::new();
            for group in &table.metrics {
                for row in 0..group.rows {
                    let labels = table.row_labels(group, row);
                    got.push(labels.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect());
                }
            }
            wanted.sort();
            got.sort();
            prop_assert_eq!(got, wanted);
        }
    }
}
