//! What came out, written into the test file as what is expected: values in place, comments and
//! layout kept, and the result read again before anybody gets it.

use std::collections::BTreeMap;

use super::labels;
use super::model::{Expectation, TestCase, TestFile};
use super::read::read;
use super::run::{Actual, agrees_with};
use crate::doc::{Document, Node, NodeKind, Style, quote};
use crate::text::{FileId, SourceText, Span};

/// The keys that say what is expected.
const EXPECTED: [&str; 4] = ["expect", "dropped", "dropped_by", "error"];

/// A case whose expectation cannot be written in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotUpdate {
    /// [`TestCase::index`].
    pub case: usize,
    /// Why, in words.
    pub reason: String,
}

/// The text of the test file with what came out of each case, by [`TestCase::index`], as what is
/// expected of it. No comment is lost; nothing but the expected parts changes.
///
/// # Errors
/// The first case that cannot be updated without touching something else.
pub fn update(
    source: &SourceText,
    file: &TestFile,
    came: &BTreeMap<usize, Actual>,
) -> Result<String, CannotUpdate> {
    let mut edits: Vec<(Span, String)> = Vec::new();
    for case in file.cases.iter().filter(|case| came.contains_key(&case.index)) {
        let refuse = |reason: &str| CannotUpdate { case: case.index, reason: reason.to_owned() };
        let tests = file.document.root().and_then(|root| root.get("relabel_tests"));
        let node = tests.and_then(|tests| tests.items().nth(case.index));
        let node = node.filter(|node| node.kind() == NodeKind::Mapping);
        let node = node.ok_or_else(|| refuse("the case is written elsewhere, behind an alias"))?;
        let wanted = wanted(case, &came[&case.index]);
        edits.extend(case_edits(source, node, &wanted));
    }
    edits.sort_by_key(|(span, _)| *span);
    let text = applied(source.text(), &edits);
    verify(&text, file, came)?;
    Ok(text)
}

fn applied(text: &str, edits: &[(Span, String)]) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (span, new) in edits {
        out.push_str(&text[at..(span.start as usize).max(at)]);
        out.push_str(new);
        at = (span.end as usize).max(at);
    }
    out + &text[at..]
}

/// Reads the new text as a run would: each case agrees, the rest is as it was.
fn verify(text: &str, file: &TestFile, came: &BTreeMap<usize, Actual>) -> Result<(), CannotUpdate> {
    let (after, findings) = read(FileId::default(), &SourceText::new("updated", text));
    let refuse = |case: usize| CannotUpdate {
        case,
        reason: "what came out cannot be written here without changing something else".to_owned(),
    };
    for (at, case) in file.cases.iter().enumerate() {
        let same = |new: &&TestCase| new.index == case.index;
        let Some(new) = after.cases.get(at).filter(same) else { return Err(refuse(case.index)) };
        let kept =
            (&new.name, &new.input, &new.servers) == (&case.name, &case.input, &case.servers);
        let agrees = match came.get(&case.index) {
            Some(actual) => {
                new.expectation.as_ref().is_some_and(|expected| agrees_with(expected, actual))
            }
            None => new.expectation == case.expectation,
        };
        if !kept || !agrees {
            return Err(refuse(case.index));
        }
    }
    let first = came.keys().next().copied().unwrap_or_default();
    let before = comments(&file.document).count();
    if !findings.is_empty() || comments(&after.document).count() != before {
        return Err(refuse(first));
    }
    Ok(())
}

fn comments(document: &Document) -> impl Iterator<Item = Span> {
    document.comments().iter().map(|comment| comment.span)
}

/// What a key shall hold.
enum Value {
    Word(String),
    Labels(BTreeMap<String, String>),
}

