//! What a step reads, in columns, and what that rules out before it is joined.

use super::columns::{Known, Work, is_worth_slots};
use crate::relabel::{Effect, Step};
use crate::series::{NameId, Table};

/// A step and where the labels that it reads are: its source labels, then the one it compares with.
pub(super) struct Source<'s> {
    pub(super) at: usize,
    pub(super) step: &'s Step,
    pub(super) read: Vec<Option<NameId>>,
    pub(super) columns: Vec<Option<usize>>,
}

impl Source<'_> {
    /// The value of one part by its code.
    pub(super) fn value<'t>(&self, table: &'t Table, part: usize, key: &[u32]) -> &'t str {
        self.read[part].map_or("", |name| table.values(name).value(key[part]))
    }
}

/// What a step does to all rows if what its first labels have in common rules out a match.
pub(super) fn unmatched(
    table: &Table,
    source: &Source<'_>,
    varying: &[usize],
    key: &[u32],
) -> Option<Known> {
    let effect = source.step.unmatched()?;
    let same = *varying.first()?.min(&source.step.source_labels().len());
    let mut start = String::new();
    for part in 0..same {
        start.push_str(source.value(table, part, key));
        start.push_str(source.step.separator());
    }
    let known = if effect == Effect::Drop { Known::Drop } else { Known::Nothing };
    (!source.step.pattern().may_start_with(&start)).then_some(known)
}

/// For the first label of a step that differs from row to row: whether what has one of its codes
/// may match at all.
pub(super) struct Starts {
    unmatched: Known,
    /// What the labels before it have, joined.
    start: String,
    part: usize,
    column: usize,
    /// By code; `None` where it was not asked.
    may_match: Vec<Option<bool>>,
}

impl Starts {
    pub(super) fn of(
        table: &Table,
        source: &Source<'_>,
        varying: &[usize],
        rows: usize,
    ) -> Option<Self> {
        let part = *varying.first()?;
        let effect = source.step.unmatched()?;
        let values = source.read[part].map_or(1, |name| table.values(name).len());
        // Of the last label all is known, not the start only.
        let is_worth_it = part + 1 < source.read.len() && is_worth_slots(values, rows);
        let unmatched = if effect == Effect::Drop { Known::Drop } else { Known::Nothing };
        is_worth_it.then(|| Self {
            unmatched,
            start: String::new(),
            part,
            column: source.columns[part].expect("it varies, so it is there"),
            may_match: vec![None; values],
        })
    }

    /// What the step does to a row that cannot match.
    #[inline]
    pub(super) fn unmatched(
        &mut self,
        table: &Table,
        source: &Source<'_>,
        work: &Work<'_>,
        row: usize,
    ) -> Option<Known> {
        let code = work.columns[self.column].1.at(row);
        let may_match = match self.may_match.get(code as usize) {
            Some(Some(known)) => *known,
            _ => self.ask(table, source, work, row),
        };
        (!may_match).then_some(self.unmatched)
    }

    fn ask(&mut self, table: &Table, source: &Source<'_>, work: &Work<'_>, row: usize) -> bool {
        let mut key = vec![0; source.columns.len()];
        work.key(&source.columns, row, &mut key);
        self.start.clear();
        for part in 0..=self.part {
            self.start.push_str(source.value(table, part, &key));
            self.start.push_str(source.step.separator());
        }
        let may_match = source.step.pattern().may_start_with(&self.start);
        if let Some(known) = self.may_match.get_mut(key[self.part] as usize) {
            *known = Some(may_match);
        }
        may_match
    }
}
