//! A count of distinct hashes in bounded memory: exact up to a fixed number, then by registers.

use hashbrown::HashTable;

use super::Registers;

/// A set of this share of the registers takes as much memory as they do.
const HASHES_A_REGISTER: usize = 16;

/// Bytes that a kept hash takes, free slots included.
const HASH_BYTES: usize = 16;

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Count {
    /// The number; rounded where it is not exact.
    pub value: u64,
    /// Its relative standard error; 0 where it is exact.
    pub error: f64,
}

/// Counts distinct hashes. What it holds depends on the set of hashes alone, not on their order
/// nor on how they were spread over counters that were merged.
#[derive(Debug, Clone)]
pub struct Counter {
    precision: u8,
    held: Held,
}

#[derive(Debug, Clone)]
enum Held {
    Hashes(HashTable<u64>),
    Registers(Registers),
}

impl Counter {
    /// An empty one that is exact up to 2^(`precision` - 4) hashes and takes 2^`precision` bytes
    /// past them.
    ///
    /// # Panics
    /// When `precision` is not from 4 to 18.
    pub fn new(precision: u8) -> Self {
        assert!((4..=18).contains(&precision), "16 to 262,144 registers");
        Self { precision, held: Held::Hashes(HashTable::new()) }
    }

    /// The number of registers is 2 to this.
    pub fn precision(&self) -> u8 {
        self.precision
    }

    /// How many hashes it counts exactly.
    pub fn exact_up_to(&self) -> usize {
        (1 << self.precision) / HASHES_A_REGISTER
    }

    /// Adds a hash, all of whose bits are well mixed ([`super::mix`]).
    #[inline]
    pub fn insert(&mut self, hash: u64) {
        match &mut self.held {
            Held::Registers(registers) => registers.insert(hash),
            Held::Hashes(hashes) => {
                hashes.entry(hash, |&held| held == hash, |&held| held).or_insert(hash);
                if hashes.len() > self.exact_up_to() {
                    self.spill();
                }
            }
        }
    }

    fn spill(&mut self) {
        if let Held::Hashes(hashes) = &self.held {
            let mut registers = Registers::new(self.precision);
            hashes.iter().for_each(|&hash| registers.insert(hash));
            self.held = Held::Registers(registers);
        }
    }

    /// Adds the hashes of `other`.
    ///
    /// # Panics
    /// When the precisions differ.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.precision, other.precision, "counters of one precision are merged");
        match &other.held {
            Held::Hashes(hashes) => hashes.iter().for_each(|&hash| self.insert(hash)),
            Held::Registers(theirs) => {
                self.spill();
                if let Held::Registers(registers) = &mut self.held {
                    registers.merge(theirs);
                }
            }
        }
    }

    /// How many distinct hashes it has seen.
    pub fn count(&self) -> Count {
        match &self.held {
            Held::Hashes(hashes) => Count { value: hashes.len() as u64, error: 0.0 },
            Held::Registers(registers) => {
                #[expect(clippy::cast_sign_loss, reason = "an estimate is not negative")]
                let value = registers.estimate().round() as u64;
                Count { value, error: registers.error() }
            }
        }
    }

    /// Bytes that it takes: the same for equal sets, and never fewer for a larger one.
    pub fn bytes(&self) -> usize {
        match &self.held {
            Held::Hashes(hashes) => hashes.len() * HASH_BYTES,
            Held::Registers(registers) => registers.as_bytes().len(),
        }
    }

    /// The hashes in ascending order, while it is exact.
    pub fn hashes(&self) -> Option<Vec<u64>> {
        let Held::Hashes(hashes) = &self.held else { return None };
        let mut hashes: Vec<u64> = hashes.iter().copied().collect();
        hashes.sort_unstable();
        Some(hashes)
    }

    /// The registers, where it is not exact.
    pub fn registers(&self) -> Option<&Registers> {
        match &self.held {
            Held::Hashes(_) => None,
            Held::Registers(registers) => Some(registers),
        }
    }

    /// A counter of these registers.
    pub fn of_registers(registers: Registers) -> Self {
        let precision = registers.as_bytes().len().trailing_zeros() as u8;
        Self { precision, held: Held::Registers(registers) }
    }
}

