//! The workloads that the cost models are fitted to.

use super::shapes::{
    bare, churning, container, families, group, histogram, long, many, mesh, small, unique,
};
use super::workload::Motion::{Constant, Counter, Noise};
use super::workload::{Group, Workload};

/// A workload: targets, milliseconds between scrapes, seconds, and what each target has.
pub(super) fn of(
    name: &str,
    targets: usize,
    interval: u64,
    seconds: u64,
    groups: Vec<Group>,
) -> Workload {
    Workload {
        name: name.to_owned(),
        targets,
        interval,
        seconds,
        remote_writes: u32::from(name.contains("remote-")),
        blocks: name.contains("blocks-").then_some(120),
        gomemlimit: None,
        with: None,
        agent: false,
        discovered: None,
        groups,
    }
}

/// All workloads of the fit. Pairs of them differ in one thing, which so has a price.
pub fn grid() -> Vec<Workload> {
    [shaped(), aged(), beside(), cut()].concat()
}

/// Shapes of labels at an age of some 30 samples.
fn shaped() -> Vec<Workload> {
    vec![
        of("idle", 1, 5000, 60, vec![group("small", 10, small(), Constant)]),
        of("small-constant", 20, 5000, 150, vec![group("small", 7500, small(), Constant)]),
        of("small-counter", 15, 5000, 150, vec![group("small", 4000, small(), Counter)]),
        of("bare", 4, 5000, 150, vec![group("bare", 20_000, bare(), Counter)]),
        of("histogram", 30, 5000, 150, vec![group("histogram", 2400, histogram(), Counter)]),
        of("mesh-counter", 20, 5000, 150, vec![group("mesh", 4000, mesh(), Counter)]),
        of("mesh-few", 4, 5000, 150, vec![group("mesh", 7000, mesh(), Constant)]),
        of("long-values", 10, 5000, 150, vec![group("long", 6000, long(), Counter)]),
        of("many-labels", 10, 5000, 150, vec![group("many", 6000, many(), Counter)]),
        of("unique-values", 10, 5000, 150, vec![group("unique", 8000, unique(), Counter)]),
        of("container", 12, 5000, 150, vec![group("container", 5000, container(), Counter)]),
        of("many-targets", 600, 5000, 150, vec![group("small", 50, small(), Counter)]),
        of("one-target", 1, 5000, 150, vec![group("small", 40_000, small(), Counter)]),
        of("families", 40, 5000, 150, families(500, 3, &small(), Counter)),
    ]
}

/// Chunks: open ones by their fill, full ones by their number.
fn aged() -> Vec<Workload> {
    vec![
        of("small-noise", 10, 1000, 100, vec![group("small", 4000, small(), Noise)]),
        of("small-noise-full", 10, 1000, 230, vec![group("small", 4000, small(), Noise)]),
        of("small-chunks", 10, 500, 400, vec![group("small", 2500, small(), Counter)]),
        of("mesh-chunks", 10, 1000, 300, vec![group("mesh", 3000, mesh(), Counter)]),
        of("small-slow", 20, 15_000, 240, vec![group("small", 5000, small(), Counter)]),
        of(
            "fast-mapped",
            8,
            1000,
            205,
            vec![group("small", 1500, small(), Noise), group("bare", 1000, bare(), Counter)],
        ),
        of("fast-histogram", 10, 1000, 330, vec![group("histogram", 2400, histogram(), Counter)]),
        of("fast-waiting", 10, 1300, 172, vec![group("container", 1200, container(), Noise)]),
        of("fast-open", 16, 1000, 425, vec![group("small", 2500, small(), Counter)]),
    ]
}

/// What the server keeps beside the series.
fn beside() -> Vec<Workload> {
    let kept = || group("small", 1000, small(), Counter);
    let dropped = |labels| group("drop_these", 8000, labels, Counter);
    vec![
        of("dropped-mesh", 10, 5000, 150, vec![kept(), dropped(mesh())]),
        of("dropped-small", 10, 5000, 150, vec![kept(), dropped(small())]),
        of("remote-small", 15, 5000, 150, vec![group("small", 4000, small(), Counter)]),
        Workload {
            remote_writes: 4,
            ..of("remote-queues", 10, 5000, 150, vec![group("small", 200, small(), Counter)])
        },
        Workload {
            remote_writes: 3,
            ..of("remote-few", 6, 5000, 150, vec![group("mesh", 500, mesh(), Counter)])
        },
        of("remote-mesh", 20, 5000, 150, vec![group("mesh", 3000, mesh(), Counter)]),
        of("churn-small", 10, 5000, 150, vec![churning("small", 4000, small(), Counter, 12)]),
        of("churn-mesh", 10, 5000, 150, vec![churning("mesh", 2500, mesh(), Counter, 15)]),
    ]
}

/// Blocks of two minutes cut from the head, for what hours in minutes show and what they do not.
fn cut() -> Vec<Workload> {
    vec![
        of("blocks-small", 10, 500, 480, vec![group("small", 3000, small(), Counter)]),
        of("blocks-mesh", 10, 500, 480, vec![group("mesh", 1500, mesh(), Counter)]),
        of("blocks-unique", 10, 500, 480, vec![group("unique", 2000, unique(), Counter)]),
    ]
}
