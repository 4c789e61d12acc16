//! Alerts that Grafana manages: provisioning files, exports, answers of its API, and resources of
//! its operator.

use super::Reading;
use super::datasource::{Language, is_logql, language};
use super::walk::{at, every_mapping, mappings, text};
use crate::doc::Node;
use crate::usage::query::{OriginKind, Variables};

/// Reads every alert below `root`.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let mut found = false;
    every_mapping(root, &mut |node| {
        let asks = |item: &Node<'_>| item.get("refId").is_some() && item.get("model").is_some();
        let mut data = mappings(node, "data").filter(asks).peekable();
        found |= data.peek().is_some();
        for item in data {
            alert(node, item, reading);
        }
    });
    found
}

fn alert(rule: Node<'_>, item: Node<'_>, reading: &mut Reading<'_>) {
    let kind = match at(item, &["model", "datasource", "type"]).map_or("", Node::text) {
        "" if text(item, "datasourceUid") == "__expr__" => "__expr__",
        kind => kind,
    };
    let Some(expr) = at(item, &["model", "expr"]) else { return };
    if language(kind) == Language::Other || is_logql(expr.text()) {
        return;
    }
    if let Some(query) = reading.query(OriginKind::GrafanaAlert, text(rule, "title"), expr) {
        query.variables = Some(Variables::default());
    }
}
