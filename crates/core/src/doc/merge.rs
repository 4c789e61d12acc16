//! Merge keys as yaml.v2 applies them: in document order, so that a key written before `<<` is
//! overwritten by the merged mapping (v2.4.0 decode.go; the YAML specification says otherwise).

use super::{Node, NodeKind, Style};

/// A key and its value as the server gets them.
#[derive(Debug, Clone, Copy)]
pub struct Field<'d> {
    /// The key as written.
    pub key: Node<'d>,
    /// The value as written (an alias stays one).
    pub value: Node<'d>,
    /// The `<<` that brings it in, when it is not written in the mapping itself.
    pub merged_by: Option<Node<'d>>,
}

/// How deep merges may lead to merges.
const MAX_MERGE_DEPTH: u32 = 100;

impl<'d> Node<'d> {
    /// The mapping's keys in the order in which yaml.v2 sets them: of several with one name the
    /// last counts. Duplicates within one mapping are kept, for the caller to refuse.
    pub fn fields(self) -> Vec<Field<'d>> {
        let mut fields = Vec::with_capacity(self.entries().len());
        collect(self, None, &mut fields, 0);
        fields
    }

    /// The value that the server gets for `key`, aliases resolved; through merge keys too.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.field(key).map(|field| field.value.resolved())
    }

    /// The key and value that count for `key`.
    pub fn field(self, key: &str) -> Option<Field<'d>> {
        if self.document.may_merge && self.entries().any(|(key, _)| key.is_merge()) {
            return self
                .fields()
                .into_iter()
                .rev()
                .find(|field| field.key.resolved().text() == key);
        }
        let entries = self.entries().filter(|(name, _)| name.resolved().text() == key);
        entries.last().map(|(key, value)| Field { key, value, merged_by: None })
    }

    /// Whether it is the key `<<` in its special sense.
    pub fn is_merge(self) -> bool {
        self.document.may_merge
            && self.kind() == NodeKind::Scalar
            && self.text() == "<<"
            && match self.tag() {
                None => self.style() == Style::Plain,
                Some(tag) => tag == "!" || tag == "!!merge",
            }
    }
}

fn collect<'d>(mapping: Node<'d>, by: Option<Node<'d>>, fields: &mut Vec<Field<'d>>, depth: u32) {
    for (key, value) in mapping.entries() {
        if !key.is_merge() || depth > MAX_MERGE_DEPTH {
            fields.push(Field { key, value, merged_by: by });
            continue;
        }
        let by = by.or(Some(key));
        match value.resolved().kind() {
            NodeKind::Mapping => collect(value, by, fields, depth + 1),
            // Earlier in the list wins: it is set last.
            NodeKind::Sequence => {
                value.items().rev().for_each(|item| collect(item, by, fields, depth + 1));
            }
            NodeKind::Scalar | NodeKind::Alias => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::doc::parse;
    use crate::text::{FileId, SourceText};

    #[track_caller]
    fn check(text: &str, key: &str, expected: &str) {
        let parsed = parse(&SourceText::new("t", text), FileId::default());
        let node = parsed.documents[0].at("m").unwrap();
        assert_eq!(node.get(key).unwrap().text(), expected);
    }

    #[test]
    fn merges_apply_in_document_order() {
        check("b: &b {x: 1}\nm: {x: 2, <<: *b}\n", "x", "1");
        check("b: &b {x: 1}\nm: {<<: *b, x: 2}\n", "x", "2");
        check("b: [&b {x: 1}, &c {x: 3}]\nm: {<<: [*b, *c]}\n", "x", "1");
        check("b: &b {x: 1, y: 5}\nc: &c {<<: *b, x: 2}\nm: {<<: *c}\n", "y", "5");
    }
}
