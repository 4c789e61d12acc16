//! prometheus-adapter: which series it offers as metrics, and what it asks of them.

use super::Reading;
use super::walk::{every_mapping, text};
use crate::doc::Node;
use crate::usage::query::{OriginKind, Variables};
use crate::usage::variables::names_of;

/// Keys whose values are queries.
const QUERIES: [&str; 3] = ["metricsQuery", "containerQuery", "nodeQuery"];

/// Reads a configuration. Of the series it offers all labels are looked at: whoever scales by them
/// may select by any.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let is_ours = root.get("resourceRules").is_some()
        || ["rules", "externalRules"]
            .iter()
            .filter_map(|key| root.get(key))
            .any(|rules| rules.items().any(|rule| rule.resolved().get("seriesQuery").is_some()));
    if !is_ours {
        return false;
    }
    every_mapping(root, &mut |node| {
        let mut variables = Variables::default();
        let series = node.get("seriesQuery");
        if let Some(series) = series {
            if let Some(names) = names_of(series.text()) {
                variables.names.insert(".Series".to_owned(), names);
            }
            reading.query(OriginKind::Autoscaler, "seriesQuery", series);
        }
        for key in QUERIES {
            let Some(asked) = node.get(key) else { continue };
            // Without a query of its own it asks for what `seriesQuery` found, and for nothing more.
            let name = if text(node, "name").is_empty() { key } else { text(node, "name") };
            if let Some(query) = reading.query(OriginKind::Autoscaler, name, asked) {
                query.variables = Some(variables.clone());
            }
        }
    });
    true
}
