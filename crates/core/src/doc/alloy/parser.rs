//! Tokens to the tree, statement by statement: one that cannot be read is left out, with what is
//! wrong with it, and the rest is read.

use super::lexer::{Kind, Lexer, Token};
use super::{Mistake, strings};
use crate::doc::tree::{Document, NodeId, NodeKind, Record, Style, Syntax};
use crate::doc::{MAX_NODES, Node};
use crate::text::{FileId, Span};

/// Deepest nesting that is read: a configuration has ten levels at most.
const MAX_DEPTH: usize = 100;

/// After so many mistakes a file is something else, and nothing more is read.
const MAX_MISTAKES: usize = 100;

/// Reads a whole file.
pub(super) fn parse(text: &str, file: FileId) -> (Document, Vec<Mistake>) {
    let range = Span::new(0, text.len());
    let document = Document { file, range, syntax: Syntax::Alloy, ..Document::default() };
    let lexer = Lexer::new(text);
    let token = Token { kind: Kind::End, span: Span::default() };
    let mut parser =
        Parser { text, lexer, token, last_end: 0, depth: 0, has_stopped: false, document };
    parser.advance();
    let root = parser.open(NodeKind::Mapping, Style::Block, parser.token.span.start);
    let entries = parser.body(Kind::End);
    let end = entries.last().map_or(0, |last| parser.document.nodes[last.0 as usize].span.end);
    if !entries.is_empty() {
        parser.document.root = Some(root);
    }
    parser.close(root, entries, end);
    let Parser { mut document, lexer, .. } = parser;
    document.comments = lexer.comments;
    (document, lexer.mistakes)
}

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    token: Token,
    /// Where the last token ended.
    last_end: u32,
    depth: usize,
    /// Whether the rest is not read any more: what is missing there is no mistake.
    has_stopped: bool,
    document: Document,
}

