//! Steps through trees that readers share.

use crate::doc::{Node, NodeKind};

/// The text under `key`; empty without one.
pub(super) fn text<'d>(node: Node<'d>, key: &str) -> &'d str {
    node.get(key).map_or("", Node::text)
}

/// What lies at the end of `path`.
pub(super) fn at<'d>(node: Node<'d>, path: &[&str]) -> Option<Node<'d>> {
    path.iter().try_fold(node.resolved(), |node, key| node.get(key))
}

/// The items of the list under `key` that are mappings.
pub(super) fn mappings<'d>(node: Node<'d>, key: &str) -> impl Iterator<Item = Node<'d>> {
    let items = node.get(key).into_iter().flat_map(Node::items);
    items.filter(|item| item.is_mapping()).map(Node::resolved)
}

/// Calls `visit` for every mapping from `node` down, outer ones first. What an alias stands for is
/// visited where it is written.
pub(super) fn every_mapping<'d>(node: Node<'d>, visit: &mut dyn FnMut(Node<'d>)) {
    match node.kind() {
        NodeKind::Mapping => {
            visit(node);
            node.entries().for_each(|(_, value)| every_mapping(value, visit));
        }
        NodeKind::Sequence => node.items().for_each(|item| every_mapping(item, visit)),
        NodeKind::Scalar | NodeKind::Alias => {}
    }
}

/// Calls `visit` for every scalar value from `node` down.
pub(super) fn every_text<'d>(node: Node<'d>, visit: &mut dyn FnMut(Node<'d>)) {
    match node.kind() {
        NodeKind::Mapping => node.entries().for_each(|(_, value)| every_text(value, visit)),
        NodeKind::Sequence => node.items().for_each(|item| every_text(item, visit)),
        NodeKind::Scalar => visit(node),
        NodeKind::Alias => {}
    }
}

/// The name of a Kubernetes resource.
pub(super) fn resource_name(root: Node<'_>) -> &str {
    at(root, &["metadata", "name"]).map_or("", Node::text)
}
