//! Who gets which target: Prometheus's hashmod, and the balanced assignment it is compared with.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::TargetLoad;
use crate::relabel::hash;

/// The temporary label that holds the host of `__address__` where a plan shards by host.
pub const HOST_LABEL: &str = "__tmp_host";

/// What `action: hashmod` writes for the joined source values: the last eight bytes of their MD5,
/// big-endian, modulo `modulus` (`model/relabel/relabel.go`, all versions). A modulus of 0, which
/// Prometheus refuses, counts as 1.
pub fn hashmod(value: &str, modulus: u64) -> u64 {
    hash(value) % modulus.max(1)
}

/// The shard of a target under hashmod on its `source_labels`, joined by `;`.
pub fn shard_of(target: &TargetLoad, source_labels: &[String], shards: u64) -> u64 {
    target_hash(target, source_labels) % shards.max(1)
}

/// The host of an address: all before a final `:` and digits, as the regex `(.*?)(?::\d+)?` has it.
pub fn host(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => address,
    }
}

/// Shards for weights, each heaviest next to the least loaded shard (longest processing time
/// first): at most 4/3 of the best possible. Equal weights keep their order, equal shards go to
/// the lower index.
pub fn balanced(weights: &[u64], shards: u64) -> Vec<u64> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&at| Reverse(weights[at]));
    let mut loads: BinaryHeap<Reverse<(u64, u64)>> =
        (0..shards.max(1)).map(|shard| Reverse((0, shard))).collect();
    let mut assigned = vec![0; weights.len()];
    for at in order {
        if let Some(Reverse((load, shard))) = loads.pop() {
            assigned[at] = shard;
            loads.push(Reverse((load.saturating_add(weights[at]), shard)));
        }
    }
    assigned
}

/// An assignment made even by few moves: as long as the fullest shard has more than a hundredth above
/// [`lower_bound`], it gives the weight that comes nearest to half its lead over the emptiest one. Where
/// that ends too early, [`balanced`] if it is better.
pub fn rebalanced(weights: &[u64], assigned: &[u64], shards: u64) -> Vec<u64> {
    let bound = lower_bound(weights, shards);
    let good = |load: u64| load <= bound + bound / 100;
    let mut assigned = assigned.to_vec();
    let mut loads = loads(weights, &assigned, shards);
    let mut held: Vec<BTreeSet<(u64, usize)>> = vec![BTreeSet::new(); loads.len()];
    for (at, shard) in assigned.iter().enumerate() {
        held[*shard as usize].insert((weights[at], at));
    }
    // Each move makes the sum of the squared loads smaller, so that this ends.
    while let Some((fullest, emptiest)) = extremes(&loads).filter(|(most, _)| !good(loads[*most])) {
        let lead = loads[fullest] - loads[emptiest];
        let below = held[fullest].range(..=(lead / 2, usize::MAX)).next_back();
        let above = held[fullest].range((lead / 2 + 1, 0)..(lead, 0)).next();
        let candidates = below.into_iter().chain(above).filter(|(weight, _)| *weight > 0);
        let best = candidates.min_by_key(|(weight, at)| (weight.abs_diff(lead / 2), *at)).copied();
        let Some((weight, at)) = best else { break };
        held[fullest].remove(&(weight, at));
        held[emptiest].insert((weight, at));
        loads[fullest] -= weight;
        loads[emptiest] += weight;
        assigned[at] = emptiest as u64;
    }
    let largest = loads.into_iter().max().unwrap_or(0);
    let by_weight = balanced(weights, shards);
    if !good(largest) && largest_load(weights, &by_weight, shards) < largest {
        return by_weight;
    }
    assigned
}

/// The fullest and the emptiest shard, the first of equal ones.
fn extremes(loads: &[u64]) -> Option<(usize, usize)> {
    let fullest = (0..loads.len()).max_by_key(|at| (loads[*at], Reverse(*at)))?;
    Some((fullest, (0..loads.len()).min_by_key(|at| (loads[*at], *at))?))
}

/// No assignment has a smaller largest shard than this: the mean, rounded up, or the largest weight.
pub fn lower_bound(weights: &[u64], shards: u64) -> u64 {
    let total: u64 = weights.iter().fold(0, |sum, weight| sum.saturating_add(*weight));
    let largest = weights.iter().copied().max().unwrap_or(0);
    total.div_ceil(shards.max(1)).max(largest)
}

/// The load of the fullest shard of an assignment.
pub fn largest_load(weights: &[u64], assigned: &[u64], shards: u64) -> u64 {
    loads(weights, assigned, shards).into_iter().max().unwrap_or(0)
}