fn wanted(case: &TestCase, actual: &Actual) -> Vec<(&'static str, Value)> {
    match actual {
        Actual::Labels(came) => {
            let mut labels = came.clone();
            if let Some(Expectation::Labels(old)) = &case.expectation {
                // `tmp: ''` says that there is no such label: it still does.
                let absent = old.iter().filter(|(_, value)| value.is_empty());
                for (name, value) in absent {
                    labels.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            vec![("expect", Value::Labels(labels))]
        }
        Actual::Dropped { by } => {
            let names_step = matches!(case.expectation, Some(Expectation::Dropped { by: Some(_) }));
            let step = by.filter(|_| names_step).map(|by| Value::Word(format!("step {by}")));
            let dropped = ("dropped", Value::Word("true".to_owned()));
            std::iter::once(dropped).chain(step.map(|step| ("dropped_by", step))).collect()
        }
        Actual::Refused(words) => vec![("error", Value::Word(quote(words).into_owned()))],
    }
}

fn case_edits(
    source: &SourceText,
    case: Node<'_>,
    wanted: &[(&'static str, Value)],
) -> Vec<(Span, String)> {
    let entries: Vec<(Node<'_>, Node<'_>)> = case.entries().collect();
    let block = Block::of(source, case);
    let mut missing: Vec<&(&str, Value)> = wanted
        .iter()
        .filter(|(key, _)| !entries.iter().any(|(name, _)| name.text() == *key))
        .collect();
    let mut pieces: Vec<Piece> = Vec::new();
    for (key, value) in &entries {
        let keep = wanted.iter().find(|(name, _)| *name == key.text());
        pieces.push(match keep {
            Some((_, new)) => Piece::Value(filled(source, *value, new, &block)),
            None if EXPECTED.contains(&key.text()) => {
                // The first one that goes makes room for what comes.
                let new = missing.drain(..).map(|(key, new)| fresh(key, new, &block));
                Piece::Gone(new.collect())
            }
            None => Piece::Same,
        });
    }
    let added: Vec<String> =
        missing.into_iter().map(|(key, value)| fresh(key, value, &block)).collect();
    if case.style() == Style::Flow {
        return flow_edits(&entries, pieces, &added);
    }
    vec![block.assemble(&entries, pieces, added)]
}

/// What becomes of an entry of a mapping.
enum Piece {
    Same,
    /// Its value becomes this; `None` leaves it.
    Value(Option<New>),
    /// It goes, and these come in its place.
    Gone(Vec<String>),
}

/// What stands instead of some bytes.
struct New {
    span: Span,
    text: String,
    /// Whether the comments of the bytes are in the text.
    has_comments: bool,
}

impl New {
    fn instead_of(node: Node<'_>, text: String) -> Self {
        Self { span: node.span(), text, has_comments: false }
    }
}

/// The value of a key that stays; `None` when it says already what it should.
fn filled(source: &SourceText, node: Node<'_>, new: &Value, outer: &Block<'_>) -> Option<New> {
    let labels = match new {
        Value::Word(word) => {
            let differs = node.resolved().text() != word;
            return differs.then(|| New::instead_of(node, word.clone()));
        }
        Value::Labels(labels) => labels,
    };
    if labels::read(node).is_ok_and(|old| old == *labels) {
        return None;
    }
    let is_mapping = node.kind() == NodeKind::Mapping;
    let plain = |(key, value): (Node<'_>, Node<'_>)| !key.is_merge() && value.is_scalar();
    if is_mapping && node.style() == Style::Block && node.entries().all(plain) {
        let inner = Block::of(source, node);
        let entries: Vec<_> = node.entries().collect();
        return Some(inner.labels(&entries, labels));
    }
    if node.kind() == NodeKind::Scalar && !node.is_missing() {
        return Some(New::instead_of(node, quote(&series(labels)).into_owned()));
    }
    let in_braces = is_mapping || outer.in_flow || labels.is_empty();
    let text = if in_braces { flow(labels) } else { lines(labels, outer) };
    Some(New::instead_of(node, text))
}

/// A key that was not there with its value.
fn fresh(key: &str, value: &Value, outer: &Block<'_>) -> String {
    match value {
        Value::Word(word) => format!("{key}: {word}"),
        Value::Labels(labels) if outer.in_flow || labels.is_empty() => {
            format!("{key}: {}", flow(labels))
        }
        Value::Labels(labels) => format!("{key}:{}", lines(labels, outer)),
    }
}

fn lines(labels: &BTreeMap<String, String>, outer: &Block<'_>) -> String {
    let line = |(name, value): (&String, &String)| {
        format!("{}{}  {}", outer.newline, outer.indent, entry(name, value))
    };
    labels.iter().map(line).collect()
}

fn flow(labels: &BTreeMap<String, String>) -> String {
    let entries: Vec<String> = labels.iter().map(|(name, value)| entry(name, value)).collect();
    format!("{{{}}}", entries.join(", "))
}

fn entry(name: &str, value: &str) -> String {
    format!("{}: {}", quote(name), quote(value))
}

/// `up{job="app"}`.
fn series(labels: &BTreeMap<String, String>) -> String {
    let is_word = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let text = |text: &str| {
        format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n"))
    };
    let name = labels.get("__name__").filter(|name| is_word(name) && !name.is_empty());
    let rest = labels.iter().filter(|(label, _)| name.is_none() || *label != "__name__");
    let pairs: Vec<String> = rest
        .map(|(label, value)| {
            let label = if is_word(label) { label.clone() } else { text(label) };
            format!("{label}={}", text(value))
        })
        .collect();
    let braces = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
    format!("{}{braces}", name.map_or("", String::as_str))
}

/// A mapping as lines of the source.
struct Block<'s> {
    text: &'s str,
    comments: Vec<Span>,
    indent: String,
    newline: &'static str,
    in_flow: bool,
}

impl<'s> Block<'s> {
    fn of(source: &'s SourceText, mapping: Node<'_>) -> Self {
        let text = source.text();
        let first = mapping.entries().next().map_or(mapping, |(key, _)| key);
        let start = outer_start(first);
        let line = text[..start].rfind(LINE_ENDS).map_or(0, |at| at + 1);
        let whole = mapping.span();
        let end = line_end(text, whole.end as usize) as u32;
        let inside = |span: &Span| whole.start <= span.start && span.start < end;
        Self {
            text,
            comments: comments(mapping.document()).filter(inside).collect(),
            indent: " ".repeat(text[line..start].chars().count()),
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            in_flow: mapping.style() == Style::Flow,
        }
    }

    /// The labels of a mapping in lines: values in place, lines of those that are gone taken out,
    /// new ones at the end.
    fn labels(&self, entries: &[(Node<'_>, Node<'_>)], labels: &BTreeMap<String, String>) -> New {
        let piece = |(key, value): &(Node<'_>, Node<'_>)| match labels.get(key.resolved().text()) {
            Some(new) if labels::value(*value) == *new => Piece::Same,
            Some(new) => Piece::Value(Some(New::instead_of(*value, quote(new).into_owned()))),
            None => Piece::Gone(Vec::new()),
        };
        let is_new =
            |name: &&String| !entries.iter().any(|(key, _)| key.resolved().text() == **name);
        let added = labels.keys().filter(is_new).map(|name| entry(name, &labels[name])).collect();
        let (span, text) = self.assemble(entries, entries.iter().map(piece).collect(), added);
        New { span, text, has_comments: true }
    }

    /// The mapping from its first key to the end of its last line, with each entry as its piece
    /// says.
    fn assemble(
        &self,
        entries: &[(Node<'_>, Node<'_>)],
        pieces: Vec<Piece>,
        added: Vec<String>,
    ) -> (Span, String) {
        let ends: Vec<usize> = entries
            .iter()
            .map(|(key, value)| line_end(self.text, value.span().end.max(key.span().end) as usize))
            .collect();
        let mut out = String::new();
        for (at, piece) in pieces.into_iter().enumerate() {
            let (key, _) = entries[at];
            let start = outer_start(key);
            let next = entries.get(at + 1).map_or(ends[at], |(key, _)| outer_start(*key));
            let tail = &self.text[ends[at]..next];
            let body = match piece {
                Piece::Same | Piece::Value(None) => self.text[start..ends[at]].to_owned(),
                Piece::Value(Some(new)) => self.replaced(start, ends[at], &new),
                Piece::Gone(new) => {
                    let mut kept = new;
                    kept.extend(self.comments_in(start, ends[at]));
                    kept.join(&self.line_break())
                }
            };
            let is_empty = body.is_empty();
            out.push_str(&body);
            out.push_str(if is_empty { tail.trim_start() } else { tail });
        }
        if ends.last().is_some_and(|_| out.ends_with([' ', '\n', '\r'])) {
            out.truncate(out.trim_end().len());
        }
        for new in added {
            out.push_str(&self.line_break());
            out.push_str(&new);
        }
        let start = entries.first().map_or(0, |(key, _)| outer_start(*key));
        (Span::new(start, ends.last().copied().unwrap_or(start)), out)
    }

    /// An entry with a new value; comments that stood within the old one go before it.
    fn replaced(&self, start: usize, end: usize, new: &New) -> String {
        let (from, to) = (new.span.start as usize, new.span.end as usize);
        let mut before = Vec::new();
        if !new.has_comments {
            before = self.comments_in(from, to);
        }
        before.push(self.text[start..from].to_owned());
        let before = before.join(&self.line_break());
        // A mapping in lines cannot start on the line of its key.
        let in_lines = new.text.starts_with(self.newline);
        let before = if in_lines { before.trim_end() } else { &before };
        let gap = if before.ends_with(':') && !in_lines { " " } else { "" };
        format!("{before}{gap}{}{}", new.text, &self.text[to..end])
    }

    fn comments_in(&self, start: usize, end: usize) -> Vec<String> {
        let inside = |span: &&Span| start <= span.start as usize && (span.start as usize) < end;
        let text = |span: &Span| self.text[span.range()].trim_end().to_owned();
        self.comments.iter().filter(inside).map(text).collect()
    }

    fn line_break(&self) -> String {
        format!("{}{}", self.newline, self.indent)
    }
}

/// Edits of a mapping in braces.
fn flow_edits(
    entries: &[(Node<'_>, Node<'_>)],
    pieces: Vec<Piece>,
    added: &[String],
) -> Vec<(Span, String)> {
    let mut edits = Vec::new();
    let end = |at: usize| {
        let (key, value): (Node<'_>, Node<'_>) = entries[at];
        value.span().end.max(key.span().end) as usize
    };
    for (at, piece) in pieces.into_iter().enumerate() {
        let (key, _) = entries[at];
        match piece {
            Piece::Same | Piece::Value(None) => {}
            Piece::Value(Some(new)) => edits.push((new.span, new.text)),
            Piece::Gone(new) if new.is_empty() => {
                let start = if at == 0 { outer_start(key) } else { end(at - 1) };
                edits.push((Span::new(start, end(at)), String::new()));
            }
            Piece::Gone(new) => {
                edits.push((Span::new(outer_start(key), end(at)), new.join(", ")));
            }
        }
    }
    if let Some(last) = entries.len().checked_sub(1).filter(|_| !added.is_empty()) {
        edits.push((Span::new(end(last), end(last)), format!(", {}", added.join(", "))));
    }
    edits
}

/// The start of a node with its anchor.
fn outer_start(node: Node<'_>) -> usize {
    node.anchor().map_or(node.span().start, |anchor| anchor.start.min(node.span().start)) as usize
}

/// What ends a line in YAML: each alone, or one after the other.
const LINE_ENDS: [char; 2] = ['\r', '\n'];

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(LINE_ENDS).map_or(text.len(), |found| at + found)
}
