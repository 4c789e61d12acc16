//! The label pairs that a part of the series uses, each with a code and its totals.

use hashbrown::HashTable;

use crate::sketch::mix;

/// A label pair, and what the series that have it add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) name: u32,
    pub(super) value: u32,
    pub(super) series: u64,
    /// Milliseconds of the block that they do not cover, as a sum.
    pub(super) uncovered: u64,
}

/// Distinct pairs of symbols, in the order they were first seen. The first has code 0.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    index: HashTable<(u64, u32)>,
    pub(super) list: Vec<Pair>,
}

impl Pairs {
    /// The code of a pair, if it was seen.
    #[inline]
    pub(super) fn find(&self, name: u32, value: u32) -> Option<u32> {
        let key = key(name, value);
        self.index.find(mix(key), |entry| entry.0 == key).map(|entry| entry.1)
    }

    /// The code of a pair, new or known.
    pub(super) fn code(&mut self, name: u32, value: u32) -> u32 {
        if let Some(code) = self.find(name, value) {
            return code;
        }
        let (key, code) = (key(name, value), self.list.len() as u32);
        self.list.push(Pair { name, value, series: 0, uncovered: 0 });
        self.index.insert_unique(mix(key), (key, code), |entry| mix(entry.0));
        code
    }

    /// Adds to the totals of a pair. Sums wrap as those of promtool do.
    #[inline]
    pub(super) fn add(&mut self, code: u32, series: u64, uncovered: u64) {
        let pair = &mut self.list[code as usize];
        pair.series += series;
        pair.uncovered = pair.uncovered.wrapping_add(uncovered);
    }

    /// Adds the pairs of another part; the codes here of its codes.
    pub(super) fn append(&mut self, other: &[Pair]) -> Vec<u32> {
        let add = |pair: &Pair| {
            let code = self.code(pair.name, pair.value);
            self.add(code, pair.series, pair.uncovered);
            code
        };
        other.iter().map(add).collect()
    }
}

fn key(name: u32, value: u32) -> u64 {
    u64::from(name) << 32 | u64::from(value)
}
