//! Files in other files: lists of resources, `ConfigMap`s, charts' values, dashboards in resources of
//! Grafana's operator.

use super::walk::{at, every_text, mappings, resource_name, text};
use super::{MOST_DEPTH, Reading, TELLING};
use crate::doc::{Document, Node, Style, parse_literal};
use crate::usage::query::OriginKind;

/// Words that a file in a text must hold to be looked at.
const WORDS: [&str; 6] =
    ["seriesQuery", "\"templating\"", "\"elements\"", "receivers:", "error_query", "/federate"];

/// Reads what `root` holds; whether it held anything.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    if text(root, "kind").ends_with("List") {
        return mappings(root, "items").fold(false, |found, item| reading.tree(item) | found);
    }
    let mut found = elsewhere(root, reading);
    every_text(root, &mut |node| {
        let text = node.text();
        let mut words = TELLING.iter().map(|(word, _)| *word).chain(WORDS);
        if !words.any(|word| text.contains(word)) {
            return;
        }
        if reading.depth == MOST_DEPTH {
            found |= reading.broken("it holds files in files without end");
            return;
        }
        reading.depth += 1;
        found |= inner(node, reading);
        reading.depth -= 1;
    });
    found
}

/// A file in a text: with its places where it is written line by line.
fn inner(node: Node<'_>, reading: &mut Reading<'_>) -> bool {
    if node.style() == Style::Literal
        && let Some(parsed) = parse_literal(reading.source, node)
        && parsed.findings.is_empty()
    {
        let roots = parsed.documents.iter().filter_map(Document::root);
        return roots.fold(false, |found, root| reading.tree(root) | found);
    }
    reading.embedded(node)
}

/// A dashboard that the operator fetches or unpacks: nothing is known of it.
fn elsewhere(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    if text(root, "kind") != "GrafanaDashboard" {
        return false;
    }
    for key in ["url", "grafanaCom", "gzipJson", "jsonnet", "jsonnetLib", "oci"] {
        if let Some(place) = at(root, &["spec", key]) {
            let why = format!("the dashboard is fetched or unpacked by the operator (`{key}`)");
            reading.opaque(OriginKind::DashboardPanel, resource_name(root), place, &why);
            return true;
        }
    }
    false
}
