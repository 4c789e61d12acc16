//! Files in the data of other resources: a `ConfigMap` with `prometheus.yml`, a chart's values in a
//! string.

use super::{Reading, prepare, sniff};
use crate::doc::{Node, NodeKind, Parsed, Style, parse_literal};

/// Reads every literal block below `root` that is of the kind that is read; whether there is one.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_, '_>) -> bool {
    let mut found = false;
    for node in root.document().nodes() {
        let is_block = node.kind() == NodeKind::Scalar && node.style() == Style::Literal;
        if is_block && sniff(node.text()).contains(&reading.kind) {
            found |= read_block(node, reading);
        }
    }
    found
}

/// Reads the text of one literal block.
pub(super) fn read_block(node: Node<'_>, reading: &mut Reading<'_, '_>) -> bool {
    let parsed = parse_literal(reading.report.source, node);
    parsed.map(|parsed| read_parsed(node, parsed, reading)).is_some()
}

/// Reads the text of one literal block if it is YAML: prose about relabeling is none, and a template
/// not yet.
pub(super) fn read_yaml(node: Node<'_>, reading: &mut Reading<'_, '_>) {
    let parsed = parse_literal(reading.report.source, node);
    if let Some(parsed) = parsed.filter(|parsed| parsed.findings.is_empty()) {
        read_parsed(node, parsed, reading);
    }
}

fn read_parsed(node: Node<'_>, parsed: Parsed, reading: &mut Reading<'_, '_>) {
    let outer = reading.report.prefix.clone();
    reading.report.prefix = format!("{outer}{}: ", node.path());
    for mut document in reading.report.documents(parsed) {
        prepare(reading.kind, &mut document);
        if let Some(root) = document.root() {
            reading.root(root);
        }
        reading.project.documents.push(document);
    }
    reading.report.prefix = outer;
}
