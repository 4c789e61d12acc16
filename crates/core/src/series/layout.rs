//! The names that many label sets have in common, found once: what depends on names alone need not
//! be asked again for every series of a metric.

use std::cmp::Reverse;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Past so many nodes a tree starts anew: a source of ever new names must not fill the memory.
const MAX_NODES: usize = 1 << 14;
const ROOT: u32 = 0;

/// The label names of a base.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// In byte order, each once.
    names: Vec<Box<str>>,
    /// Which label, in the order they were pushed, has the name at this place.
    order: Vec<u32>,
}

impl Layout {
    fn of(pushed: &[&str]) -> Self {
        let mut order: Vec<u32> = (0..pushed.len() as u32).collect();
        let name = |at: u32| pushed[at as usize];
        order.sort_unstable_by_key(|&at| (name(at), Reverse(at)));
        // The last pushed of equal names comes first, and stays.
        order.dedup_by(|later, first| name(*later) == name(*first));
        Self { names: order.iter().map(|&at| name(at).into()).collect(), order }
    }

    /// The names, in byte order.
    pub(crate) fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// Where a name is among [`Layout::names`].
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| (**known).cmp(name)).ok()
    }

    /// Which pushed label has each name.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }
}

/// Every layout seen, as a tree: a node stands for the names pushed so far, in their order.
#[derive(Debug, Clone)]
pub(super) struct Layouts {
    nodes: Vec<Node>,
    /// Nodes by parent and name.
    index: HashTable<u32>,
}

#[derive(Debug, Clone)]
struct Node {
    parent: u32,
    name: Box<str>,
    /// The child that was taken last: neighbouring series mostly have the same names.
    next: u32,
    layout: Option<Arc<Layout>>,
}

impl Default for Layouts {
    fn default() -> Self {
        let root = Node { parent: ROOT, name: "".into(), next: ROOT, layout: Some(Arc::default()) };
        Self { nodes: vec![root], index: HashTable::new() }
    }
}

impl Layouts {
    /// Where no name was pushed yet.
    pub(super) fn root(&mut self) -> u32 {
        if self.nodes.len() > MAX_NODES {
            *self = Self::default();
        }
        ROOT
    }

    /// Where one leads after one more name.
    #[inline]
    pub(super) fn child(&mut self, node: u32, name: &str) -> u32 {
        let next = self.nodes[node as usize].next;
        if next != ROOT && self.is(next, name) {
            return next;
        }
        let found = self.find(node, name);
        self.nodes[node as usize].next = found;
        found
    }

    /// Compares bytes: texts that are equal need no look at character boundaries.
    fn is(&self, node: u32, name: &str) -> bool {
        self.nodes[node as usize].name.as_bytes() == name.as_bytes()
    }

    fn find(&mut self, parent: u32, name: &str) -> u32 {
        let hash = hash(parent, name);
        let is_it = |&node: &u32| self.nodes[node as usize].parent == parent && self.is(node, name);
        if let Some(&node) = self.index.find(hash, is_it) {
            return node;
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(Node { parent, name: name.into(), next: ROOT, layout: None });
        let rehash = |&node: &u32| {
            let node: &Node = &self.nodes[node as usize];
            self::hash(node.parent, &node.name)
        };
        self.index.insert_unique(hash, node, rehash);
        node
    }

    /// Makes the layout of a node, if that was not yet done.
    #[inline]
    pub(super) fn complete(&mut self, node: u32) {
        if self.nodes[node as usize].layout.is_none() {
            let mut pushed = Vec::new();
            let mut at = node;
            while at != ROOT {
                let node = &self.nodes[at as usize];
                pushed.push(&*node.name);
                at = node.parent;
            }
            pushed.reverse();
            let layout = Layout::of(&pushed);
            self.nodes[node as usize].layout = Some(Arc::new(layout));
        }
    }

    /// The layout of a node that was completed.
    #[inline]
    pub(super) fn layout(&self, node: u32) -> &Arc<Layout> {
        self.nodes[node as usize].layout.as_ref().expect("a base's node is complete")
    }
}

fn hash(parent: u32, name: &str) -> u64 {
    FixedState::default().hash_one((parent, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(layouts: &mut Layouts, names: &[&str]) -> Arc<Layout> {
        let mut node = layouts.root();
        for name in names {
            node = layouts.child(node, name);
        }
        layouts.complete(node);
        Arc::clone(layouts.layout(node))
    }

    #[test]
    fn the_same_names_have_one_layout() {
        let mut layouts = Layouts::default();
        let first = walk(&mut layouts, &["b", "a", "b", "c"]);
        assert_eq!(first.names().iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(first.order(), [1, 2, 3]);
        assert_eq!((first.position("c"), first.position("d")), (Some(2), None));
        let other = walk(&mut layouts, &["b", "a"]);
        assert_eq!(other.order(), [1, 0]);
        assert!(Arc::ptr_eq(&first, &walk(&mut layouts, &["b", "a", "b", "c"])));
        assert!(walk(&mut layouts, &[]).names().is_empty());
    }

    #[test]
    fn ever_new_names_do_not_fill_the_memory() {
        let mut layouts = Layouts::default();
        for number in 0..3 * MAX_NODES {
            walk(&mut layouts, &[&number.to_string()]);
            assert!(layouts.nodes.len() <= MAX_NODES + 2);
        }
    }
}
