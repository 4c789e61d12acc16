//! The labels of a block while a chain runs over them, column by column: what is not written is
//! borrowed, what is the same in every row is one code.

use std::borrow::Cow;
use std::iter::repeat_n;

use super::report::StepFlow;
use crate::series::{MetricRows, NameId, TargetId};

/// A dictionary of so many values for each row is not worth a slot a value.
const SLOTS_A_ROW: usize = 2;
/// Nor is one of so few worth a thought.
const SLOTS: usize = 64;

/// Whether what is known of the values of a label may lie by their codes, for so many rows.
pub(super) fn is_worth_slots(values: usize, rows: usize) -> bool {
    values <= SLOTS_A_ROW * rows + SLOTS
}

/// What a step does to a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    Nothing,
    Drop,
    /// The label gets this code.
    Set(NameId, u32),
}

/// The labels of a block while its chain runs; the metric's name is one of them.
pub(super) struct Work<'b> {
    pub(super) rows: usize,
    pub(super) alive: Vec<bool>,
    pub(super) living: usize,
    pub(super) columns: Vec<(NameId, Codes<'b>)>,
}

/// The codes of one label.
pub(super) enum Codes<'b> {
    /// The same in every row.
    One(u32),
    /// One a row, copied when a step writes one.
    Each(Cow<'b, [u32]>),
}

impl Codes<'_> {
    #[inline]
    pub(super) fn at(&self, row: usize) -> u32 {
        match self {
            Self::One(code) => *code,
            Self::Each(codes) => codes[row],
        }
    }
}

/// Rows that a chain let pass: which ones, and their labels.
pub(super) struct Passed {
    /// Indexes in the block that went in.
    pub(super) rows: Vec<u32>,
    /// Codes by label, `__name__` among them, one a passed row.
    pub(super) columns: Vec<(NameId, Vec<u32>)>,
}

impl<'b> Work<'b> {
    pub(super) fn new(
        metric: u32,
        rows: usize,
        labels: impl Iterator<Item = (NameId, &'b [u32])>,
    ) -> Self {
        let mut columns = vec![(NameId::METRIC, Codes::One(metric))];
        columns.extend(labels.map(|(name, codes)| (name, Codes::Each(Cow::Borrowed(codes)))));
        Self { rows, alive: vec![true; rows], living: rows, columns }
    }

    /// Where a label is, if it is there. Whether it is the same in every row is found out here,
    /// for the labels that a step reads only.
    pub(super) fn position(&mut self, name: NameId) -> Option<usize> {
        let at = self.columns.iter().position(|(id, _)| *id == name)?;
        let codes = &mut self.columns[at].1;
        if let Codes::Each(each) = codes
            && let Some(&first) = each.first()
            && are_all(each, first)
        {
            *codes = Codes::One(first);
        }
        Some(at)
    }

    pub(super) fn varies(&self, column: usize) -> bool {
        matches!(self.columns[column].1, Codes::Each(_))
    }

    /// Puts what a row has in these columns into `key`; says whether that changed it.
    #[inline]
    pub(super) fn key(&self, columns: &[Option<usize>], row: usize, key: &mut [u32]) -> bool {
        let mut changed = false;
        for (part, column) in key.iter_mut().zip(columns) {
            let code = column.map_or(0, |column| self.columns[column].1.at(row));
            changed |= *part != code;
            *part = code;
        }
        changed
    }

    /// Whether any living row has the label.
    pub(super) fn is_present(&self, column: usize) -> bool {
        match &self.columns[column].1 {
            Codes::One(code) => *code != 0 && self.living > 0,
            Codes::Each(codes) => {
                self.alive.iter().zip(&**codes).any(|(&alive, &code)| alive && code != 0)
            }
        }
    }

    pub(super) fn drop_row(&mut self, row: usize, flow: &mut StepFlow) {
        flow.dropped.0 += 1;
        self.alive[row] = false;
        self.living -= 1;
    }

    pub(super) fn carry_out_everywhere(&mut self, known: Known, flow: &mut StepFlow) {
        match known {
            Known::Nothing => {}
            Known::Drop => {
                flow.dropped.0 += self.living as u64;
                self.alive.fill(false);
                self.living = 0;
            }
            Known::Set(name, code) => {
                flow.wrote.0 += self.living as u64;
                flow.changed.0 += self.write(name, Codes::One(code));
            }
        }
    }

    pub(super) fn carry_out(&mut self, row: usize, known: Known, flow: &mut StepFlow) {
        match known {
            Known::Nothing => {}
            Known::Drop => self.drop_row(row, flow),
            Known::Set(name, code) => {
                flow.wrote.0 += 1;
                let rows = self.rows;
                let codes = self.codes(name);
                if codes.at(row) == code {
                    return;
                }
                if let Codes::One(one) = *codes {
                    *codes = Codes::Each(Cow::Owned(vec![one; rows]));
                }
                if let Codes::Each(codes) = codes {
                    codes.to_mut()[row] = code;
                }
                flow.changed.0 += 1;
            }
        }
    }

    /// Writes a label: each living row for which `new` has a code gets that one, by the row's code
    /// in `from`. `new` is asked about living rows only.
    pub(super) fn translate(
        &mut self,
        from: usize,
        to: NameId,
        new: impl Fn(u32) -> Option<u32>,
        flow: &mut StepFlow,
    ) {
        let mut wrote = 0;
        let old = std::mem::replace(self.codes(to), Codes::One(0));
        // The step may write what it reads.
        let own = self.columns[from].0 == to;
        let read = if own { &old } else { &self.columns[from].1 };
        let write = |row: usize| {
            let code = if self.alive[row] { new(read.at(row)) } else { None };
            wrote += u64::from(code.is_some());
            code.unwrap_or_else(|| old.at(row))
        };
        let codes: Vec<u32> = (0..self.rows).map(write).collect();
        flow.wrote.0 += wrote;
        let at = self.columns.iter().position(|(id, _)| *id == to).expect("codes() added it");
        self.columns[at].1 = old;
        flow.changed.0 += self.write(to, Codes::Each(Cow::Owned(codes)));
    }

    /// Replaces a column; gives how many living rows then have another code.
    pub(super) fn write(&mut self, name: NameId, new: Codes<'b>) -> u64 {
        let before = std::mem::replace(self.codes(name), Codes::One(0));
        let living = self.alive.iter().enumerate();
        let changed = match (&before, &new) {
            (Codes::One(before), Codes::One(new)) if before == new => 0,
            (Codes::One(_), Codes::One(_)) => self.living as u64,
            _ => {
                living.map(|(row, &alive)| u64::from(alive & (before.at(row) != new.at(row)))).sum()
            }
        };
        *self.codes(name) = new;
        changed
    }

    fn codes(&mut self, name: NameId) -> &mut Codes<'b> {
        let at = self.columns.iter().position(|(id, _)| *id == name).unwrap_or_else(|| {
            self.columns.push((name, Codes::One(0)));
            self.columns.len() - 1
        });
        &mut self.columns[at].1
    }

