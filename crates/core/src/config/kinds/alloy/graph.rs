//! Which component feeds which, told by their references.

use std::collections::BTreeMap;

use super::scalars;
use crate::doc::{Node, references};

/// A block of a scope.
#[derive(Debug)]
pub(super) struct Part<'d> {
    /// `prometheus.relabel`.
    pub(super) name: &'d str,
    pub(super) label: Option<&'d str>,
    /// `prometheus.relabel.default`.
    pub(super) id: String,
    pub(super) key: Node<'d>,
    pub(super) body: Node<'d>,
}

impl<'d> Part<'d> {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<Node<'d>> {
        attribute(self.body, name)
    }
}

/// The value of an attribute of a block.
pub(super) fn attribute<'d>(body: Node<'d>, name: &str) -> Option<Node<'d>> {
    let mut entries = body.entries().filter(|(key, value)| key.text() == name && !value.is_block());
    entries.next().map(|(_, value)| value)
}

/// Blocks that see each other.
#[derive(Debug)]
pub(super) struct Scope<'d> {
    pub(super) parts: Vec<Part<'d>>,
    by_id: BTreeMap<String, usize>,
    /// Which parts refer to a part; one that does so twice stands twice.
    users: Vec<Vec<usize>>,
}

impl<'d> Scope<'d> {
    pub(super) fn of(body: Node<'d>) -> Self {
        let blocks = body.entries().filter(|(_, value)| value.is_block());
        let part = |(key, value): (Node<'d>, Node<'d>)| {
            let (label, body) = value.labelled();
            let (name, label) = (key.text(), label.map(Node::text));
            let id = label.map_or_else(|| name.to_owned(), |label| format!("{name}.{label}"));
            Part { name, label, id, key, body }
        };
        let parts: Vec<Part<'d>> = blocks.map(part).collect();
        let mut by_id = BTreeMap::new();
        for (index, part) in parts.iter().enumerate() {
            by_id.entry(part.id.clone()).or_insert(index);
        }
        let mut scope = Self { users: vec![Vec::new(); parts.len()], parts, by_id };
        for index in 0..scope.parts.len() {
            // What a module declares does not see what is around it.
            if scope.parts[index].name == "declare" {
                continue;
            }
            scalars(scope.parts[index].body, "", &mut |_, node| {
                if node.is_unknown() {
                    for reference in references(node.text()) {
                        if let Some((used, _)) = scope.find(&reference) {
                            scope.users[used].push(index);
                        }
                    }
                }
            });
        }
        scope
    }

    /// The part that a reference names, and what of it: `receiver`.
    pub(super) fn find<'r>(&self, reference: &'r str) -> Option<(usize, &'r str)> {
        let mut cuts = reference.match_indices('.').map(|(at, _)| at);
        cuts.find_map(|at| Some((*self.by_id.get(&reference[..at])?, &reference[at + 1..])))
    }

    /// The only part that refers to this one.
    pub(super) fn only_user(&self, index: usize) -> Option<usize> {
        match self.users[index][..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The part of which `node` is the export `name`, and nothing else.
    pub(super) fn plainly(&self, node: Option<Node<'_>>, name: &str) -> Option<usize> {
        let node = node?;
        let text = match (node.is_sequence(), node.items().len()) {
            (true, 1) => node.items().next()?.text(),
            (true, _) => return None,
            _ => node.text(),
        };
        let (index, export) = self.find(text)?;
        (export == name).then_some(index)
    }

    /// Parts of a name in rows in which each feeds the next alone, and nothing else does.
    /// `next_of` says whom a part feeds alone, `previous_of` by whom it is fed alone.
    pub(super) fn rows(
        &self,
        name: &str,
        next_of: impl Fn(usize) -> Option<usize>,
        previous_of: impl Fn(usize) -> Option<usize>,
    ) -> Vec<Vec<usize>> {
        let is_one = |index: usize| self.parts[index].name == name;
        let next = |index: usize| {
            let next = next_of(index).filter(|next| is_one(*next))?;
            (previous_of(next) == Some(index)).then_some(next)
        };
        let ones: Vec<usize> = (0..self.parts.len()).filter(|index| is_one(*index)).collect();
        let mut follows = vec![false; self.parts.len()];
        ones.iter().filter_map(|index| next(*index)).for_each(|next| follows[next] = true);
        let mut rows = Vec::new();
        let mut taken = vec![false; self.parts.len()];
        // What goes round in a circle has no first: Alloy refuses it, and it is read all the same.
        let heads = ones.iter().filter(|index| !follows[**index]).chain(&ones);
        for &head in heads {
            let mut row = Vec::new();
            let mut at = Some(head);
            while let Some(index) = at.filter(|index| !taken[*index]) {
                taken[index] = true;
                row.push(index);
                at = next(index);
            }
            if !row.is_empty() {
                rows.push(row);
            }
        }
        rows
    }
}
