//! Rows in the codes of whoever reads them: a source with dictionaries of its own pushes numbers,
//! and what they mean is looked up once a number rather than once a row.

use std::collections::HashMap;
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

/// Rows in the codes of one reader. Pushing a row allocates nothing but its columns' growth.
#[derive(Debug, Default)]
pub struct CodedRows {
    groups: Vec<Group>,
    group_of: HashMap<u32, usize, foldhash::fast::FixedState>,
    last: usize,
}

#[derive(Debug, Default)]
struct Group {
    metric: u32,
    rows: usize,
    columns: Vec<(u32, Vec<u32>)>,
    /// Which column each position of the last row went to; the next row mostly has the same names.
    layout: Vec<usize>,
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
    /// Adds a row: the code of `__name__` and its value, 0 where there is none, and the other
    /// labels. A label that stands twice keeps its last value.
    pub fn push(&mut self, metric: u32, labels: &[CodedLabel]) {
        if self.groups.get(self.last).is_none_or(|group| group.metric != metric) {
            self.last = *self.group_of.entry(metric).or_insert_with(|| {
                self.groups.push(Group { metric, ..Group::default() });
                self.groups.len() - 1
            });
        }
        self.groups[self.last].push(labels);
    }
}

impl Group {
    fn push(&mut self, labels: &[CodedLabel]) {
        let row = self.rows;
        self.rows += 1;
        for (position, label) in labels.iter().enumerate() {
            let known = self.layout.get(position).copied();
            let known = known.filter(|&column| self.columns[column].0 == label.name);
            let column = known.unwrap_or_else(|| self.find(position, label.name));
            let codes = &mut self.columns[column].1;
            if codes.len() == row {
                codes.push(label.value);
            } else {
                codes.resize(row + 1, 0);
                codes[row] = label.value;
            }
        }
    }

    #[cold]
    fn find(&mut self, position: usize, name: u32) -> usize {
        let column = self.columns.iter().position(|column| column.0 == name);
        let column = column.unwrap_or_else(|| {
            self.columns.push((name, Vec::new()));
            self.columns.len() - 1
        });
        // Positions that are skipped here are looked up when their turn comes.
        self.layout.resize(self.layout.len().max(position + 1), column);
        self.layout[position] = column;
        column
    }
}

/// A column in pieces: in which row each starts, and whose codes it holds.
type Pieces = Vec<(usize, usize, Vec<u32>)>;

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
        for (name, codes) in group.columns {
            let name = id(name);
            let at = columns.iter().position(|column| column.0 == name).unwrap_or_else(|| {
                columns.push((name, Vec::new()));
                columns.len() - 1
            });
            columns[at].1.push((rows.rows, part, codes));
        }
        rows.rows += group.rows;
    }
    let total = rows.rows;
    let joined = columns.into_par_iter().map(|(name, pieces)| {
        let mut joined = Vec::with_capacity(total);
        // Each piece is freed as soon as it is copied.
        for (start, part, piece) in pieces {
            joined.resize(start, 0);
            joined.extend(piece.iter().map(|&code| codes[part][code as usize]));
        }
        joined.resize(total, 0);
        Column { name, codes: joined }
    });
    rows.columns = joined.collect();
    rows.runs.push(Run { target: TargetId(0), rows: total });
    rows
}
