//! Rows of one metric from one target, taken out of a table to be changed column by column.

use std::ops::Range;

use crate::series::{MetricRows, NameId, PageNotes, Table, TargetId};

/// Neighbouring rows of one metric and one target.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) metric: u32,
    pub(super) target: TargetId,
    pub(super) rows: usize,
    /// Codes by label; a label without any code but 0 may be left out.
    pub(super) columns: Vec<(NameId, Vec<u32>)>,
    pub(super) exposed_bytes: u64,
    /// What the page says of the rows; nothing after the metric chain.
    pub(super) notes: PageNotes,
}

impl Block {
    /// The rows of `range` in a group.
    pub(super) fn cut(group: &MetricRows, target: TargetId, range: &Range<usize>) -> Self {
        let rows = range.len();
        let columns = group
            .columns
            .iter()
            .map(|column| (column.name, column.codes[range.clone()].to_vec()))
            .filter(|(_, codes)| codes.iter().any(|&code| code != 0))
            .collect();
        // Bytes are known for the group only: a run gets its share by rows.
        let exposed_bytes = group.exposed_bytes * rows as u64 / group.rows.max(1) as u64;
        let notes = group.notes.cut(range);
        Self { metric: group.metric, target, rows, columns, exposed_bytes, notes }
    }

    /// Some of its rows, in ascending order.
    pub(super) fn pick(&self, rows: &[usize]) -> Self {
        let codes = |codes: &[u32]| rows.iter().map(|&row| codes[row]).collect::<Vec<u32>>();
        Self {
            metric: self.metric,
            target: self.target,
            rows: rows.len(),
            columns: self
                .columns
                .iter()
                .map(|(name, column)| (*name, codes(column)))
                .filter(|(_, codes)| codes.iter().any(|&code| code != 0))
                .collect(),
            exposed_bytes: self.exposed_bytes * rows.len() as u64 / self.rows.max(1) as u64,
            notes: self.notes.pick(rows),
        }
    }

    /// The codes of a label, if any row has it.
    pub(super) fn codes(&self, name: NameId) -> Option<&[u32]> {
        let column = self.columns.iter().find(|(id, _)| *id == name);
        column.map(|(_, codes)| codes.as_slice())
    }

    /// The codes of a label, to be written; all absent when it is new.
    pub(super) fn codes_mut(&mut self, name: NameId) -> &mut Vec<u32> {
        let at = self.columns.iter().position(|(id, _)| *id == name).unwrap_or_else(|| {
            self.columns.push((name, vec![0; self.rows]));
            self.columns.len() - 1
        });
        &mut self.columns[at].1
    }
}

/// Collects blocks into a table; blocks of one metric end up in one group.
pub(super) struct Blocks {
    pub(super) table: Table,
    group_of: Vec<Option<usize>>,
}

impl Blocks {
    pub(super) fn new(table: Table) -> Self {
        Self { table, group_of: Vec::new() }
    }

    /// Adds a block and gives the group that it went to.
    pub(super) fn push(&mut self, block: Block) -> usize {
        let at = self.group_at(block.metric);
        let group = &mut self.table.metrics[at];
        group.push_notes(&block.notes);
        group.push_block(block.target, block.rows, block.columns, block.exposed_bytes);
        at
    }

    /// The group of a metric, new or known.
    pub(super) fn group(&mut self, metric: u32) -> &mut MetricRows {
        let at = self.group_at(metric);
        &mut self.table.metrics[at]
    }

    fn group_at(&mut self, metric: u32) -> usize {
        let at = metric as usize;
        if at >= self.group_of.len() {
            self.group_of.resize(at + 1, None);
        }
        let metrics = &mut self.table.metrics;
        *self.group_of[at].get_or_insert_with(|| {
            metrics.push(MetricRows::new(metric));
            metrics.len() - 1
        })
    }
}
