//! Names of places: `scrape_configs[0].metric_relabel_configs[2].regex`.

use std::fmt::Write as _;

use super::{Document, Node, NodeKind};

/// A part of a path.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Key(&'a str),
    Index(usize),
}

impl Node<'_> {
    /// Its path from the root; a key has the path of its value, the root has the empty path.
    pub fn path(self) -> String {
        let mut steps = Vec::new();
        let mut node = self;
        while let Some(parent) = node.parent() {
            steps.push((parent, node.record().index as usize));
            node = parent;
        }
        let mut path = String::new();
        for (parent, index) in steps.into_iter().rev() {
            if parent.kind() == NodeKind::Mapping {
                let key = parent.document.node(parent.children()[index & !1]);
                let dot = if path.is_empty() { "" } else { "." };
                path.push_str(dot);
                path.push_str(key.resolved().text());
            } else {
                // Writing to a String cannot fail.
                let _ = write!(path, "[{index}]");
            }
        }
        path
    }
}

impl Document {
    /// The node at `path`, as [`Node::path`] writes it; aliases and merge keys are followed.
    pub fn at(&self, path: &str) -> Option<Node<'_>> {
        parts(path)?.into_iter().try_fold(self.root()?, |node, part| match part {
            Part::Key(key) => node.get(key),
            Part::Index(index) => node.items().nth(index),
        })
    }
}

fn parts(path: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    for piece in path.split('.').filter(|_| !path.is_empty()) {
        let (key, mut rest) = piece.find('[').map_or((piece, ""), |at| piece.split_at(at));
        if !key.is_empty() {
            parts.push(Part::Key(key));
        }
        while let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']')?;
            parts.push(Part::Index(index.parse().ok()?));
            rest = after;
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use crate::doc::parse;
    use crate::text::{FileId, SourceText};

    #[test]
    fn paths_lead_back_to_their_nodes() {
        let text = "a:\n- b: [1, {c: 2}]\n- x\nd: &x {e: f}\ng: *x\n";
        let parsed = parse(&SourceText::new("t", text), FileId::default());
        let document = &parsed.documents[0];
        for path in ["a", "a[0].b[1].c", "a[1]", "d.e", ""] {
            assert_eq!(document.at(path).unwrap().path(), path);
        }
        assert_eq!(document.at("g.e").unwrap().path(), "d.e");
        assert!(document.at("a[7]").is_none());
        assert!(document.at("a[x").is_none());
    }
}
