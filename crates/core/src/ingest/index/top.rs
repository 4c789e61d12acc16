//! The largest of many counts, without keeping them all.

use std::cmp::Ordering;

/// Entries kept besides those wanted, so that few of them are ever compared.
const SPARE: usize = 1024;

/// The entries with the highest counts; of equal counts the lowest entries.
pub(super) struct Top<T> {
    /// How many are wanted; 0 for all.
    most: usize,
    /// No entry below this count can be among them.
    least: u64,
    entries: Vec<(u64, T)>,
}

impl<T: Ord> Top<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, least: 0, entries: Vec::new() }
    }

    pub(super) fn add(&mut self, count: u64, entry: T) {
        if count < self.least {
            return;
        }
        self.entries.push((count, entry));
        if self.most > 0 && self.entries.len() >= 2 * self.most + SPARE {
            self.entries.select_nth_unstable_by(self.most - 1, order);
            self.entries.truncate(self.most);
            self.least = self.entries[self.most - 1].0;
        }
    }

    /// The entries, highest first.
    pub(super) fn finish(mut self) -> Vec<(u64, T)> {
        self.entries.sort_unstable_by(order);
        if self.most > 0 {
            self.entries.truncate(self.most);
        }
        self.entries
    }
}

fn order<T: Ord>(a: &(u64, T), b: &(u64, T)) -> Ordering {
    b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..<_>::default() })]
        #[test]
        fn keeps_what_sorting_would(
            counts in proptest::collection::vec(0u64..50, 0..4000),
            most in 0usize..200,
        ) {
            let mut top = Top::new(most);
            let mut all: Vec<(u64, usize)> = Vec::new();
            for (at, count) in counts.into_iter().enumerate() {
                top.add(count, at);
                all.push((count, at));
            }
            all.sort_by_key(|&(count, at)| (std::cmp::Reverse(count), at));
            all.truncate(if most == 0 { usize::MAX } else { most });
            prop_assert_eq!(top.finish(), all);
        }
    }
}
