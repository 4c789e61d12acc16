//! Workloads that were written when an earlier model was done; what they showed is in this one.

use super::grid::of;
use super::shapes::{bare, churning, families, group, labels, long, small, unique, zone};
use super::workload::Motion::{Constant, Counter, Noise};
use super::workload::Values::{PerTarget, Shared, Unique};
use super::workload::{LabelShape, Workload};

/// All of them, with shapes, intervals and numbers of targets that no other workload has.
pub(super) fn later() -> Vec<Workload> {
    vec![
        of("held-ten", 35, 10_000, 240, vec![group("ten", 2200, ten(), Counter)]),
        of("held-hashes", 6, 7000, 210, vec![group("hash", 9000, hashes(), Constant)]),
        of("held-fleet", 900, 12_000, 240, vec![group("zone", 60, zone(), Counter)]),
        fast(),
        restarts(),
        limited(),
        sent_twice(),
        dropped(),
        blend(),
    ]
}

/// A second between scrapes: chunks of all ages, half of them of noise.
fn fast() -> Workload {
    let groups = vec![group("zone", 1500, zone(), Noise), group("bare", 1500, bare(), Counter)];
    of("held-fast", 5, 1000, 330, groups)
}

/// Two kinds of series that others replace after 100 and 160 seconds, and one that stays.
fn restarts() -> Workload {
    let groups = vec![
        churning("ten", 1200, ten(), Counter, 25),
        churning("zone", 800, zone(), Counter, 40),
        group("small", 2000, small(), Constant),
    ];
    of("held-restarts", 12, 4000, 240, groups)
}

/// Under a GOMEMLIMIT of eight to nine tenths of what the model expects without.
fn limited() -> Workload {
    let groups = vec![group("ten", 1500, ten(), Counter), group("zone", 2000, zone(), Counter)];
    Workload { gomemlimit: Some(215_000_000), ..of("held-limit-zone", 28, 6000, 210, groups) }
}

/// Two queues, where the fit has one.
fn sent_twice() -> Workload {
    let groups = vec![group("zone", 1600, zone(), Counter), group("hash", 400, hashes(), Counter)];
    Workload { remote_writes: 2, ..of("held-remote-two", 22, 6000, 210, groups) }
}

/// Eight series dropped for one that is kept.
fn dropped() -> Workload {
    let groups = vec![
        group("zone", 1300, zone(), Counter),
        group("drop_ten", 7000, ten(), Counter),
        group("drop_bare", 3500, bare(), Counter),
    ];
    of("held-dropped", 14, 6000, 180, groups)
}

/// Some of everything, as a server of many teams has it.
fn blend() -> Workload {
    let groups = [
        families(60, 8, &zone(), Constant),
        vec![
            group("ten", 700, ten(), Counter),
            churning("hash", 150, hashes(), Counter, 12),
            group("long", 200, long(), Noise),
            group("unique", 120, unique(), Counter),
            group("drop_zone", 600, zone(), Counter),
        ],
    ];
    of("held-blend", 45, 8000, 240, groups.concat())
}

/// Ten labels of its own, most of them the target's.
fn ten() -> Vec<LabelShape> {
    [labels(1, 12, 32, Shared(300)), labels(2, 9, 10, Shared(9)), labels(7, 15, 28, PerTarget)]
        .concat()
}

/// A value as long as a hash for each series.
fn hashes() -> Vec<LabelShape> {
    [labels(1, 6, 64, Unique), labels(1, 10, 20, Shared(15))].concat()
}
