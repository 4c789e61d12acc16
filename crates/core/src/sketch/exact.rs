//! An exact set of hashes, reused from count to count so that counting allocates once.

use super::mix;

/// Slots are empty at this value; a hash that equals it is kept in a flag instead.
const EMPTY: u64 = 0;

/// An open-addressing set of 64-bit hashes.
#[derive(Debug, Default)]
pub struct DistinctSet {
    slots: Vec<u64>,
    len: usize,
    has_empty: bool,
}

impl DistinctSet {
    /// Makes it empty, with room for `expected` hashes.
    pub fn reset(&mut self, expected: usize) {
        let slots = (expected * 2).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(slots, EMPTY);
        self.len = 0;
        self.has_empty = false;
    }

    /// Adds a hash; true when it was not there.
    pub fn insert(&mut self, hash: u64) -> bool {
        if hash == EMPTY {
            self.len += usize::from(!self.has_empty);
            return !std::mem::replace(&mut self.has_empty, true);
        }
        if (self.len + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = mix(hash) as usize & mask;
        loop {
            match self.slots[at] {
                EMPTY => {
                    self.slots[at] = hash;
                    self.len += 1;
                    return true;
                }
                found if found == hash => return false,
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// How many distinct hashes it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many distinct hashes `hashes` holds; forgets what was there.
    pub fn count(&mut self, hashes: impl ExactSizeIterator<Item = u64>) -> usize {
        self.reset(hashes.len());
        for hash in hashes {
            self.insert(hash);
        }
        self.len
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        let has_empty = self.has_empty;
        self.reset(old.len().max(8));
        for hash in old.into_iter().filter(|&hash| hash != EMPTY) {
            self.insert(hash);
        }
        self.has_empty = has_empty;
        self.len += usize::from(has_empty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn counts_like_a_tree_set(hashes in proptest::collection::vec(0u64..40, 0..200)) {
            let mut set = DistinctSet::default();
            set.reset(0);
            let mut model = BTreeSet::new();
            for hash in hashes {
                prop_assert_eq!(set.insert(hash), model.insert(hash));
                prop_assert_eq!(set.len(), model.len());
            }
        }
    }
}
