//! Which two to four labels together make a metric large, and which can go at once: a greedy walk
//! up the lattice of label sets.
//!
//! *without* falls as a set grows: what is left without a set is at most what is left without a
//! part of it, at least as much divided by the values of the label that was added, and at least
//! the values of any label that stays. So most sets need not be counted.

use std::collections::{BTreeMap, BTreeSet};

use super::collisions::{self, Collisions};
use super::dependencies::Dependencies;
use super::local::Local;

/// Labels of a set at most.
const LARGEST: usize = 4;

/// Sets of one size that are extended.
const EXTENDED: usize = 16;

/// Sets of one size that are told.
const TOLD: usize = 3;

/// Labels that are tried, those with the most values; a set is a mask of them.
const TRIED: usize = 64;

/// Labels that go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSet {
    /// By name.
    pub labels: Vec<String>,
    /// Distinct series that would be left without them.
    pub without: u64,
    /// What merges.
    pub collisions: Option<Collisions>,
}

/// Series left, then the set: as a mask of [`Search::tried`].
type Counted = (u64, u64);

struct Search<'a, 'b> {
    local: &'a Local<'b>,
    /// The labels that are tried, as places in the columns.
    tried: Vec<usize>,
    /// Series left without each set that was counted.
    left: BTreeMap<u64, u64>,
}

/// The sets that leave the fewest series, the best first of each size. `singles` is what is left
/// without each label.
pub(super) fn best(
    local: &Local<'_>,
    singles: &[u64],
    dependencies: &Dependencies,
) -> Vec<LabelSet> {
    let mut tried: Vec<usize> =
        (0..local.columns.len()).filter(|&at| local.columns[at].values.len() > 1).collect();
    tried.sort_by_key(|&at| std::cmp::Reverse(local.columns[at].values.len()));
    tried.truncate(TRIED);
    tried.sort_unstable();
    let left = tried.iter().enumerate().map(|(bit, &at)| (1 << bit, singles[at])).collect();
    let mut search = Search { local, tried, left };
    let mut level: Vec<Counted> = search.left.iter().map(|(&set, &left)| (left, set)).collect();
    level.sort_unstable();
    let blocks = search.blocks(dependencies);
    let mut told = Vec::new();
    for size in 2..=LARGEST {
        level = search.extend(&level, blocks.iter().filter(|set| set.count_ones() == size as u32));
        let needed: Vec<Counted> =
            level.iter().copied().filter(|&set| search.needs_all(set)).take(TOLD).collect();
        told.extend(needed.into_iter().map(|set| search.tell(set)));
    }
    told
}

/// Labels that can go at once while all series stay apart, and their bytes; those with more bytes
/// go first. Labels of the `targets` stay: they say whose series these are.
pub(super) fn removable(
    local: &Local<'_>,
    singles: &[u64],
    targets: &BTreeSet<&str>,
) -> (Vec<String>, u64) {
    let may_go =
        |at: &usize| singles[*at] == local.series() && !targets.contains(local.columns[*at].name);
    let mut order: Vec<usize> = (0..local.columns.len()).filter(may_go).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(local.columns[at].bytes()), at));
    let mut hashes = local.hashes.clone();
    let mut gone: Vec<usize> = Vec::new();
    for at in order {
        let mut without = hashes.clone();
        local.columns[at].take_from(&mut without);
        if local.count(without.iter().copied()) == local.series() {
            hashes = without;
            gone.push(at);
        }
    }
    gone.sort_unstable();
    let bytes = gone.iter().map(|&at| local.columns[at].bytes()).sum();
    (gone.iter().map(|&at| local.columns[at].name.to_owned()).collect(), bytes)
}

impl Search<'_, '_> {
    /// The columns of a set.
    fn columns(&self, set: u64) -> Vec<usize> {
        let bits = self.tried.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
        bits.map(|(_, &at)| at).collect()
    }

    /// Each label with those that determine it: as long as one of them stays, nothing merges, so
    /// that no step by a single label finds the set.
    fn blocks(&self, dependencies: &Dependencies) -> Vec<u64> {
        let bit = |at: &usize| self.tried.binary_search(at).ok();
        let block = |(own, &at): (usize, &usize)| {
            let bits = dependencies.single(at).iter().filter_map(bit);
            bits.fold(1u64 << own, |set, bit| set | 1 << bit)
        };
        self.tried.iter().enumerate().map(block).collect()
    }

    /// The best sets with one label more than those of `level`, and the best of `blocks`.
    fn extend<'s>(
        &mut self,
        level: &[Counted],
        blocks: impl Iterator<Item = &'s u64>,
    ) -> Vec<Counted> {
        let mut best: Vec<Counted> = Vec::new();
        for &set in blocks {
            self.count(set);
            push(&mut best, (self.left[&set], set));
        }
        for &(left, set) in level {
            let hashes = self.local.hashes_without(&self.columns(set));
            let rows = self.local.distinct(&hashes);
            for bit in (0..self.tried.len()).filter(|bit| set >> bit & 1 == 0) {
                let more = set | 1 << bit;
                let worst = best.get(EXTENDED - 1).map_or(u64::MAX, |worst| worst.0);
                if self.left.contains_key(&more) || self.least(left, set, bit) > worst {
                    continue;
                }
                let column = &self.local.columns[self.tried[bit]];
                let rows = rows.iter().map(|&row| row as usize);
                let hash = |row: usize| hashes[row].wrapping_sub(column.hash(column.codes[row]));
                let left = self.local.count(rows.map(hash));
                self.left.insert(more, left);
                push(&mut best, (left, more));
            }
        }
        best
    }

    /// Fewer series than this cannot be left without a set and one label more.
    fn least(&self, left: u64, set: u64, bit: usize) -> u64 {
        let values = |bit: usize| self.local.columns[self.tried[bit]].values.len() as u64;
        let staying = (0..self.tried.len()).filter(|&other| other != bit && set >> other & 1 == 0);
        staying.map(values).max().unwrap_or(1).max(left.div_ceil(values(bit)))
    }

    fn count(&mut self, set: u64) {
        if !self.left.contains_key(&set) {
            let hashes = self.local.hashes_without(&self.columns(set));
            self.left.insert(set, self.local.count(hashes.into_iter()));
        }
    }

    /// Whether more series would be left without any of its labels.
    fn needs_all(&mut self, (left, set): Counted) -> bool {
        let bits = (0..self.tried.len()).filter(|bit| set >> bit & 1 == 1);
        let mut parts = bits.map(|bit| set & !(1u64 << bit));
        parts.all(|part| {
            self.count(part);
            self.left[&part] > left
        })
    }

    fn tell(&self, (without, set): Counted) -> LabelSet {
        let columns = self.columns(set);
        let labels = columns.iter().map(|&at| self.local.columns[at].name.to_owned()).collect();
        LabelSet { labels, without, collisions: collisions::of(self.local, &columns) }
    }
}

/// Adds a set to the best ones, which stay sorted and few.
fn push(best: &mut Vec<Counted>, set: Counted) {
    if let Err(at) = best.binary_search(&set)
        && at < EXTENDED
    {
        best.insert(at, set);
        best.truncate(EXTENDED);
    }
}
