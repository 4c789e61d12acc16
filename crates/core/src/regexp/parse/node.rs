//! A parsed piece of a pattern, with the measures that Go limits.

use regex_syntax::hir::{Capture, Hir, Repetition};

use super::Flags;

/// What a node is, as far as measuring needs it: Go merges what can be merged before it measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A literal read under these flags; neighbours with the same flags become one.
    Literal(Flags),
    /// A class or a dot; alternatives of these (and of single letters) become one class.
    Char,
    Concat,
    Alternate,
    Other,
}

/// A piece of a pattern.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) hir: Hir,
    pub(super) kind: Kind,
    /// Height of Go's tree of it.
    pub(super) height: u32,
    /// Instructions that Go expects to compile it to.
    pub(super) size: u64,
    /// Largest product of nested repeat counts in it.
    pub(super) repeats: u64,
}

impl Node {
    /// A node without children.
    pub(super) fn leaf(hir: Hir, kind: Kind) -> Self {
        Self { hir, kind, height: 1, size: 1, repeats: 1 }
    }

    /// A capturing group. The engine is not told names: it refuses to have one twice.
    pub(super) fn capture(self, index: u32) -> Self {
        let capture = Capture { index, name: None, sub: Box::new(self.hir) };
        Self {
            hir: Hir::capture(capture),
            kind: Kind::Other,
            height: self.height + 1,
            size: self.size.saturating_add(2),
            repeats: self.repeats,
        }
    }

    /// A repetition; `counted` when it was written with braces.
    pub(super) fn repeat(self, min: u32, max: Option<u32>, greedy: bool, counted: bool) -> Self {
        let size = match (min, max) {
            (0, None) => self.size.saturating_add(2),
            (1, None) | (0, Some(1)) => self.size.saturating_add(1),
            (min, None) => u64::from(min).saturating_mul(self.size).saturating_add(1),
            (min, Some(max)) => {
                u64::from(max).saturating_mul(self.size).saturating_add(u64::from(max - min))
            }
        };
        let factor = if counted { max.unwrap_or(min) } else { 1 };
        let repeats = match (counted, max) {
            (true, Some(0)) => 1,
            _ => self.repeats.saturating_mul(u64::from(factor.max(1))),
        };
        let repetition = Repetition { min, max, greedy, sub: Box::new(self.hir) };
        Self {
            hir: Hir::repetition(repetition),
            kind: Kind::Other,
            height: self.height + 1,
            size: size.max(1),
            repeats,
        }
    }

    /// What stands one after the other; one node stays itself.
    pub(super) fn concat(mut nodes: Vec<Self>) -> Self {
        if nodes.len() == 1 {
            return nodes.swap_remove(0);
        }
        let Some(first) = nodes.first() else { return Self::leaf(Hir::empty(), Kind::Other) };
        let merged = matches!(first.kind, Kind::Literal(_))
            && nodes.iter().all(|node| node.kind == first.kind);
        let kind = if merged { first.kind } else { Kind::Concat };
        Self::join(nodes, kind, Kind::Concat, 0, Hir::concat)
    }

    /// Alternatives in the order of preference; one stays itself.
    pub(super) fn alternate(mut nodes: Vec<Self>) -> Self {
        if nodes.len() == 1 {
            return nodes.swap_remove(0);
        }
        let single = |node: &Self| {
            node.kind == Kind::Char || matches!(node.kind, Kind::Literal(_)) && node.size == 1
        };
        let kind = if nodes.iter().all(single) { Kind::Char } else { Kind::Alternate };
        let bars = nodes.len() as u64 - 1;
        Self::join(nodes, kind, Kind::Alternate, bars, Hir::alternation)
    }

    /// One node above several; children of the kind `flat` are taken in, as Go does.
    fn join(
        nodes: Vec<Self>,
        kind: Kind,
        flat: Kind,
        extra: u64,
        build: fn(Vec<Hir>) -> Hir,
    ) -> Self {
        let below = |node: &Self| node.height - u32::from(node.kind == flat);
        let tallest = nodes.iter().map(below).max().unwrap_or(0);
        let sum = nodes.iter().fold(extra, |sum, node| sum.saturating_add(node.size));
        Self {
            kind,
            height: if kind == flat { tallest + 1 } else { 1 },
            size: if kind == Kind::Char { 1 } else { sum.max(1) },
            repeats: nodes.iter().map(|node| node.repeats).max().unwrap_or(1),
            hir: build(nodes.into_iter().map(|node| node.hir).collect()),
        }
    }
}
