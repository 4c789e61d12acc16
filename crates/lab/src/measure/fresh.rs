//! Workloads that were written when the model was done: what its held-out error is worth, since the
//! others that are held out were seen while it was made.

use super::grid::of;
use super::public::public;
use super::shapes::{
    churning, container, families, group, histogram, labels, long, mesh, small, unique, zone,
};
use super::workload::Motion::{Constant, Counter, Noise};
use super::workload::Values::{PerTarget, Shared, Unique};
use super::workload::{LabelShape, Workload};

/// All of them, with shapes, intervals and numbers of targets that no other workload has.
pub(super) fn fresh() -> Vec<Workload> {
    [sizes(), ages(), limited(), mixed(), public()].concat()
}

/// From a hundred thousand series to more than a million, and many small targets.
fn sizes() -> Vec<Workload> {
    let million =
        vec![group("small", 14_000, small(), Constant), group("mesh", 4000, mesh(), Counter)];
    vec![
        of("held-fresh-mesh", 36, 10_000, 300, vec![group("mesh", 5000, mesh(), Counter)]),
        of("held-fresh-small", 45, 10_000, 300, vec![group("small", 4000, small(), Counter)]),
        of(
            "held-fresh-large",
            50,
            15_000,
            240,
            vec![group("container", 10_000, container(), Counter)],
        ),
        of("held-fresh-million", 60, 20_000, 260, million),
        of("held-fresh-swarm", 2000, 15_000, 240, vec![group("pod", 25, pod(), Counter)]),
    ]
}

/// A second between scrapes for eleven minutes, two for almost three chunks, and blocks in real time.
fn ages() -> Vec<Workload> {
    vec![
        of("held-fresh-second", 16, 1000, 660, vec![group("mesh", 3000, mesh(), Counter)]),
        // A fifth of most series an hour, in a quarter of the time, as `slow-churn`.
        Workload {
            blocks: Some(1800),
            ..of(
                "held-fresh-slow-rollout",
                18,
                20_000,
                3000,
                vec![
                    churning("container", 1400, container(), Counter, 225),
                    churning("pod", 700, pod(), Counter, 225),
                    group("small", 1200, small(), Counter),
                ],
            )
        },
        of("held-fresh-aged", 18, 2000, 650, vec![group("histogram", 2400, histogram(), Counter)]),
    ]
}

/// Under a GOMEMLIMIT of seven to nine tenths of what the model expects without.
fn limited() -> Vec<Workload> {
    let limited = |name: &str, megabytes: u64, targets, groups| Workload {
        gomemlimit: Some(megabytes * 1_000_000),
        ..of(name, targets, 6000, 220, groups)
    };
    let both = vec![group("unique", 2500, unique(), Counter), group("pod", 1500, pod(), Counter)];
    vec![
        limited("held-fresh-limit-both", LIMITS[0], 24, both),
        limited("held-fresh-limit-pod", LIMITS[1], 80, vec![group("pod", 1600, pod(), Counter)]),
        limited("held-fresh-limit-long", LIMITS[2], 11, vec![group("long", 5500, long(), Counter)]),
    ]
}

/// GOMEMLIMIT in megabytes of each of them.
const LIMITS: [u64; 3] = [210, 335, 175];

/// Churn, queues and drops together, as a server of many teams has them.
fn mixed() -> Vec<Workload> {
    let teams = [
        families(90, 6, &histogram(), Constant),
        vec![
            group("pod", 900, pod(), Counter),
            churning("zone", 300, zone(), Counter, 20),
            group("unique", 150, unique(), Noise),
            group("drop_mesh", 800, mesh(), Counter),
        ],
    ];
    vec![
        of("held-fresh-teams", 38, 7000, 260, teams.concat()),
        of(
            "held-fresh-rollout",
            16,
            4000,
            270,
            vec![
                churning("container", 900, container(), Counter, 30),
                churning("pod", 700, pod(), Counter, 45),
                group("histogram", 2200, histogram(), Counter),
            ],
        ),
        Workload {
            remote_writes: 2,
            ..of(
                "held-fresh-remote-pods",
                26,
                8000,
                230,
                vec![group("pod", 1700, pod(), Counter), group("long", 200, long(), Constant)],
            )
        },
    ]
}

/// Eleven labels of its own, as an application's on Kubernetes.
fn pod() -> Vec<LabelShape> {
    [
        labels(1, 3, 24, Shared(45)),
        labels(1, 8, 16, Unique),
        labels(3, 10, 5, Shared(5)),
        labels(6, 13, 26, PerTarget),
    ]
    .concat()
}
