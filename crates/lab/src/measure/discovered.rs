//! Workloads whose servers discover targets that relabeling drops, in a file as service discovery
//! writes it.

use promsieve_core::cost::DiscoveredLoad;
use serde_json::{Map, Value, json};

use super::grid::of;
use super::shapes::{group, small, zone};
use super::workload::Motion::Counter;
use super::workload::{Workload, instance};

/// Targets that are found beside those that are scraped, and labels that all of them have.
#[derive(Debug, Clone, Copy)]
pub struct Discovered {
    /// Targets that relabeling drops.
    dropped: usize,
    /// Labels of each target, kept or dropped.
    labels: usize,
    /// Bytes of a mean value of them.
    value_len: usize,
}

/// The file of the groups.
const FILE: &str = "targets.json";

/// The label by which targets are dropped.
const DROP: &str = "__meta_sd_drop";

/// Lines of the job instead of static targets.
pub(super) const CONFIG: &str = "    file_sd_configs: [{files: [targets.json]}]\n    relabel_configs: [{source_labels: [__meta_sd_drop], regex: 'true', action: drop}]\n";

/// All workloads with discovered targets: those of the fit, and in other shapes and sizes those that
/// no fit sees.
pub(super) fn discovered() -> Vec<Workload> {
    let one = |name: &str, targets, series, labels, discovered| Workload {
        discovered: Some(discovered),
        ..of(name, targets, 5000, 100, vec![group("zone", series, labels, Counter)])
    };
    let found = |dropped, labels, value_len| Discovered { dropped, labels, value_len };
    vec![
        one("discovered-short", 5, 500, zone(), found(8000, 10, 8)),
        one("discovered-long", 5, 500, zone(), found(3000, 30, 40)),
        one("discovered-many", 5, 500, zone(), found(4000, 60, 12)),
        one("discovered-kept", 400, 20, zone(), found(400, 40, 20)),
        one("held-discovered-pods", 8, 400, small(), found(7000, 24, 18)),
        one("held-discovered-nodes", 3, 2000, small(), found(1500, 45, 55)),
        one("held-discovered-kept", 250, 40, small(), found(3000, 16, 14)),
    ]
}

/// What the server is told of: its groups, one a target, as service discovery of pods has them.
pub(super) fn files(workload: &Workload, scraped: &str) -> Vec<(String, String)> {
    let Some(discovered) = workload.discovered else { return Vec::new() };
    let groups: Vec<Value> = (0..workload.targets + discovered.dropped)
        .map(|at| {
            let labels = labels(workload, discovered, at);
            let labels: Map<String, Value> =
                labels.into_iter().map(|(name, value)| (name, value.into())).collect();
            json!({"targets": [scraped], "labels": labels})
        })
        .collect();
    vec![(FILE.to_owned(), Value::from(groups).to_string())]
}

/// The targets of a workload as an estimate is told of them.
pub(super) fn load(workload: &Workload) -> DiscoveredLoad {
    let mut load = DiscoveredLoad::default();
    let Some(discovered) = workload.discovered else { return load };
    for at in 0..workload.targets + discovered.dropped {
        let labels = labels(workload, discovered, at);
        let address = ("__address__", "127.0.0.1:12345");
        let pairs = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        load = load.with(at >= workload.targets, pairs.chain([address]));
    }
    load
}

/// Labels of a target: half of the values are its own, their lengths lie around the mean.
fn labels(workload: &Workload, discovered: Discovered, at: usize) -> Vec<(String, String)> {
    let Discovered { labels, value_len, .. } = discovered;
    let label = |label: usize| {
        let len = value_len / 2 + label * 7 % value_len.max(1);
        let of = if label.is_multiple_of(2) { at } else { at % 50 };
        (format!("__meta_sd_label_number_{label}"), format!("{of:0>len$}"))
    };
    let dropped = at >= workload.targets;
    let mut all: Vec<(String, String)> = (0..labels.saturating_sub(1)).map(label).collect();
    all.push((DROP.to_owned(), dropped.to_string()));
    if !dropped {
        all.push(("instance".to_owned(), instance(at)));
        all.push(("__metrics_path__".to_owned(), format!("/{at}")));
    }
    all
}
