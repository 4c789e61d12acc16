//! Events to tree: a stack of open collections, no recursion.

use foldhash::HashMap;
use granit_parser::{Event, ScalarStyle, Span as EventSpan, StructureStyle};

use super::scan;
use super::tree::{Comment, Document, Extras, NodeId, NodeKind, Record, Style};
use crate::text::{FileId, Span};

/// What stops a document: a place and the server's words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) span: Span,
    pub(super) message: String,
}

/// A collection whose end has not come yet.
struct Open {
    id: NodeId,
    children: Vec<NodeId>,
    anchor: usize,
}

/// Builds one document from its events.
pub(super) struct Builder<'t> {
    text: &'t str,
    document: Document,
    /// By node: how many nodes an expansion of all aliases makes of it, itself included.
    weights: Vec<u64>,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    /// End of the last token that is no comment: properties and block headers start after it.
    last_end: usize,
    aliased: u64,
}

impl<'t> Builder<'t> {
    pub(super) fn new(file: FileId, text: &'t str, start: usize) -> Self {
        let range = Span::new(start.min(text.len()), text.len());
        let document = Document { file, range, ..Document::default() };
        Self {
            text,
            document,
            weights: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::default(),
            last_end: start,
            aliased: 0,
        }
    }

    /// Makes room for what a text of so many bytes becomes: growing by doubling touches twice the
    /// memory.
    pub(super) fn reserve(&mut self, bytes: usize) {
        const BYTES_A_NODE: usize = 6;
        self.document.nodes.reserve(bytes / BYTES_A_NODE);
        self.document.children.reserve(bytes / BYTES_A_NODE);
        self.document.decoded.reserve(bytes);
        self.weights.reserve(bytes / BYTES_A_NODE);
    }

    /// Takes the next event of the document.
    pub(super) fn event(&mut self, event: Event<'_>, at: EventSpan) -> Result<(), Refusal> {
        let span = byte_span(at);
        match event {
            Event::Comment(..) => {
                self.document.comments.push(comment(self.text, span));
                return Ok(());
            }
            Event::Scalar(value, style, anchor, _) => self.scalar(&value, style, anchor, at),
            Event::SequenceStart(style, anchor, _) => {
                self.start(NodeKind::Sequence, style, anchor, at);
            }
            Event::MappingStart(style, anchor, _) => {
                self.start(NodeKind::Mapping, style, anchor, at);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end(span);
                return Ok(());
            }
            Event::Anchor(..) => {
                self.set_anchor(span);
                return Ok(());
            }
            Event::Alias(target) => self.alias(target, span)?,
            Event::UnresolvedAlias(name) => {
                let message = format!("yaml: unknown anchor '{name}' referenced");
                return Err(Refusal { span, message });
            }
            _ => return Ok(()),
        }
        self.last_end = self.last_end.max(span.end as usize);
        Ok(())
    }

    /// The finished document.
    pub(super) fn finish(mut self, end: usize) -> Document {
        self.document.range.end = self.document.range.start.max(end as u32);
        self.document.comments.sort_by_key(|comment| comment.span);
        self.document
    }

    /// Refuses what YAML 1.2 takes and the older scanner of yaml.v2 does not.
    pub(super) fn check_old_scanner(&self) -> Result<(), Refusal> {
        for record in self.document.nodes.iter().filter(|r| r.kind == NodeKind::Scalar) {
            let raw = self.text.get(record.span.range()).unwrap_or("");
            let (found, words) = match record.style {
                Style::DoubleQuoted => (scan::slash_escape(raw), "found unknown escape character"),
                // In brackets a `?` always starts a key.
                Style::Plain if self.in_flow(record) => {
                    (raw.find('?'), "did not find expected ',' or ']'")
                }
                _ => (None, ""),
            };
            if let Some(at) = found {
                let start = record.span.start as usize + at;
                let line = self.text[..start].matches('\n').count() + 1;
                let message = format!("yaml: line {line}: {words}");
                return Err(Refusal { span: Span::new(start, start + 1), message });
            }
        }
        Ok(())
    }

    fn in_flow(&self, record: &Record) -> bool {
        record.parent.is_some_and(|parent| self.record(parent).style == Style::Flow)
    }

    /// How many nodes yaml.v2 decodes in all, and how many of them through aliases.
    pub(super) fn decoded(&self) -> (u64, u64) {
        let weight = self.document.root.map_or(0, |id| self.weight(id));
        (weight, self.aliased)
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, anchor: usize, at: EventSpan) {
        let mut span = byte_span(at);
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        // A missing value comes as `~` with nothing in the source.
        let is_missing = style == Style::Plain && span.is_empty();
        let value = if is_missing { "" } else { value };
        if is_missing && self.is_value_next() {
            let after = scan::after_colon(self.text, self.last_end);
            let tag = at.tag_span().map_or(0, |tag| byte_span(tag).end as usize);
            span = Span::new(after.max(tag), after.max(tag));
        }
        if matches!(style, Style::Literal | Style::Folded) {
            let header = scan::block_header(self.text, self.last_end);
            let end = scan::trimmed_end(self.text, header, span.end as usize);
            span = Span::new(header, end);
        }
        let start = self.document.decoded.len();
        self.document.decoded.push_str(value);
        self.document.may_merge |= value == "<<";
        let content = Span::new(start, self.document.decoded.len());
        let id = self.push(NodeKind::Scalar, style, span, at);
        self.document.nodes[id.0 as usize].content = content;
        self.register(anchor, id);
        self.adopt(id);
    }

