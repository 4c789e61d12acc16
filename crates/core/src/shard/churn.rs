//! How even a sharding stays when its targets are replaced: hashmod has no memory, so that each new
//! set of addresses is a new throw of the dice.

use std::collections::HashMap;

/// Throws; the same ones for every plan, so that label sets are compared fairly.
const THROWS: u64 = 200;

/// The imbalance (largest over mean) of a fleet whose targets all got new names of the same weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Churn {
    /// Half of the throws are below.
    pub median: f64,
    /// Nineteen of twenty are below.
    pub p95: f64,
    /// The worst of the throws.
    pub worst: f64,
}

/// The distribution over new hashes for the hashes at hand. Targets that hash alike, such as those of
/// one namespace where that is hashed, stay together.
pub fn churn(weights: &[u64], hashes: &[u64], shards: u64) -> Churn {
    let mut units: HashMap<u64, u64> = HashMap::new();
    for (hash, weight) in hashes.iter().zip(weights) {
        *units.entry(*hash).or_default() += weight;
    }
    let mut units: Vec<(u64, u64)> = units.into_iter().collect();
    units.sort_unstable();
    let total: u64 = units.iter().map(|(_, weight)| weight).sum();
    let throw = |number: u64| {
        let mut loads = vec![0u64; shards as usize];
        for (hash, weight) in &units {
            loads[(mixed(hash ^ mixed(number)) % shards) as usize] += weight;
        }
        loads.into_iter().max().unwrap_or(0)
    };
    let mut largest: Vec<u64> = (1..=THROWS).map(throw).collect();
    largest.sort_unstable();
    let at = |share: f64| {
        #[expect(clippy::cast_sign_loss, reason = "both are positive")]
        let place = ((largest.len() as f64 * share).ceil() as usize).clamp(1, largest.len());
        let load = largest[place - 1] as f64;
        if total == 0 { 1.0 } else { load * shards as f64 / total as f64 }
    };
    Churn { median: at(0.5), p95: at(0.95), worst: at(1.0) }
}

/// `SplitMix64`, which spreads any change of its input over all bits.
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_small_targets_stay_even_and_few_large_ones_do_not() {
        let hashes: Vec<u64> = (0..10_000).map(mixed).collect();
        let many = churn(&vec![1; 10_000], &hashes, 4);
        assert!(many.median > 1.0 && many.worst < 1.1, "{many:?}");
        let few = churn(&[1; 8], &hashes[..8], 4);
        assert!(few.median >= 1.5 && few.p95 <= few.worst && few.worst >= 2.0, "{few:?}");
        assert!((churn(&[5; 8], &[7; 8], 4).median - 4.0).abs() < 1e-9, "one hash, one shard");
        assert!((churn(&[], &[], 4).worst - 1.0).abs() < 1e-9);
    }
}
