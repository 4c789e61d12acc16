//! Labels that a step copies, in columns.

use std::borrow::Cow;

use super::columns::{Codes, Work, is_worth_slots};
use crate::series::{NameId, Table};

/// Copies labels, all as they were before the step; gives how many living rows were written, and
/// how many of them changed.
pub(super) fn copy(
    table: &mut Table,
    work: &mut Work<'_>,
    copies: &[(usize, NameId)],
) -> (u64, u64) {
    if copies.is_empty() {
        return (0, 0);
    }
    let mut wrote = vec![false; work.rows];
    let mut written: Vec<(NameId, Codes<'_>)> = Vec::new();
    for &(from, to) in copies {
        let (name, codes) = &work.columns[from];
        let old = work.columns.iter().find(|(id, _)| *id == to);
        let mut translation = Translation::new(table, *name, to, work.rows);
        let copy = |row: usize| {
            let code = codes.at(row);
            if code == 0 || !work.alive[row] {
                return old.map_or(0, |(_, old)| old.at(row));
            }
            wrote[row] = true;
            translation.code(table, code)
        };
        written.push((to, Codes::Each(Cow::Owned((0..work.rows).map(copy).collect()))));
    }
    let wrote = wrote.into_iter().map(u64::from).sum();
    (wrote, work.write_all(written))
}

/// The values of one label as codes of another one.
struct Translation {
    from: NameId,
    to: NameId,
    /// By code; 0 where it was not asked. None where the dictionary is too large for the rows.
    codes: Vec<u32>,
}

impl Translation {
    fn new(table: &Table, from: NameId, to: NameId, rows: usize) -> Self {
        let values = table.values(from).len();
        let slots = if is_worth_slots(values, rows) { values } else { 0 };
        Self { from, to, codes: vec![0; slots] }
    }

    #[inline]
    fn code(&mut self, table: &mut Table, code: u32) -> u32 {
        match self.codes.get(code as usize) {
            Some(&known) if known != 0 => known,
            _ => self.ask(table, code),
        }
    }

    fn ask(&mut self, table: &mut Table, code: u32) -> u32 {
        let value = table.values(self.from).value(code).to_owned();
        let new = table.intern_value(self.to, &value);
        if let Some(known) = self.codes.get_mut(code as usize) {
            *known = new;
        }
        new
    }
}
