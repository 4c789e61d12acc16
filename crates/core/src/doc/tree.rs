//! The tree: nodes in one arena, decoded text in one buffer, so that dropping and walking never
//! recurse and a scalar costs no allocation.

use std::collections::BTreeMap;

use crate::text::{FileId, Location, Span};

/// The index of a node in its [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// How a scalar or a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A bare scalar.
    Plain,
    /// A scalar in `'`.
    SingleQuoted,
    /// A scalar in `"`.
    DoubleQuoted,
    /// A scalar after `|`.
    Literal,
    /// A scalar after `>`.
    Folded,
    /// A scalar in backticks, in Alloy's syntax.
    Raw,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

/// What a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Syntax {
    /// YAML, or JSON.
    #[default]
    Yaml,
    /// Grafana Alloy's own.
    Alloy,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Text.
    Scalar,
    /// A list.
    Sequence,
    /// Keys and values in the order they are written, duplicates kept.
    Mapping,
    /// `*name`: stands for another node.
    Alias,
}

/// A comment, from its `#` or `//` to the end of its line, or from `/*` to `*/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// Where it is, its mark included.
    pub span: Span,
    /// Whether nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// What the arena holds of a node.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) kind: NodeKind,
    pub(super) style: Style,
    pub(super) span: Span,
    /// Scalars: a range of `Document::decoded`. Collections: a range of `Document::children`.
    pub(super) content: Span,
    pub(super) parent: Option<NodeId>,
    /// The place among the parent's children; keys and values of a mapping alternate.
    pub(super) index: u32,
    /// Whether its text is only known where the file is used: `${env:NAME}`.
    pub(super) unknown: bool,
    /// Whether [`Document::extras`] knows more of it.
    pub(super) has_extras: bool,
}

/// What few nodes have.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    pub(super) tag: Option<Box<str>>,
    pub(super) anchor: Option<Span>,
    /// What an alias stands for.
    pub(super) target: Option<NodeId>,
}

impl Record {
    /// A node without content.
    pub(super) fn new(kind: NodeKind, style: Style, span: Span) -> Self {
        Self {
            kind,
            style,
            span,
            content: Span::default(),
            parent: None,
            index: 0,
            unknown: false,
            has_extras: false,
        }
    }
}

/// One document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    pub(super) file: FileId,
    pub(super) syntax: Syntax,
    pub(super) decoded: String,
    pub(super) nodes: Vec<Record>,
    /// Of the nodes that say so, by their index.
    pub(super) extras: BTreeMap<u32, Extras>,
    /// Whether a scalar reads `<<`: without one there are no merge keys.
    pub(super) may_merge: bool,
    pub(super) children: Vec<NodeId>,
    pub(super) comments: Vec<Comment>,
    pub(super) root: Option<NodeId>,
    /// The bytes that it was read from.
    pub(super) range: Span,
    /// Whether the source writes `$$` for each `$` of a scalar.
    pub(super) dollars: bool,
}

impl Document {
    /// The top node; `None` for an empty document.
    pub fn root(&self) -> Option<Node<'_>> {
        self.root.map(|id| self.node(id))
    }

    /// The node of `id`, which must come from this document.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node { document: self, id }
    }

    /// Every comment of the file up to the end of this document, in source order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The file it was read from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// What it is written in.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// The bytes that it was read from: of one document in a stream, of one text in another's
    /// scalar.
    pub fn span(&self) -> Span {
        self.range
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every node in document order, keys included.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.nodes.len() as u32).map(|at| self.node(NodeId(at)))
    }
}

/// How many nodes are compared before two values are taken to differ: aliases can make few nodes
/// stand for very many.
const ALIKE_NODES: usize = 100_000;

/// A node of a [`Document`]: a cheap handle.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(super) document: &'d Document,
    pub(super) id: NodeId,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.id == other.id
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} {}", self.kind(), self.span().range(), self.path())
    }
}