impl PartialEq for Counter {
    fn eq(&self, other: &Self) -> bool {
        self.precision == other.precision
            && self.registers() == other.registers()
            && self.hashes() == other.hashes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::mix;
    use proptest::prelude::*;

    const PRECISION: u8 = 8;

    fn of(hashes: impl IntoIterator<Item = u64>) -> Counter {
        let mut counter = Counter::new(PRECISION);
        hashes.into_iter().for_each(|hash| counter.insert(mix(hash)));
        counter
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn only_the_set_matters(
            hashes in proptest::collection::vec(0u64..100, 0..120),
            cuts in (0usize..120, 0usize..120),
        ) {
            let whole = of(hashes.iter().copied());
            prop_assert_eq!(&of(hashes.iter().rev().copied()), &whole);
            let (from, to) = (cuts.0.min(cuts.1).min(hashes.len()), cuts.0.max(cuts.1).min(hashes.len()));
            let parts = [of(hashes[..from].to_vec()), of(hashes[from..to].to_vec()), of(hashes[to..].to_vec())];
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                let mut left = parts[order[0]].clone();
                left.merge(&parts[order[1]]);
                left.merge(&parts[order[2]]);
                prop_assert_eq!(&left, &whole);
                let mut right = parts[order[1]].clone();
                right.merge(&parts[order[2]]);
                let mut all = parts[order[0]].clone();
                all.merge(&right);
                prop_assert_eq!(&all, &whole);
            }
            prop_assert!(parts.iter().all(|part| part.bytes() <= whole.bytes()));
            if let Some(registers) = whole.registers() {
                let read = Registers::from_bytes(registers.as_bytes());
                prop_assert_eq!(read.as_ref(), Some(registers));
            }
        }

        #[test]
        fn registers_that_no_set_leads_to_are_refused(at in 0usize..256, state in any::<u8>()) {
            let mut bytes = vec![0; 256];
            bytes[at] = state;
            // Runs from 1 to 57 with 8 bits for the register; nothing below 1 was ever seen.
            let (run, below) = (state >> 2, state & 3);
            let possible = state == 0
                || (1..=57).contains(&run) && (run > 1 || below == 0) && (run != 2 || below & 1 == 0);
            prop_assert_eq!(Registers::from_bytes(&bytes).is_some(), possible);
        }
    }

    #[test]
    fn few_are_counted_exactly() {
        let mut counter = of(0..16);
        assert_eq!(counter.count(), Count { value: 16, error: 0.0 });
        counter.insert(mix(3));
        assert_eq!(counter.count().value, 16);
        counter.insert(mix(16));
        assert!(counter.count().error > 0.0);
    }

    /// Three standard errors of the mean and of the root mean square over 200 fixed seeds.
    #[test]
    fn many_are_counted_within_the_error() {
        const TRIALS: u64 = 200;
        for n in [60u64, 300, 3000, 30_000] {
            let errors: Vec<f64> = (0..TRIALS)
                .map(|seed| {
                    let counter = of((0..n).map(|at| seed << 32 | at));
                    counter.count().value as f64 / n as f64 - 1.0
                })
                .collect();
            let theory = ERROR_AT_8;
            let mean = errors.iter().sum::<f64>() / TRIALS as f64;
            let square = errors.iter().map(|error| error * error).sum::<f64>() / TRIALS as f64;
            assert!(mean.abs() < 3.0 * theory / (TRIALS as f64).sqrt(), "{n}: mean {mean}");
            assert!(
                square.sqrt() < theory * (1.0 + 3.0 / (2.0 * TRIALS as f64).sqrt()),
                "{n}: {square}"
            );
        }
    }

    const ERROR_AT_8: f64 = 0.7609 / 16.0;
}
