//! A node written again as YAML on one line, for parts of a document that go into another.

use super::quote::quote;
use super::resolve::Resolved;
use super::{Node, NodeKind};

/// A node in flow style, aliases and merges resolved; anchors, comments and tags of one's own are
/// lost. Texts are quoted as [`quote`] does, other scalars stay as they are written.
pub fn to_flow(node: Node<'_>) -> String {
    let node = node.resolved();
    match node.kind() {
        NodeKind::Sequence => {
            let items: Vec<String> = node.items().map(to_flow).collect();
            format!("[{}]", items.join(", "))
        }
        NodeKind::Mapping => {
            let field = |field: super::Field<'_>| {
                format!("{}: {}", quote(field.key.resolved().text()), to_flow(field.value))
            };
            let fields: Vec<String> = node.fields().into_iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
        _ if node.resolve() == Resolved::Str => quote(node.text()).into_owned(),
        _ if node.text().is_empty() => "null".to_owned(),
        _ => node.text().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{FileId, SourceText};

    #[test]
    fn values_keep_their_types() {
        let text =
            "a: &x {s: 'yes', d: 5m, e: }\nb: [*x, 1, 1.5, true]\nc:\n  <<: *x\n  t: \"a\\nb\"\n";
        let parsed = super::super::parse(&SourceText::new("x", text), FileId::default());
        assert_eq!(
            to_flow(parsed.documents[0].root().unwrap()),
            "{a: {s: 'yes', d: '5m', e: null}, b: [{s: 'yes', d: '5m', e: null}, 1, 1.5, true], \
             c: {s: 'yes', d: '5m', e: null, t: \"a\\nb\"}}"
        );
    }
}