impl<'d> Node<'d> {
    pub(super) fn record(self) -> &'d Record {
        &self.document.nodes[self.id.0 as usize]
    }

    fn extras(self) -> Option<&'d Extras> {
        if !self.record().has_extras {
            return None;
        }
        self.document.extras.get(&self.id.0)
    }

    /// The document it belongs to.
    pub fn document(self) -> &'d Document {
        self.document
    }

    /// Its index in the document.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// What it is. An alias is an alias: see [`Node::resolved`].
    pub fn kind(self) -> NodeKind {
        self.record().kind
    }

    /// How it is written.
    pub fn style(self) -> Style {
        self.record().style
    }

    /// Its bytes: a scalar with its quotes or block header, a collection from its first to its
    /// last child (with brackets, when it has them). Anchor and tag are not part of it. A missing
    /// value is an empty span.
    pub fn span(self) -> Span {
        self.record().span
    }

    /// Its span in its file.
    pub fn location(self) -> Location {
        Location { file: self.document.file, span: self.span() }
    }

    /// The scalar's decoded text; empty for a missing value and for collections.
    pub fn text(self) -> &'d str {
        match self.kind() {
            NodeKind::Scalar => &self.document.decoded[self.record().content.range()],
            _ => "",
        }
    }

    /// Whether its text is not known before the file is used, as [`super::Placeholder`] says.
    pub fn is_unknown(self) -> bool {
        self.resolved().record().unknown
    }

    /// The tag as written (`!!str`, `!foo`), if there is one.
    pub fn tag(self) -> Option<&'d str> {
        self.extras()?.tag.as_deref()
    }

    /// Where its `&anchor` is, if it has one.
    pub fn anchor(self) -> Option<Span> {
        self.extras()?.anchor
    }

    /// What holds it.
    pub fn parent(self) -> Option<Node<'d>> {
        self.record().parent.map(|id| self.document.node(id))
    }

    /// The node itself, or the one that an alias points to.
    #[must_use]
    pub fn resolved(self) -> Node<'d> {
        // An alias points at a node that is not an alias: one step is enough.
        let target = self.extras().and_then(|extras| extras.target);
        target.map_or(self, |id| self.document.node(id))
    }

    pub(super) fn children(self) -> &'d [NodeId] {
        match self.kind() {
            NodeKind::Sequence | NodeKind::Mapping => {
                &self.document.children[self.record().content.range()]
            }
            NodeKind::Scalar | NodeKind::Alias => &[],
        }
    }

    /// The items of a sequence (through an alias too); nothing for other nodes.
    pub fn items(self) -> impl ExactSizeIterator<Item = Node<'d>> + DoubleEndedIterator {
        let node = self.resolved();
        let children = if node.kind() == NodeKind::Sequence { node.children() } else { &[] };
        children.iter().map(move |&id| node.document.node(id))
    }

    /// The keys and values of a mapping (through an alias too) as written: duplicates and `<<`
    /// included; nothing for other nodes. See [`Node::fields`] for what the server sees.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (Node<'d>, Node<'d>)> {
        let node = self.resolved();
        let children = if node.kind() == NodeKind::Mapping { node.children() } else { &[] };
        children
            .chunks_exact(2)
            .map(move |pair| (node.document.node(pair[0]), node.document.node(pair[1])))
    }

    /// Whether both say the same, however and wherever they are written; no for what has more than
    /// `ALIKE_NODES` nodes.
    pub fn is_like(self, other: Node<'_>) -> bool {
        let mut pairs = vec![(self, other)];
        for _ in 0..ALIKE_NODES {
            let Some((one, other)) = pairs.pop() else { return true };
            let (one, other) = (one.resolved(), other.resolved());
            let (ours, theirs) = (one.children(), other.children());
            if one.kind() != other.kind()
                || one.text() != other.text()
                || ours.len() != theirs.len()
            {
                return false;
            }
            let both = ours.iter().zip(theirs);
            pairs.extend(both.map(|(&a, &b)| (one.document.node(a), other.document.node(b))));
        }
        false
    }

    /// Whether nothing is written where a value could be (`key:`).
    pub fn is_missing(self) -> bool {
        self.kind() == NodeKind::Scalar && self.span().is_empty()
    }

    /// Whether it, or what it points to, is a mapping.
    pub fn is_mapping(self) -> bool {
        self.resolved().kind() == NodeKind::Mapping
    }

    /// Whether it, or what it points to, is a sequence.
    pub fn is_sequence(self) -> bool {
        self.resolved().kind() == NodeKind::Sequence
    }

    /// Whether it, or what it points to, is a scalar.
    pub fn is_scalar(self) -> bool {
        self.resolved().kind() == NodeKind::Scalar
    }
}
