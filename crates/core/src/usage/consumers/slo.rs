//! Service level objectives: what Sloth and Pyrra make rules of.

use super::Reading;
use super::walk::{at, every_mapping, resource_name, text};
use crate::doc::Node;
use crate::usage::labels::LabelNeed;
use crate::usage::query::{OriginKind, Variables};

/// Keys of Sloth's queries, in its files and in its resources.
const SLOTH: [&str; 6] = [
    "error_query",
    "total_query",
    "error_ratio_query",
    "errorQuery",
    "totalQuery",
    "errorRatioQuery",
];

/// Reads a file of objectives.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    if text(root, "version").starts_with("prometheus/") && root.get("slos").is_some() {
        sloth(root, text(root, "service"), reading);
    } else {
        match text(root, "kind") {
            "PrometheusServiceLevel" => sloth(root, resource_name(root), reading),
            "ServiceLevelObjective" => pyrra(root, reading),
            _ => return false,
        }
    }
    true
}

fn sloth(root: Node<'_>, name: &str, reading: &mut Reading<'_>) {
    every_mapping(root, &mut |node| {
        for asked in SLOTH.iter().filter_map(|key| node.get(key)) {
            if let Some(query) = reading.query(OriginKind::Slo, name, asked) {
                query.variables = Some(Variables::default());
            }
        }
        if let Some(plugin) = at(node, &["sli", "plugin"]) {
            let why = "a plugin of Sloth makes up the query";
            reading.opaque(OriginKind::Slo, name, plugin, why);
        }
    });
}

/// Its rules keep the labels of the matchers and those of `grouping`.
fn pyrra(root: Node<'_>, reading: &mut Reading<'_>) {
    let Some(indicator) = at(root, &["spec", "indicator"]) else { return };
    let grouping = indicator.entries().filter_map(|(_, kind)| kind.get("grouping"));
    let grouping: Vec<&str> = grouping.flat_map(Node::items).map(Node::text).collect();
    every_mapping(indicator, &mut |node| {
        let Some(metric) = node.get("metric") else { return };
        if let Some(query) = reading.query(OriginKind::Slo, resource_name(root), metric) {
            query.demand = LabelNeed::only(grouping.iter().copied());
        }
    });
}