impl Parser<'_> {
    fn advance(&mut self) {
        self.last_end = self.token.span.end;
        self.token = self.lexer.next();
        if self.document.nodes.len() > MAX_NODES {
            self.give_up(format!("the file has more than {MAX_NODES} values"));
        }
        if self.lexer.mistakes.len() > MAX_MISTAKES {
            self.stop();
        }
    }

    fn stop(&mut self) {
        self.has_stopped = true;
        self.lexer.stop();
        self.token = self.lexer.next();
    }

    fn give_up(&mut self, message: String) {
        self.mistake(self.token.span, message);
        self.stop();
    }

    fn is(&self, kind: Kind) -> bool {
        self.token.kind == kind
    }

    fn text_of(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    fn mistake(&mut self, span: Span, message: impl Into<String>) {
        if !self.has_stopped {
            self.lexer.mistakes.push(Mistake { span, message: message.into(), remedy: None });
        }
    }

    /// Says that the token is not what should be here.
    fn unexpected(&mut self, wanted: &str) {
        let got = self.token.kind.shown(self.text_of(self.token.span));
        self.mistake(self.token.span, format!("expected {wanted}, got {got}"));
    }

    fn expect(&mut self, kind: Kind, shown: &str) {
        if self.is(kind) {
            self.advance();
        } else {
            self.unexpected(shown);
        }
    }

    /// Goes to the end of the statement, over all that is in brackets.
    fn skip_statement(&mut self) {
        let mut depth = 0i64;
        loop {
            match self.token.kind {
                Kind::LCurly | Kind::LBrack | Kind::LParen => depth += 1,
                Kind::RCurly | Kind::RBrack | Kind::RParen => depth -= 1,
                Kind::Terminator if depth <= 0 => return,
                Kind::End => return,
                _ => {}
            }
            self.advance();
        }
    }

    /// Reads statements up to `until`; their keys and values in turn.
    fn body(&mut self, until: Kind) -> Vec<NodeId> {
        let mut entries = Vec::new();
        while !self.is(until) && !self.is(Kind::End) {
            self.statement(&mut entries);
            if self.is(until) {
                break;
            }
            if !self.is(Kind::Terminator) {
                self.unexpected("TERMINATOR");
                self.skip_statement();
            }
            self.advance();
        }
        entries
    }

    fn statement(&mut self, entries: &mut Vec<NodeId>) {
        let start = self.token.span;
        let Some(name) = self.name() else { return self.skip_statement() };
        let span = Span { start: start.start, end: self.last_end };
        let label = self.is(Kind::Text).then_some(self.token.span);
        if label.is_some() {
            self.advance();
        }
        match self.token.kind {
            Kind::Assign => {
                if name.contains('.') {
                    let words = "attribute names may only consist of a single identifier with no \
                                 \".\"";
                    self.mistake(span, words);
                } else if let Some(label) = label {
                    self.mistake(label, "attribute names may not have labels");
                }
                self.advance();
                let key = self.scalar(Style::Plain, span, &name, false);
                let value = self.expression();
                entries.extend([key, value]);
            }
            Kind::LCurly => {
                let key = self.scalar(Style::Plain, span, &name, false);
                let value = self.labelled(label);
                entries.extend([key, value]);
            }
            _ if label.is_some() => {
                self.unexpected("block body");
                self.skip_statement();
            }
            _ => {
                self.unexpected("attribute assignment or block body");
                self.skip_statement();
            }
        }
    }

    /// Identifiers with dots between them.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        loop {
            if !self.is(Kind::Ident) {
                self.unexpected("identifier");
                return None;
            }
            name.push_str(self.text_of(self.token.span));
            self.advance();
            if !self.is(Kind::Dot) {
                return Some(name);
            }
            name.push('.');
            self.advance();
        }
    }

    /// The body of a block, under its label if it has one.
    fn labelled(&mut self, label: Option<Span>) -> NodeId {
        let Some(span) = label.filter(|label| label.len() > 2) else { return self.block() };
        let text = self.text_of(span).to_owned();
        let outer = self.open(NodeKind::Mapping, Style::Block, span.start);
        let inner = text.get(1..text.len() - 1).unwrap_or_default();
        if !text.starts_with('"') {
            let words = "expected block label to be a double quoted string";
            self.mistake(span, format!("{words}, but got {text}"));
        } else if !is_identifier(inner) {
            let words = "expected block label to be a valid identifier";
            self.mistake(span, format!("{words}, but got {text}"));
        }
        let key = self.scalar(Style::DoubleQuoted, span, inner, false);
        let block = self.block();
        self.close(outer, vec![key, block], self.last_end);
        outer
    }

    fn block(&mut self) -> NodeId {
        let id = self.open(NodeKind::Mapping, Style::Block, self.token.span.start);
        self.advance();
        let entries = self.nested(Vec::new(), |parser| parser.body(Kind::RCurly));
        self.expect(Kind::RCurly, "}");
        self.close(id, entries, self.last_end);
        id
    }

    /// Reads something one level further in, unless that is too deep.
    fn nested<T>(&mut self, otherwise: T, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            self.give_up(format!("the file has more than {MAX_DEPTH} levels"));
            return otherwise;
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// Reads an expression: its own node where it is a literal, a list or an object, else a scalar
    /// whose value is not known.
    fn expression(&mut self) -> NodeId {
        let start = self.token.span.start;
        let mark = (self.document.nodes.len(), self.document.children.len());
        let decoded = self.document.decoded.len();
        if !self.binary(1) {
            self.document.nodes.truncate(mark.0);
            self.document.children.truncate(mark.1);
            self.document.decoded.truncate(decoded);
            let span = Span { start, end: self.last_end.max(start) };
            let text = self.text_of(span).to_owned();
            self.scalar(Style::Plain, span, &text, true);
        }
        NodeId(mark.0 as u32)
    }

    /// Operands and operators between them; whether it is a literal alone.
    fn binary(&mut self, least: u8) -> bool {
        let mut is_literal = self.unary();
        loop {
            let precedence = match self.token.kind {
                Kind::Binary(precedence) => precedence,
                Kind::Minus => 4,
                _ => return is_literal,
            };
            if precedence < least {
                return is_literal;
            }
            self.advance();
            self.nested(false, |parser| parser.binary(precedence + 1));
            is_literal = false;
        }
    }

    fn unary(&mut self) -> bool {
        let start = self.token;
        let mut signs = 0;
        while matches!(self.token.kind, Kind::Not | Kind::Minus) {
            signs += 1;
            self.advance();
        }
        let number = self.token;
        let is_literal = self.operand();
        let is_negative = signs == 1 && start.kind == Kind::Minus && number.kind == Kind::Number;
        if is_literal && is_negative {
            // The number takes its sign.
            self.document.nodes.pop();
            let text = format!("-{}", self.text_of(number.span));
            let span = start.span.join(number.span);
            self.scalar(Style::Plain, span, &text, false);
        }
        is_literal && (signs == 0 || is_negative)
    }

    /// A value, and what is read from it: `.name`, `[index]`, `(arguments)`.
    fn operand(&mut self) -> bool {
        let mut is_literal = self.primary();
        loop {
            match self.token.kind {
                Kind::Dot => {
                    self.advance();
                    self.expect(Kind::Ident, "IDENT");
                }
                Kind::LBrack => {
                    self.advance();
                    self.nested(false, |parser| parser.binary(1));
                    self.expect(Kind::RBrack, "]");
                }
                Kind::LParen => {
                    self.advance();
                    self.list_until(Kind::RParen);
                    self.expect(Kind::RParen, ")");
                }
                Kind::Text | Kind::LCurly => {
                    self.mistake(self.token.span, "cannot use a block as an expression");
                    self.skip_statement();
                    return false;
                }
                _ => return is_literal,
            }
            is_literal = false;
        }
    }

    fn primary(&mut self) -> bool {
        let span = self.token.span;
        match self.token.kind {
            Kind::Ident => {
                self.advance();
                false
            }
            Kind::Text => {
                let raw = self.text_of(span);
                let style = if raw.starts_with('`') { Style::Raw } else { Style::DoubleQuoted };
                let text = strings::decode(raw);
                self.scalar(style, span, text.as_deref().unwrap_or_default(), text.is_none());
                self.advance();
                true
            }
            Kind::Number | Kind::Bool | Kind::Null => {
                let text = self.text_of(span).to_owned();
                self.scalar(Style::Plain, span, &text, false);
                self.advance();
                true
            }
            Kind::LParen => {
                self.advance();
                self.nested(false, |parser| parser.binary(1));
                self.expect(Kind::RParen, ")");
                false
            }
            Kind::LBrack => {
                self.list(span);
                true
            }
            Kind::LCurly => {
                self.object(span);
                true
            }
            _ => {
                self.unexpected("expression");
                while !self.ends_value() {
                    self.advance();
                }
                false
            }
        }
    }

    fn ends_value(&self) -> bool {
        let ends = [Kind::Terminator, Kind::RParen, Kind::RCurly, Kind::RBrack, Kind::Comma];
        ends.contains(&self.token.kind) || self.is(Kind::End)
    }

    fn list(&mut self, open: Span) {
        let id = self.open(NodeKind::Sequence, Style::Flow, open.start);
        self.advance();
        let items = self.list_until(Kind::RBrack);
        self.expect(Kind::RBrack, "]");
        self.close(id, items, self.last_end);
    }

    fn list_until(&mut self, until: Kind) -> Vec<NodeId> {
        self.nested(Vec::new(), |parser| {
            let mut items = Vec::new();
            while !parser.is(until) && !parser.is(Kind::End) {
                items.push(parser.expression());
                if !parser.separated(until, "missing ',' in expression list") {
                    break;
                }
            }
            items
        })
    }

    /// Goes over the comma between two items; whether there may be another.
    fn separated(&mut self, until: Kind, words: &str) -> bool {
        if self.is(until) {
            return false;
        }
        if !self.is(Kind::Comma) {
            self.mistake(self.token.span, words);
            if self.ends_value() && !self.is(Kind::Terminator) {
                return false;
            }
        }
        self.advance();
        true
    }

    fn object(&mut self, open: Span) {
        let id = self.open(NodeKind::Mapping, Style::Flow, open.start);
        self.advance();
        let entries = self.nested(Vec::new(), |parser| {
            let mut entries = Vec::new();
            while !parser.is(Kind::RCurly) && !parser.is(Kind::End) {
                if !parser.field(&mut entries)
                    || !parser.separated(Kind::RCurly, "missing ',' in field list")
                {
                    break;
                }
            }
            entries
        });
        self.expect(Kind::RCurly, "}");
        self.close(id, entries, self.last_end);
    }

    fn field(&mut self, entries: &mut Vec<NodeId>) -> bool {
        let span = self.token.span;
        let (style, name) = match self.token.kind {
            Kind::Ident => (Style::Plain, self.text_of(span).to_owned()),
            Kind::Text => {
                let name = strings::decode(self.text_of(span)).unwrap_or_default();
                (Style::DoubleQuoted, name)
            }
            _ => {
                self.unexpected("field name (string or identifier)");
                self.skip_statement();
                return false;
            }
        };
        let key = self.scalar(style, span, &name, false);
        self.advance();
        self.expect(Kind::Assign, "=");
        let value = self.expression();
        entries.extend([key, value]);
        true
    }

    fn scalar(&mut self, style: Style, span: Span, text: &str, unknown: bool) -> NodeId {
        let start = self.document.decoded.len();
        self.document.decoded.push_str(text);
        let content = Span::new(start, self.document.decoded.len());
        self.push(Record { content, unknown, ..Record::new(NodeKind::Scalar, style, span) })
    }

    fn open(&mut self, kind: NodeKind, style: Style, start: u32) -> NodeId {
        self.push(Record::new(kind, style, Span { start, end: start }))
    }

    fn push(&mut self, record: Record) -> NodeId {
        self.document.nodes.push(record);
        NodeId(self.document.nodes.len() as u32 - 1)
    }

    fn close(&mut self, id: NodeId, children: Vec<NodeId>, end: u32) {
        let start = self.document.children.len();
        for (index, child) in children.iter().enumerate() {
            let record = &mut self.document.nodes[child.0 as usize];
            record.parent = Some(id);
            record.index = index as u32;
        }
        self.document.children.extend(children);
        let content = Span::new(start, self.document.children.len());
        let record = &mut self.document.nodes[id.0 as usize];
        record.content = content;
        record.span.end = end.max(record.span.start);
    }
}

fn is_identifier(text: &str) -> bool {
    let mut lexer = Lexer::new(text);
    let token = lexer.next();
    token.kind == Kind::Ident && token.span.len() == text.len()
}

impl<'d> Node<'d> {
    /// Whether it is a block of Alloy's syntax, and no object.
    pub fn is_block(self) -> bool {
        self.kind() == NodeKind::Mapping && self.style() == Style::Block
    }

    /// The label and body of a block that has a label; the body alone of one that has none.
    pub fn labelled(self) -> (Option<Node<'d>>, Node<'d>) {
        let mut entries = self.entries();
        match (entries.next(), entries.next()) {
            (Some((key, body)), None) if key.style() == Style::DoubleQuoted && self.is_block() => {
                (Some(key), body)
            }
            _ => (None, self),
        }
    }
}