    /// Whether what comes next is the value of a key.
    fn is_value_next(&self) -> bool {
        self.open.last().is_some_and(|open| {
            self.record(open.id).kind == NodeKind::Mapping && open.children.len() % 2 == 1
        })
    }

    fn start(&mut self, kind: NodeKind, style: StructureStyle, anchor: usize, at: EventSpan) {
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        let mut span = byte_span(at);
        let in_mapping =
            self.open.last().is_some_and(|open| self.record(open.id).kind == NodeKind::Mapping);
        if kind == NodeKind::Sequence && style == Style::Block && in_mapping {
            // A list at the column of its key starts, for the events, after its first dash.
            let dash = scan::first_dash(self.text, self.last_end);
            span.start = dash.min(span.start as usize) as u32;
            span.end = span.start;
        }
        let id = self.push(kind, style, span, at);
        self.open.push(Open { id, children: Vec::new(), anchor });
    }

    fn end(&mut self, at: Span) {
        let Some(Open { id, children, anchor }) = self.open.pop() else { return };
        let start = self.document.children.len();
        for (index, child) in children.iter().enumerate() {
            let record = &mut self.document.nodes[child.0 as usize];
            record.parent = Some(id);
            record.index = index as u32;
        }
        let weight =
            children.iter().fold(1u64, |sum, &child| sum.saturating_add(self.weight(child)));
        let last = children.last().map(|&child| self.record(child).span.end);
        self.document.children.extend(children);
        let content = Span::new(start, self.document.children.len());
        let record = &mut self.document.nodes[id.0 as usize];
        record.content = content;
        record.span.end = match record.style {
            Style::Flow => at.end,
            _ => last.unwrap_or(record.span.end).max(record.span.start),
        };
        if record.style == Style::Flow {
            self.last_end = at.end as usize;
        }
        self.weights[id.0 as usize] = weight;
        self.register(anchor, id);
        self.adopt(id);
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Refusal> {
        let Some(&target) = self.anchors.get(&anchor) else {
            let name = self.text.get(span.start as usize + 1..span.end as usize).unwrap_or("");
            let message = format!("yaml: anchor '{name}' value contains itself");
            return Err(Refusal { span, message });
        };
        let weight = self.weight(target);
        self.aliased = self.aliased.saturating_add(weight);
        let id = self.push(NodeKind::Alias, Style::Plain, span, EventSpan::default());
        self.extras(id).target = Some(target);
        self.weights[id.0 as usize] = weight.saturating_add(1);
        self.adopt(id);
        Ok(())
    }

    fn push(&mut self, kind: NodeKind, style: Style, span: Span, at: EventSpan) -> NodeId {
        let id = NodeId(self.document.nodes.len() as u32);
        self.document.nodes.push(Record::new(kind, style, span));
        self.weights.push(1);
        if let Some(tag) = at.tag_span().and_then(|span| span.slice(self.text)) {
            self.extras(id).tag = Some(short_tag(tag));
        }
        id
    }

    fn register(&mut self, anchor: usize, id: NodeId) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
    }

    fn adopt(&mut self, id: NodeId) {
        match self.open.last_mut() {
            Some(open) => open.children.push(id),
            None => self.document.root = Some(id),
        }
    }

    /// The anchor event follows its node. A missing value is behind it.
    fn set_anchor(&mut self, span: Span) {
        if let Some(last) = self.document.nodes.len().checked_sub(1) {
            self.extras(NodeId(last as u32)).anchor = Some(span);
            let node = &mut self.document.nodes[last].span;
            if node.is_empty() && node.start < span.end {
                *node = Span { start: span.end, end: span.end };
            }
        }
    }

    fn weight(&self, id: NodeId) -> u64 {
        self.weights[id.0 as usize]
    }

    fn extras(&mut self, id: NodeId) -> &mut Extras {
        self.document.nodes[id.0 as usize].has_extras = true;
        self.document.extras.entry(id.0).or_default()
    }

    fn record(&self, id: NodeId) -> &Record {
        &self.document.nodes[id.0 as usize]
    }
}

/// `!<tag:yaml.org,2002:str>` is `!!str`.
fn short_tag(tag: &str) -> Box<str> {
    let long = tag.strip_prefix("!<tag:yaml.org,2002:").and_then(|rest| rest.strip_suffix('>'));
    long.map_or_else(|| tag.into(), |name| format!("!!{name}").into())
}

fn byte_span(span: EventSpan) -> Span {
    let range = span.byte_range().unwrap_or(0..0);
    Span::new(range.start, range.end.max(range.start))
}

fn comment(text: &str, span: Span) -> Comment {
    let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let own_line = text[line..span.start as usize].trim().is_empty();
    Comment { span, own_line }
}