    /// Takes labels away; gives how many living rows had one of them.
    pub(super) fn remove(&mut self, columns: &[usize]) -> u64 {
        let taken: Vec<Codes<'b>> = columns
            .iter()
            .map(|&at| std::mem::replace(&mut self.columns[at].1, Codes::One(0)))
            .collect();
        // Mostly every row has the first of them, and the others need no look.
        let mut lacking: Cow<'_, [bool]> = Cow::Borrowed(&self.alive);
        let mut lack = self.living;
        for codes in &taken {
            match codes {
                _ if lack == 0 => break,
                Codes::One(0) => {}
                Codes::One(_) => lack = 0,
                Codes::Each(codes) => {
                    lack = 0;
                    for (lacking, &code) in lacking.to_mut().iter_mut().zip(&**codes) {
                        *lacking &= code == 0;
                        lack += usize::from(*lacking);
                    }
                }
            }
        }
        (self.living - lack) as u64
    }

    /// Writes columns that were made of others before any of them is written; gives how many living
    /// rows changed.
    pub(super) fn write_all(&mut self, written: Vec<(NameId, Codes<'b>)>) -> u64 {
        let mut changed = vec![false; self.rows];
        for (to, codes) in written {
            let before = std::mem::replace(self.codes(to), Codes::One(0));
            for (row, changed) in changed.iter_mut().enumerate() {
                *changed |= self.alive[row] & (before.at(row) != codes.at(row));
            }
            *self.codes(to) = codes;
        }
        changed.into_iter().map(u64::from).sum()
    }

    /// The code of the metric's name, if all rows have the same one and have one.
    pub(super) fn metric(&self) -> Option<u32> {
        self.columns.iter().find_map(|(name, codes)| match codes {
            Codes::One(code) if *name == NameId::METRIC && *code != 0 => Some(*code),
            _ => None,
        })
    }

    /// The rows that are left, as they are now.
    pub(super) fn finish(self) -> Passed {
        let rows = self.living_rows();
        let all = rows.len() == self.rows;
        let columns = self.columns.into_iter().map(|(name, codes)| {
            let codes = match codes {
                Codes::One(code) => vec![code; rows.len()],
                Codes::Each(codes) if all => codes.into_owned(),
                Codes::Each(codes) => rows.iter().map(|&row| codes[row as usize]).collect(),
            };
            (name, codes)
        });
        Passed { columns: columns.collect(), rows }
    }

    /// Adds the rows that are left to those of their metric.
    pub(super) fn push_to(self, group: &mut MetricRows, target: TargetId, exposed_bytes: u64) {
        let picked = (self.living < self.rows).then(|| self.living_rows());
        for (at, (name, codes)) in self.columns.iter().enumerate() {
            if *name == NameId::METRIC || !self.is_present(at) {
                continue;
            }
            match (codes, &picked) {
                (Codes::One(code), _) => group.extend_column(*name, repeat_n(*code, self.living)),
                (Codes::Each(codes), None) => group.extend_column(*name, codes.iter().copied()),
                (Codes::Each(codes), Some(rows)) => {
                    group.extend_column(*name, rows.iter().map(|&row| codes[row as usize]));
                }
            }
        }
        group.push_block(target, self.living, Vec::new(), exposed_bytes);
    }

    fn living_rows(&self) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.living);
        rows.extend((0..self.rows as u32).filter(|&row| self.alive[row as usize]));
        rows
    }
}

/// Compares blocks of codes, which takes no branch a code.
fn are_all(codes: &[u32], one: u32) -> bool {
    codes.chunks(256).all(|chunk| chunk.iter().fold(0, |other, code| other | (code ^ one)) == 0)
}
