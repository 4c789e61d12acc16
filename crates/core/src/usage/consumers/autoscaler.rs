//! KEDA: the queries of its triggers.

use super::Reading;
use super::walk::{at, every_mapping, resource_name, text};
use crate::doc::Node;
use crate::usage::query::{OriginKind, Variables};

/// Reads a scaled object or job.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    if !matches!(text(root, "kind"), "ScaledObject" | "ScaledJob") {
        return false;
    }
    let name = resource_name(root);
    every_mapping(root, &mut |node| {
        if text(node, "type") != "prometheus" {
            return;
        }
        let Some(asked) = at(node, &["metadata", "query"]) else { return };
        if let Some(query) = reading.query(OriginKind::Autoscaler, name, asked) {
            query.variables = Some(Variables::default());
        }
    });
    true
}
