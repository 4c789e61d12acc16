//! Conversion for embedders that keep their counts in the crate `hyperloglogplus` (feature of the
//! same name). Of untrusted bytes read [`Registers`](super::Registers), not its own: it checks none.

use std::hash::{BuildHasherDefault, Hasher};

use ::hyperloglogplus::{HyperLogLog, HyperLogLogPlus};

use super::Counter;

/// Passes on a `u64` that is a well mixed hash already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0 << 8 | u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Counts hashes.
pub type HashCounts = HyperLogLogPlus<u64, BuildHasherDefault<Hashed>>;

/// The state that the counter's hashes would have brought about there, at the same precision.
/// Hashes that are inserted later must be mixed as [`Counter::insert`] wants them.
pub fn convert(counter: &Counter) -> HashCounts {
    let precision = counter.precision();
    let mut counts = HashCounts::new(precision, BuildHasherDefault::default())
        .expect("both take 4 to 18, and this one no more");
    match counter.registers() {
        None => counter.hashes().iter().flatten().for_each(|hash| counts.insert(hash)),
        Some(registers) => {
            let rest = u64::BITS - u32::from(precision);
            for (at, &register) in registers.as_bytes().iter().enumerate() {
                // A hash of this register with the longest run that it has seen.
                let run = u32::from(register >> 2);
                let one = rest.checked_sub(run).map_or(0, |bit| 1 << bit);
                if run > 0 {
                    counts.insert(&((at as u64) << rest | one));
                }
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::mix;

    #[test]
    fn a_converted_counter_goes_on_as_if_it_had_seen_all() {
        for seen in [0u64, 10, 200, 5000, 300_000] {
            let mut counter = Counter::new(10);
            let mut direct = HashCounts::new(10, BuildHasherDefault::default()).unwrap();
            for at in 0..seen {
                counter.insert(mix(at));
                direct.insert(&mix(at));
            }
            let mut converted = convert(&counter);
            for at in seen..seen + 20_000 {
                converted.insert(&mix(at));
                direct.insert(&mix(at));
            }
            assert!((converted.count() - direct.count()).abs() < 1e-9, "{seen}");
        }
    }
}
