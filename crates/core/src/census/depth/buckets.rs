//! Neighbouring buckets of a histogram that always hold the same: between their bounds nothing was
//! observed.

use std::collections::BTreeMap;

use super::local::{Local, LocalColumn};

/// Two neighbouring bounds between which no histogram has an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleBucket {
    /// The lower bound, as `le` has it.
    pub above: String,
    /// The upper bound, as `le` has it: the bucket that could go, unless it is the infinite one.
    pub le: String,
    /// Histograms that have both buckets.
    pub histograms: u64,
}

/// What the histograms say about two neighbouring bounds.
#[derive(Default)]
struct Seen {
    histograms: u64,
    /// Those with an observation anywhere: an empty one says nothing about bounds.
    used: u64,
    differing: u64,
}

/// The neighbouring buckets that never differ, by their bounds; none where there are no values.
pub(super) fn idle(local: &Local<'_>) -> Vec<IdleBucket> {
    let le = local.columns.iter().find(|column| column.name == "le");
    let Some(le) = le.filter(|_| local.metric().ends_with("_bucket")) else { return Vec::new() };
    let bounds: Vec<Option<f64>> = le.values.iter().map(|value| bound(le, value.code)).collect();
    let mut buckets: Vec<Bucket> = Vec::with_capacity(local.rows.len());
    for (at, &row) in local.rows.iter().enumerate() {
        let code = le.codes[at];
        let value = local.group.notes.value(row as usize);
        if let (Some(bound), Some(value)) = (bounds[code as usize], value) {
            let histogram = local.hashes[at].wrapping_sub(le.hash(code));
            buckets.push(Bucket { histogram, bound, code, value });
        }
    }
    buckets.sort_unstable_by(|a, b| {
        a.histogram.cmp(&b.histogram).then(a.bound.total_cmp(&b.bound)).then(a.code.cmp(&b.code))
    });
    let mut seen: BTreeMap<(u32, u32), Seen> = BTreeMap::new();
    for histogram in buckets.chunk_by(|a, b| a.histogram == b.histogram) {
        let is_used = histogram.iter().any(|bucket| bucket.value != 0.0);
        for pair in histogram.windows(2) {
            let seen = seen.entry((pair[0].code, pair[1].code)).or_default();
            seen.histograms += 1;
            seen.used += u64::from(is_used);
            seen.differing += u64::from(pair[0].value.to_bits() != pair[1].value.to_bits());
        }
    }
    let idle = seen.into_iter().filter(|(_, seen)| seen.used > 0 && seen.differing == 0);
    let mut idle: Vec<((u32, u32), Seen)> = idle.collect();
    let bound = |code: u32| bounds[code as usize].unwrap_or(f64::INFINITY);
    idle.sort_by(|((_, a), _), ((_, b), _)| bound(*a).total_cmp(&bound(*b)));
    let text = |code: u32| le.dictionary.value(le.values[code as usize].code).to_owned();
    let tell = |((above, le), seen): ((u32, u32), Seen)| IdleBucket {
        above: text(above),
        le: text(le),
        histograms: seen.histograms,
    };
    idle.into_iter().map(tell).collect()
}

struct Bucket {
    /// The hash of the series without its bound.
    histogram: u64,
    bound: f64,
    code: u32,
    value: f64,
}

fn bound(le: &LocalColumn<'_>, code: u32) -> Option<f64> {
    le.dictionary.value(code).parse().ok().filter(|bound: &f64| !bound.is_nan())
}
