//! The grid of workloads: shapes as they are met, and shapes that set one cost apart from the rest.

use super::workload::{Group, LabelShape, Motion, Values, Workload};

/// A workload of the grid by its name.
pub fn workload(name: &str) -> Option<Workload> {
    grid().into_iter().find(|workload| workload.name == name)
}

/// All workloads.
pub fn grid() -> Vec<Workload> {
    use Motion::{Constant, Counter, Noise};
    let of = |name: &'static str, targets, interval, seconds, groups| Workload {
        name,
        targets,
        interval,
        seconds,
        remote_writes: usize::from(name.starts_with("remote-")),
        groups,
    };
    vec![
        of("idle", 1, 5, 60, vec![group("small", 10, small(), Constant)]),
        of("small-constant", 20, 5, 150, vec![group("small", 7500, small(), Constant)]),
        of("small-counter", 20, 5, 150, vec![group("small", 7500, small(), Counter)]),
        of("mesh-counter", 20, 5, 150, vec![group("mesh", 5000, mesh(), Counter)]),
        of("mesh-chunks", 10, 1, 300, vec![group("mesh", 4000, mesh(), Counter)]),
        of("small-noise", 10, 1, 200, vec![group("small", 5000, small(), Noise)]),
        of("long-values", 10, 5, 150, vec![group("long", 6000, long(), Counter)]),
        of("many-labels", 10, 5, 150, vec![group("many", 6000, many(), Counter)]),
        of("unique-values", 10, 5, 150, vec![group("unique", 8000, unique(), Counter)]),
        of("many-targets", 600, 5, 150, vec![group("small", 50, small(), Counter)]),
        of(
            "dropped",
            10,
            5,
            150,
            vec![
                group("small", 1000, small(), Counter),
                group("drop_mesh", 12000, mesh(), Counter),
            ],
        ),
        of("held-mesh", 20, 10, 240, vec![group("mesh", 10000, mesh(), Counter)]),
        of("remote-small", 20, 5, 150, vec![group("small", 7500, small(), Counter)]),
        of("remote-mesh", 20, 5, 150, vec![group("mesh", 5000, mesh(), Counter)]),
        of(
            "held-age",
            20,
            5,
            780,
            vec![group("small", 3000, small(), Counter), group("mesh", 1500, mesh(), Counter)],
        ),
        of(
            "held-mixture",
            40,
            5,
            180,
            vec![
                group("small", 2000, small(), Constant),
                group("mesh", 1200, mesh(), Counter),
                group("unique", 300, unique(), Noise),
                group("drop_long", 500, long(), Counter),
            ],
        ),
    ]
}

fn group(metric: &str, series: usize, labels: Vec<LabelShape>, motion: Motion) -> Group {
    Group { metric: format!("{metric}_requests_total"), series, labels, motion }
}

fn labels(count: usize, name_len: usize, value_len: usize, values: Values) -> Vec<LabelShape> {
    vec![LabelShape { name_len, value_len, values }; count]
}

/// Three labels of its own: five with `instance` and `job`, as an application's counters.
fn small() -> Vec<LabelShape> {
    [labels(1, 6, 5, Values::Shared(500)), labels(2, 6, 8, Values::Shared(10))].concat()
}

/// Sixteen labels as Istio's sidecars have them, eight of them the target's own.
fn mesh() -> Vec<LabelShape> {
    [
        labels(2, 20, 20, Values::Shared(60)),
        labels(4, 14, 6, Values::Shared(4)),
        labels(8, 24, 22, Values::PerTarget),
    ]
    .concat()
}

/// Three labels with values as long as URLs.
fn long() -> Vec<LabelShape> {
    [labels(1, 6, 150, Values::Shared(2000)), labels(2, 6, 150, Values::Shared(4))].concat()
}

/// Twenty-five labels as short as they can be.
fn many() -> Vec<LabelShape> {
    [labels(2, 4, 4, Values::Shared(100)), labels(23, 4, 4, Values::PerTarget)].concat()
}

/// Two labels with a value for each series, as request or user numbers.
fn unique() -> Vec<LabelShape> {
    [labels(2, 8, 24, Values::Unique), labels(2, 8, 8, Values::Shared(4))].concat()
}
