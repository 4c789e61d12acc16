//! Anonymous resident memory beside the live heap: garbage, pages, stacks.

use super::terms::Situation;

/// Keys, units and meanings of what [`resident`] gives the quantities of, in its order.
pub const RESIDENT: [(&str, &str, &str); 6] = [
    (
        "start_heap",
        "bytes per byte that GOGC allows beside the live heap",
        "garbage of the first scrapes, which the runtime keeps for the heap to grow again",
    ),
    (
        "start_page",
        "bytes per byte of a mean target's page",
        "body of a first scrape, whose buffer doubles from 1 kB, and what its lines are made into while the heap is collected (scrape/scrape.go)",
    ),
    (
        "goal_heap",
        "bytes per byte of garbage until the next collection",
        "the heap at its goal, or after the two minutes that are the longest between collections (runtime/mgcpacer.go)",
    ),
    (
        "goal_cut",
        "bytes per byte of chunks that were cut together, and as much as GOGC allows for them",
        "full chunks that wait up to a minute to be written and mapped (tsdb/head.go)",
    ),
    (
        "resident_target",
        "bytes per target",
        "stacks of a scrape loop and of the two goroutines of its connection",
    ),
    ("resident_base", "bytes", "stacks, spans and tables of the runtime itself"),
];

/// Key, unit and meaning of the price of what [`block_cut`] gives.
pub const BLOCK_CUT: (&str, &str, &str) = (
    "block_cut",
    "bytes per series of a head that a block was cut from, and as much as GOGC allows for them",
    "series and chunks on their way into the block, and series that went, until they are collected (tsdb/compact.go, tsdb/head.go)",
);

/// What [`BLOCK_CUT`] is the price of.
pub fn block_cut(it: &Situation<'_>) -> f64 {
    let cuts = !it.is_young() && !it.settings.agent;
    if cuts { it.load.series as f64 * (1.0 + it.allowed()) } else { 0.0 }
}

/// Seconds after which the runtime collects, whatever the heap's size (`runtime/proc.go`,
/// `forcegcperiod`).
const COLLECTED_AFTER: f64 = 120.0;

/// Collections since the one that the highest heap until now was allowed by: at one and a half, runs
/// whose series come and stay took a tenth more than was expected, at one they are met.
const COLLECTIONS_AGO: f64 = 1.0;

/// Quantities of anonymous resident memory beside the live heap, where so much is allocated a second:
/// what the start has left or what comes together until a collection, whichever costs more at these
/// prices.
pub fn resident(
    it: &Situation<'_>,
    live_heap: f64,
    allocated: f64,
    prices: &[f64; RESIDENT.len()],
) -> [f64; RESIDENT.len()] {
    let allowed = it.allowed();
    let start = [live_heap * it.exposed_share() * allowed, it.page_bytes];
    // Where series come and stay, the heap was smaller when its goal was set.
    let came = live_heap * it.new_series() / it.load.series.max(1) as f64;
    let since = COLLECTIONS_AGO * allowed * came / allocated.max(1.0);
    let goal = (live_heap * (1.0 + allowed) / (1.0 + since) - live_heap).max(0.0);
    // What is done beside scraping allocates as much as is allowed within the two minutes.
    let fast = it.has_cut() || !it.settings.beside.is_none();
    let garbage = if fast { goal } else { goal.min(allocated * COLLECTED_AFTER) };
    let steady = [garbage, it.cut_chunks() * (1.0 + allowed)];
    let cost = |of: [f64; 2], at: usize| of[0] * prices[at] + of[1] * prices[at + 1];
    let (targets, base) = (it.load.targets as f64, 1.0);
    if cost(start, 0) > cost(steady, 2) {
        [start[0], start[1], 0.0, 0.0, targets, base]
    } else {
        [0.0, 0.0, steady[0], steady[1], targets, base]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::load::Load;
    use super::super::settings::ServerSettings;
    use super::*;

    #[test]
    fn garbage_is_what_the_goal_or_the_time_allows() {
        let load = Load { series: 1_000_000, targets: 100, ..Load::default() };
        let of = |seconds, allocated| {
            let settings = ServerSettings {
                uptime: Duration::from_secs(seconds),
                ..ServerSettings::default()
            };
            let it =
                Situation { load: &load, settings: &settings, sample_bytes: 2.4, page_bytes: 0.0 };
            let [heap, page, garbage, cut, ..] =
                resident(&it, 1e9, allocated, &[0.5, 1.0, 1.0, 1.0, 0.0, 0.0]);
            [heap, page, garbage, cut].map(f64::to_bits)
        };
        // Half of the goal is left from the start, more than comes together in two minutes.
        assert_eq!(of(600, 1e6), [0.75e9, 0.0, 0.0, 0.0].map(f64::to_bits));
        assert_eq!(of(600, 4e6), [0.0, 0.0, 0.48e9, 0.0].map(f64::to_bits));
        assert_eq!(of(600, 9e6), [0.0, 0.0, 0.75e9, 0.0].map(f64::to_bits));
        // With chunks cut, whatever the rate.
        assert_eq!(of(7200, 1e6), [0.0, 0.0, 0.75e9, 1.75 * 512e6].map(f64::to_bits));
    }
}
