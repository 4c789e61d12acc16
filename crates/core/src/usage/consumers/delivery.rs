//! Progressive delivery: the metrics by which Flagger and Argo Rollouts judge a new version.

use super::mesh_console::add_built_in;
use super::walk::{at, every_mapping, mappings, resource_name, text};
use super::{Query, Reading};
use crate::doc::Node;
use crate::usage::query::{OriginKind, Variables};

/// Reads a canary, a template of a metric, or one of an analysis.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let name = resource_name(root);
    match text(root, "kind") {
        "Canary" => canary(root, name, reading),
        "MetricTemplate" => {
            let kind = at(root, &["spec", "provider", "type"]).map_or("", Node::text);
            if kind == "prometheus" {
                ask(at(root, &["spec", "query"]), name, reading);
            }
        }
        "AnalysisTemplate" | "ClusterAnalysisTemplate" | "AnalysisRun" | "Experiment" => {
            every_mapping(root, &mut |node| {
                if let Some(provider) = at(node, &["provider", "prometheus"]) {
                    ask(provider.get("query"), text(node, "name"), reading);
                }
            });
        }
        _ => return false,
    }
    true
}

/// Its own queries, and the two checks that it knows by name, which ask the mesh or the ingress.
fn canary(root: Node<'_>, name: &str, reading: &mut Reading<'_>) {
    let provider = at(root, &["spec", "provider"]).map_or("", Node::text);
    // Flagger's own flag is in no canary: without it Istio is asked. A version may follow a colon.
    let mesh = match provider.split(':').next() {
        None | Some("") => "istio",
        Some(mesh) => mesh,
    };
    for key in ["analysis", "canaryAnalysis"] {
        let Some(analysis) = at(root, &["spec", key]) else { continue };
        for metric in mappings(analysis, "metrics") {
            match metric.get("query") {
                Some(query) => ask(Some(query), name, reading),
                None if metric.get("templateRef").is_some() => {}
                None => {
                    let check = format!("flagger {mesh} {}", text(metric, "name"));
                    add_built_in(&check, OriginKind::Delivery, metric, reading);
                }
            }
        }
    }
}

fn ask(node: Option<Node<'_>>, name: &str, reading: &mut Reading<'_>) {
    let query = node.and_then(|node| reading.query(OriginKind::Delivery, name, node));
    if let Some(query @ Query { .. }) = query {
        query.variables = Some(Variables::default());
    }
}
