//! Workloads of what else a server does, and of its start over a log: no fit of the memory sees them.

use super::grid::of;
use super::shapes::{churning, group, long, mesh, small, unique, zone};
use super::with::With;
use super::workload::Motion::Counter;
use super::workload::Workload;

/// All of them.
pub(super) fn beside() -> Vec<Workload> {
    [replayed(), with()].concat()
}

/// Logs of many series and few samples, of few series and many samples, and of series that have gone.
fn replayed() -> Vec<Workload> {
    vec![
        of("replay-small", 12, 5000, 150, vec![group("small", 4000, small(), Counter)]),
        of("replay-mesh", 8, 1000, 300, vec![group("mesh", 2500, mesh(), Counter)]),
        of("replay-samples", 10, 500, 400, vec![group("small", 2000, small(), Counter)]),
        of("replay-churn", 10, 5000, 150, vec![churning("small", 3000, small(), Counter, 12)]),
        of("replay-unique", 10, 5000, 150, vec![group("unique", 7000, unique(), Counter)]),
        of("replay-targets", 300, 5000, 150, vec![group("zone", 150, zone(), Counter)]),
    ]
}

/// One thing each that the other workloads do not have, and again in another size and shape, which no
/// fit sees.
fn with() -> Vec<Workload> {
    let one = |name: &str, targets, interval, seconds, series, with| Workload {
        with: Some(with),
        ..of(name, targets, interval, seconds, vec![group("zone", series, zone(), Counter)])
    };
    let held = |name: &str, targets, series, labels, with| Workload {
        with: Some(with),
        ..of(name, targets, 6000, 200, vec![group("zone", series, labels, Counter)])
    };
    vec![
        one("with-native-20", 20, 5000, 200, 1000, With::NativeHistograms(20)),
        one("with-native-120", 10, 5000, 200, 1000, With::NativeHistograms(120)),
        one("with-native-old", 10, 1000, 300, 1000, With::NativeHistograms(40)),
        one("with-exemplars", 20, 5000, 200, 2500, With::Exemplars),
        one("with-rules", 20, 5000, 200, 2000, With::Rules),
        one("with-queries", 20, 5000, 200, 2500, With::Queries),
        one("with-out-of-order", 20, 5000, 200, 2500, With::OutOfOrder),
        one("with-out-of-order-old", 10, 1000, 300, 2000, With::OutOfOrder),
        held("held-with-native", 12, 1500, small(), With::NativeHistograms(60)),
        held("held-with-exemplars", 8, 2000, mesh(), With::Exemplars),
        held("held-with-rules", 10, 2500, mesh(), With::Rules),
        held("held-with-queries", 10, 2500, mesh(), With::Queries),
        held("held-with-out-of-order", 30, 1000, mesh(), With::OutOfOrder),
        one("held-with-late", 14, 4000, 220, 1800, With::OutOfOrder),
        one("held-with-histograms", 5, 4000, 300, 800, With::NativeHistograms(160)),
        one("held-with-buckets", 12, 3000, 260, 500, With::NativeHistograms(90)),
        one("held-with-recording", 8, 10_000, 260, 2900, With::Rules),
        held("held-with-traces", 9, 1800, long(), With::Exemplars),
        one("held-with-dashboards", 25, 8000, 220, 1400, With::Queries),
    ]
}
