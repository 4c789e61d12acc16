//! What the rows of a metric say of one of its labels: values, series, and *without(L)*.

use super::shape::{LOOKED_AT, shapes};
use super::{CensusOptions, Errors, LENGTH_BYTES, LabelCensus};
use crate::series::{Column, Dictionary, Table};
use crate::sketch::DistinctSet;

/// Labels that are asked whether they determine others: those with the most values mostly do (a pod
/// its node, a target its job), and to ask costs a fraction of counting.
const ASKED: usize = 3;

/// A dictionary with more values than so many a row is not gone through.
const SPARSE: usize = 16;

/// The rows of a metric.
pub(super) struct Rows<'a> {
    pub(super) table: &'a Table,
    pub(super) hashes: &'a [u64],
    /// Those whose labels were not seen before, ascending.
    pub(super) distinct: &'a [u32],
}

/// A column with the values that its distinct rows have, by code, the empty one left out.
pub(super) struct Counted<'a> {
    pub(super) column: &'a Column,
    pub(super) used: Vec<Used>,
    /// Whether rows with the same value of some other label have the same value of this one.
    determined: bool,
}

/// A value of a label that some series of a metric have.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) code: u32,
    series: u32,
}

/// Room that is used again from label to label.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) set: DistinctSet,
    /// By code; all zero between two uses.
    by_code: Vec<u32>,
    /// Codes of a column that is short beside its dictionary.
    codes: Vec<u32>,
}

impl<'a> Rows<'a> {
    /// Counts the distinct rows by their code in a column.
    pub(super) fn count(&self, scratch: &mut Scratch, column: &'a Column) -> Counted<'a> {
        let rows = self.distinct.iter().map(|&row| column.codes[row as usize]);
        let codes = self.table.values(column.name).len();
        // A few rows are sorted rather than looked up in a large dictionary.
        if self.is_sparse(column) {
            scratch.codes.clear();
            scratch.codes.extend(rows.filter(|&code| code != 0));
            scratch.codes.sort_unstable();
            let same = scratch.codes.chunk_by(|a, b| a == b);
            let used = same.map(|same| Used { code: same[0], series: same.len() as u32 });
            return Counted { column, used: used.collect(), determined: false };
        }
        let counts = scratch.by_code(codes);
        for code in rows {
            counts[code as usize] += 1;
        }
        counts[0] = 0;
        let used = counts.iter_mut().enumerate().filter(|(_, series)| **series > 0);
        let used =
            used.map(|(code, series)| Used { code: code as u32, series: std::mem::take(series) });
        Counted { column, used: used.collect(), determined: false }
    }

    /// What there is to say of a label.
    pub(super) fn label(
        &self,
        scratch: &mut Scratch,
        label: &Counted<'_>,
        options: CensusOptions,
    ) -> LabelCensus {
        let Counted { column, used, .. } = label;
        let values = self.table.values(column.name);
        let name = self.table.name(column.name);
        let pair_bytes = name.len() as u64 + LENGTH_BYTES;
        let bytes = |used: &Used| {
            u64::from(used.series) * (pair_bytes + values.value_bytes(used.code) as u64)
        };
        let texts = looked_at(used, values).into_iter().map(|code| values.value(code));
        LabelCensus {
            name: name.to_owned(),
            values: used.len() as u64,
            series: used.iter().map(|used| u64::from(used.series)).sum(),
            bytes: used.iter().map(bytes).sum(),
            without: (!options.summary).then(|| self.without(scratch, label)),
            shapes: if options.summary { Vec::new() } else { shapes(texts) },
            errors: Errors::default(),
        }
    }

    /// Distinct series that are left without a label.
    fn without(&self, scratch: &mut Scratch, label: &Counted<'_>) -> u64 {
        let Counted { column, used, determined } = label;
        let all = self.distinct.len() as u64;
        let is_constant = used.len() == 1 && u64::from(used[0].series) == all;
        // Rows that differed in a determined label alone would not differ in it.
        if used.is_empty() || is_constant || *determined {
            return all;
        }
        let values = self.table.values(column.name);
        let rows = self.distinct.iter().map(|&row| row as usize);
        let rest = rows.map(|row| self.hashes[row].wrapping_sub(values.hash(column.codes[row])));
        scratch.set.count(rest) as u64
    }

    /// Finds labels that are determined by another one. What a determined label determines, the one
    /// that determines it does, too: only others are asked.
    pub(super) fn find_determined(&self, scratch: &mut Scratch, labels: &mut [Counted<'a>]) {
        labels.sort_by_key(|label| std::cmp::Reverse(label.used.len()));
        let mut keys: Vec<&Column> = Vec::new();
        for Counted { column, determined, .. } in labels {
            *determined = keys.iter().any(|key| self.determines(scratch, key, column));
            if !*determined && keys.len() < ASKED && !self.is_sparse(column) {
                keys.push(column);
            }
        }
    }

    /// Whether rows with the same value of `key` have the same value of `column`.
    fn determines(&self, scratch: &mut Scratch, key: &Column, column: &Column) -> bool {
        // Codes are kept as their successors: 0 is none yet.
        let of = scratch.by_code(self.table.values(key.name).len());
        let determines = self.distinct.iter().all(|&row| {
            let (key, code) = (key.codes[row as usize], column.codes[row as usize]);
            let known = &mut of[key as usize];
            if *known == 0 {
                *known = code + 1;
            }
            *known == code + 1
        });
        of.fill(0);
        determines
    }

    /// Whether the rows are few beside the values that the label has anywhere.
    fn is_sparse(&self, column: &Column) -> bool {
        self.distinct.len() < self.table.values(column.name).len() / SPARSE
    }
}

/// The codes of the values whose shapes are looked at: of very many those with the lowest hashes,
/// in whatever order they came.
fn looked_at(used: &[Used], values: &Dictionary) -> Vec<u32> {
    let mut codes: Vec<u32> = used.iter().map(|used| used.code).collect();
    if codes.len() > LOOKED_AT {
        codes.select_nth_unstable_by_key(LOOKED_AT, |&code| values.hash(code));
        codes.truncate(LOOKED_AT);
    }
    codes
}

impl Scratch {
    /// A zero for each code.
    fn by_code(&mut self, codes: usize) -> &mut [u32] {
        self.by_code.resize(self.by_code.len().max(codes), 0);
        &mut self.by_code[..codes]
    }
}
