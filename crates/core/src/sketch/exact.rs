//! An exact set of hashes, reused from count to count so that counting allocates once.

use super::mix;

/// Slots are empty at this value; a hash that equals it is kept in a flag instead.
const EMPTY: u64 = 0;

/// Odd, with its bits well mixed (2^64 over the golden ratio): spreads hashes over parts.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes that are counted at once, so that the set stays in the first-level cache: 2,048 hashes
/// take 32 KiB of slots.
const PART: usize = 2048;

/// Parts at most: more streams than this cost more to write than larger sets do.
const MOST_PARTS: usize = 256;

/// An open-addressing set of 64-bit hashes.
#[derive(Debug, Default)]
pub struct DistinctSet {
    slots: Vec<u64>,
    len: usize,
    has_empty: bool,
    /// Room for [`DistinctSet::count`]: the hashes by part.
    parted: Vec<u64>,
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

    /// How many distinct hashes `hashes` holds; forgets what was there. Many hashes are spread over
    /// parts by their mixed top bits and counted part by part: one set of them all would miss the
    /// cache at every insert. They are gone through twice, which is cheaper than to keep them.
    pub fn count(&mut self, hashes: impl ExactSizeIterator<Item = u64> + Clone) -> usize {
        if hashes.len() <= 2 * PART {
            return self.count_one(hashes);
        }
        let mut parted = std::mem::take(&mut self.parted);
        let ends = partition(hashes, &mut parted);
        let mut start = 0;
        let mut distinct = 0;
        for end in ends {
            distinct += self.count_one(parted[start..end].iter().copied());
            start = end;
        }
        self.parted = parted;
        distinct
    }

    /// Puts the places of the first of each distinct hash into `places`, ascending; forgets what was
    /// there.
    pub fn find_first(&mut self, hashes: &[u64], places: &mut Vec<u32>) {
        places.clear();
        // Nearly always all differ, and to count them is cheaper than to look each one up.
        if self.count(hashes.iter().copied()) == hashes.len() {
            places.extend(0..hashes.len() as u32);
            return;
        }
        self.reset(hashes.len());
        for (place, &hash) in hashes.iter().enumerate() {
            if self.insert(hash) {
                places.push(place as u32);
            }
        }
    }

    fn count_one(&mut self, hashes: impl ExactSizeIterator<Item = u64>) -> usize {
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

/// Sorts `hashes` by part into `parted` and gives where each part ends.
fn partition(
    hashes: impl ExactSizeIterator<Item = u64> + Clone,
    parted: &mut Vec<u64>,
) -> Vec<usize> {
    let parts = (hashes.len() / PART).next_power_of_two().clamp(2, MOST_PARTS);
    let shift = u64::BITS - parts.trailing_zeros();
    let part = |hash: u64| (hash.wrapping_mul(SPREAD) >> shift) as usize;
    let mut ends = vec![0; parts];
    for hash in hashes.clone() {
        ends[part(hash)] += 1;
    }
    let mut total = 0;
    for end in &mut ends {
        // First where the part starts; each hash then moves it on, up to the part's end.
        total += std::mem::replace(end, total);
    }
    parted.resize(hashes.len(), 0);
    for hash in hashes {
        let at = &mut ends[part(hash)];
        parted[*at] = hash;
        *at += 1;
    }
    ends
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

        #[test]
        fn many_are_counted_like_few(seed in any::<u64>(), range in 1u64..20_000, mixed in any::<bool>()) {
            let hash = |at: u64| {
                let hash = super::super::mix(seed ^ at) % range;
                if mixed { super::super::mix(hash) } else { hash }
            };
            let hashes: Vec<u64> = (0..20_000).map(hash).collect();
            let model: BTreeSet<u64> = hashes.iter().copied().collect();
            let mut set = DistinctSet::default();
            prop_assert_eq!(set.count(hashes.iter().copied()), model.len());
        }
    }
}
