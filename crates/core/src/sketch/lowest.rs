//! The entries of lowest hash that a budget has room for: a sample, or a bound on what is tracked,
//! that depends on the set of entries alone.

use std::collections::BTreeMap;

/// Something that takes memory.
pub trait Cost {
    /// Bytes: the same for equal sets of what was added to it, and never fewer for a larger one.
    fn cost(&self) -> usize;
}

impl Cost for u32 {
    fn cost(&self) -> usize {
        // Key and value in a tree's node.
        16
    }
}

/// Entries by hash. Those of the highest hashes leave when the costs exceed the budget, and none
/// comes back: whoever stays has seen everything that was added to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowest<T> {
    entries: BTreeMap<u64, T>,
    cost: usize,
    budget: usize,
    /// The lowest hash that has left.
    left: Option<u64>,
}

impl<T: Cost> Lowest<T> {
    /// None yet, with room for costs up to `budget`.
    pub fn new(budget: usize) -> Self {
        Self { entries: BTreeMap::new(), cost: 0, budget, left: None }
    }

    /// What [`Lowest::iter`] and [`Lowest::left`] gave.
    pub fn of(budget: usize, entries: BTreeMap<u64, T>, left: Option<u64>) -> Self {
        let cost = entries.values().map(Cost::cost).sum();
        Self { entries, cost, budget, left }
    }

    /// Whether an entry of this hash is kept, or would be tried.
    #[inline]
    pub fn wants(&self, hash: u64) -> bool {
        self.left.is_none_or(|left| hash < left)
    }

    /// The lowest hash that has left, if any has.
    pub fn left(&self) -> Option<u64> {
        self.left
    }

    /// What the costs may come to.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// Whether the costs are within the budget: always, after [`Lowest::evict`] gave none.
    pub fn fits(&self) -> bool {
        self.cost <= self.budget
    }

    /// The summed costs of the entries.
    pub fn cost(&self) -> usize {
        self.cost
    }

    /// Whether this hash is among the entries.
    pub fn contains(&self, hash: u64) -> bool {
        self.entries.contains_key(&hash)
    }

    /// Takes an entry out, for now: it must come back by [`Lowest::put`].
    pub fn take(&mut self, hash: u64) -> Option<T> {
        let entry = self.entries.remove(&hash)?;
        self.cost -= entry.cost();
        Some(entry)
    }

    /// Adds an entry, or gives it back when its hash is not wanted.
    pub fn put(&mut self, hash: u64, entry: T) -> Option<T> {
        if !self.wants(hash) {
            return Some(entry);
        }
        self.cost += entry.cost();
        let before = self.entries.insert(hash, entry);
        debug_assert!(before.is_none(), "an entry is taken out before it is put back");
        self.cost -= before.map_or(0, |before| before.cost());
        None
    }

    /// Takes out the entry of the highest hash while the costs exceed the budget.
    pub fn evict(&mut self) -> Option<(u64, T)> {
        if self.fits() {
            return None;
        }
        let (hash, entry) = self.entries.pop_last()?;
        self.cost -= entry.cost();
        self.left = Some(hash);
        Some((hash, entry))
    }

    /// Takes out the entries from `hash` on, and wants none of them any more.
    pub fn cut(&mut self, hash: Option<u64>) -> Vec<(u64, T)> {
        let Some(hash) = hash.filter(|&hash| self.wants(hash)) else { return Vec::new() };
        self.left = Some(hash);
        let out = self.entries.split_off(&hash);
        self.cost -= out.values().map(Cost::cost).sum::<usize>();
        out.into_iter().collect()
    }

    /// The entries, by ascending hash.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.entries.iter().map(|(&hash, entry)| (hash, entry))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn add(lowest: &mut Lowest<u32>, hash: u64) {
        if lowest.wants(hash) && !lowest.contains(hash) {
            assert_eq!(lowest.put(hash, 1), None);
            while lowest.evict().is_some() {}
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_lowest_stay(hashes in proptest::collection::vec(0u64..60, 0..60)) {
            let mut lowest = Lowest::new(10 * 16);
            for &hash in &hashes {
                add(&mut lowest, hash);
            }
            let mut sorted: Vec<u64> = hashes.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(lowest.left(), sorted.get(10).copied());
            sorted.truncate(10);
            prop_assert_eq!(lowest.iter().map(|(hash, _)| hash).collect::<Vec<_>>(), sorted);
        }
    }
}