/// The load of each shard.
pub(super) fn loads(weights: &[u64], assigned: &[u64], shards: u64) -> Vec<u64> {
    let mut loads = vec![0u64; usize::try_from(shards.max(1)).unwrap_or(1)];
    for (weight, shard) in weights.iter().zip(assigned) {
        if let Some(load) = usize::try_from(*shard).ok().and_then(|at| loads.get_mut(at)) {
            *load = load.saturating_add(*weight);
        }
    }
    loads
}

/// The hash of a target, before the modulus: computed once, used for every number of shards.
pub(super) fn target_hash(target: &TargetLoad, source_labels: &[String]) -> u64 {
    hash(&hashed_values(target, source_labels))
}

/// What is hashed of a target.
pub(super) fn hashed_values(target: &TargetLoad, source_labels: &[String]) -> String {
    let values: Vec<&str> = source_labels.iter().map(|name| target.label(name)).collect();
    values.join(";")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shard::plan::tests::config;

    #[test]
    fn hashmod_is_the_servers() {
        assert_eq!(hashmod("10.0.0.1:9090", 1_000_000), 877_889);
        assert_eq!(hashmod("foo;bar", u64::MAX), 15_973_639_978_189_266_750);
        assert_eq!(hashmod("", 1000), 958);
        assert_eq!(hashmod("x", 0), 0);
    }

    #[test]
    fn hosts_lose_their_port_only() {
        for (address, want) in [
            ("10.0.0.1:9090", "10.0.0.1"),
            ("app.bank", "app.bank"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("host:http", "host:http"),
            ("host:", "host:"),
            ("", ""),
        ] {
            assert_eq!(host(address), want, "{address}");
        }
    }

    /// The largest shard of the best assignment, by trying all of them.
    fn best(weights: &[u64], shards: u64) -> u64 {
        let mut best = u64::MAX;
        for mut code in 0..shards.pow(u32::try_from(weights.len()).unwrap()) {
            let digit = |_| {
                let shard = code % shards;
                code /= shards;
                shard
            };
            let assigned: Vec<u64> = (0..weights.len()).map(digit).collect();
            best = best.min(largest_load(weights, &assigned, shards));
        }
        best
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn balanced_is_within_four_thirds_of_the_best(
            weights in prop::collection::vec(0u64..100, 1..8), shards in 1u64..4,
        ) {
            let load = largest_load(&weights, &balanced(&weights, shards), shards);
            let best = best(&weights, shards);
            prop_assert!(best >= lower_bound(&weights, shards));
            // 4/3 - 1/(3 shards) of the best, in integers.
            prop_assert!(load * 3 * shards <= best * (4 * shards - 1), "{load} of {best}");
        }

        /// The distribution is that of real fleets: most targets small, some a hundred times as large.
        #[test]
        fn rebalanced_is_within_two_hundredths_of_the_lower_bound(
            sizes in prop::collection::vec((0u32..8, 100u64..200), 240..600), shards in 1u64..9,
        ) {
            let weights: Vec<u64> = sizes.iter().map(|(double, size)| size << double).collect();
            let hashed: Vec<u64> =
                (0..weights.len()).map(|at| hashmod(&at.to_string(), shards)).collect();
            let assigned = rebalanced(&weights, &hashed, shards);
            let load = largest_load(&weights, &assigned, shards);
            prop_assert!(load as f64 <= 1.02 * lower_bound(&weights, shards) as f64);
            let moved = assigned.iter().zip(&hashed).filter(|(now, then)| now != then).count();
            prop_assert!(moved <= weights.len() / 2, "{moved} of {} moved", weights.len());
        }

        #[test]
        fn rebalanced_is_never_worse(
            weights in prop::collection::vec(0u64..100, 1..30), shards in 1u64..6,
        ) {
            let hashed: Vec<u64> =
                (0..weights.len()).map(|at| hashmod(&at.to_string(), shards)).collect();
            let assigned = rebalanced(&weights, &hashed, shards);
            prop_assert!(assigned.iter().all(|shard| *shard < shards));
            let load = |assigned: &[u64]| largest_load(&weights, assigned, shards);
            prop_assert!(load(&assigned) <= load(&hashed));
        }

        #[test]
        fn balanced_is_within_a_target_of_the_lower_bound(
            weights in prop::collection::vec(0u64..10_000, 1..300), shards in 1u64..20,
        ) {
            let assigned = balanced(&weights, shards);
            prop_assert!(assigned.iter().all(|shard| *shard < shards));
            let load = largest_load(&weights, &assigned, shards);
            let mean = weights.iter().sum::<u64>() / shards;
            prop_assert!(load >= lower_bound(&weights, shards));
            prop_assert!(load <= mean + 1 + weights.iter().max().unwrap());
        }
    }
}
