//! Edits of the source by byte ranges: what is not edited stays byte for byte, comments of what
//! is deleted go with it, and the result parses again.

use super::quote::quote;
use super::scan::{line_end, line_start, skip_blank_and_comments};
use super::{Node, NodeKind, Style, Syntax, alloy};
use crate::finding::Edit;
use crate::text::{SourceText, Span};

/// Replaces the text of a scalar; a missing value is filled in.
pub fn replace_scalar(source: &SourceText, node: Node<'_>, text: &str) -> Edit {
    let node = node.resolved();
    if is_alloy(node) {
        return edit(node, node.span(), alloy::quote_as(node.style(), text));
    }
    let gap = if node.is_missing() { gap(source.text(), node) } else { String::new() };
    edit(node, node.span(), format!("{gap}{}", quote(text)))
}

/// What goes before a missing value: a space, and a colon where its key has none, as `b` in
/// `{a: 1, b}` and after `? b`.
fn gap(text: &str, node: Node<'_>) -> String {
    let start = node.span().start as usize;
    let parent = node.parent().filter(|parent| parent.kind() == NodeKind::Mapping);
    let entry = parent.and_then(|parent| {
        let key = parent.entries().find(|(_, value)| *value == node)?.0;
        Some((parent.style(), key.span()))
    });
    match entry.filter(|(_, key)| key.end as usize == start) {
        Some((Style::Flow, _)) => ": ".to_owned(),
        Some((_, key)) => {
            let mark = text[..key.start as usize].rfind('?').unwrap_or(start);
            let column = text[line_start(text, mark)..mark].chars().count();
            format!("\n{}: ", " ".repeat(column))
        }
        None if text[..start].ends_with(char::is_whitespace) => String::new(),
        None => " ".to_owned(),
    }
}

/// Deletes an item of a sequence, or a block of Alloy's syntax, with the comments right above it.
/// `None` when it is neither, or when it shares its first line with the start of something else.
pub fn delete_item(source: &SourceText, item: Node<'_>) -> Option<Edit> {
    if is_alloy(item) {
        return alloy::delete_statement(source, item);
    }
    let sequence = item.parent().filter(|parent| parent.kind() == NodeKind::Sequence)?;
    let siblings: Vec<_> = sequence.items().collect();
    let index = siblings.iter().position(|sibling| *sibling == item)?;
    if sequence.style() == Style::Flow {
        return Some(edit(item, flow_cut(&siblings, index, index), String::new()));
    }
    let text = source.text();
    if siblings.len() == 1 {
        return empty_sequence(source, sequence);
    }
    let dash = dash_of(text, sequence, index)?;
    cut_lines(text, item, dash, previous_end(sequence, index))
}

/// Deletes a key of a mapping with its value and the comments right above it. `None` when it is
/// the only key, or when something else starts on its line.
pub fn delete_key(source: &SourceText, mapping: Node<'_>, key: &str) -> Option<Edit> {
    let mapping = mapping.resolved();
    if is_alloy(mapping) {
        return alloy::delete_key(source, mapping, key);
    }
    let entries: Vec<_> = mapping.entries().collect();
    let index = entries.iter().position(|(name, _)| name.resolved().text() == key)?;
    if entries.len() == 1 {
        return None;
    }
    let (key, value) = entries[index];
    let all: Vec<_> = entries.iter().flat_map(|&(key, value)| [key, value]).collect();
    if mapping.style() == Style::Flow {
        return Some(edit(key, flow_cut(&all, 2 * index, 2 * index + 1), String::new()));
    }
    let text = source.text();
    let start = key.span().start as usize;
    let own_line = text[line_start(text, start)..start].trim().is_empty();
    if !own_line {
        // The first key stands behind a dash: the next one takes its place.
        let (next, _) = entries.get(1).filter(|_| index == 0)?;
        let next = outer_start(*next);
        return Some(edit(key, Span::new(start, next as usize), String::new()));
    }
    let previous = index.checked_sub(1).map_or(mapping.span().start, |at| entries[at].1.span().end);
    let start = outer_start(key) as usize;
    let end = value.span().end.max(key.span().end) as usize;
    Some(lines_edit(text, key, start, end, previous as usize))
}

/// Inserts `item`, the YAML of one item without its dash, after `after` with its indentation.
pub fn insert_item_after(source: &SourceText, after: Node<'_>, item: &str) -> Option<Edit> {
    let sequence = after.parent().filter(|parent| parent.kind() == NodeKind::Sequence)?;
    let index = sequence.items().position(|sibling| sibling == after)?;
    let end = after.span().end as usize;
    if sequence.style() == Style::Flow {
        return Some(edit(after, Span::new(end, end), format!(", {item}")));
    }
    let text = source.text();
    let dash = dash_of(text, sequence, index)?;
    let column = column(text, dash);
    let indent = " ".repeat(column);
    let inner = format!("\n{indent}  ");
    let lines = item.trim_end().replace('\n', &inner);
    Some(insert_line(text, after, &format!("{indent}- {lines}")))
}

/// Inserts `item`, the YAML of one item without its dash, right before `before`, below the
/// comments that stand above it. `None` where its dash does not begin a line.
pub fn insert_item_before(source: &SourceText, before: Node<'_>, item: &str) -> Option<Edit> {
    let sequence = before.parent().filter(|parent| parent.kind() == NodeKind::Sequence)?;
    let index = sequence.items().position(|sibling| sibling == before)?;
    if sequence.style() == Style::Flow {
        let start = outer_start(before) as usize;
        return Some(edit(before, Span::new(start, start), format!("{item}, ")));
    }
    let text = source.text();
    let dash = dash_of(text, sequence, index)?;
    let start = line_start(text, dash);
    let indent = text[start..dash].trim().is_empty().then_some(&text[start..dash])?;
    let lines = item.trim_end().replace('\n', &format!("\n{indent}  "));
    Some(edit(before, Span::new(start, start), format!("{indent}- {lines}\n")))
}

/// Inserts a mapping of these keys and texts after `after`, an item of a sequence or a block of
/// Alloy's syntax, in its style.
pub fn insert_fields_after(
    source: &SourceText,
    after: Node<'_>,
    fields: &[(&str, &str)],
) -> Option<Edit> {
    if is_alloy(after) {
        return alloy::insert_block_after(source, after, fields);
    }
    let pairs = fields.iter().map(|(key, text)| format!("{}: {}", quote(key), quote(text)));
    let pairs: Vec<String> = pairs.collect();
    match after.style() {
        Style::Block => insert_item_after(source, after, &pairs.join("\n")),
        _ => insert_item_after(source, after, &format!("{{{}}}", pairs.join(", "))),
    }
}

/// Appends a key with a text to a mapping, or an attribute to a block of Alloy's syntax.
pub fn append_text(source: &SourceText, mapping: Node<'_>, key: &str, text: &str) -> Option<Edit> {
    if is_alloy(mapping) {
        return alloy::append_text(source, mapping, key, text);
    }
    append_key(source, mapping, key, &quote(text))
}

/// Appends a key to a mapping of a YAML document; `value` is YAML on one line.
pub fn append_key(source: &SourceText, mapping: Node<'_>, key: &str, value: &str) -> Option<Edit> {
    let mapping = mapping.resolved();
    if is_alloy(mapping) {
        return None;
    }
    let (first, last) = (mapping.entries().next()?, mapping.entries().last()?);
    let entry = format!("{}: {value}", quote(key));
    if mapping.style() == Style::Flow {
        let end = last.1.span().end.max(last.0.span().end) as usize;
        return Some(edit(mapping, Span::new(end, end), format!(", {entry}")));
    }
    let text = source.text();
    let indent = " ".repeat(column(text, outer_start(first.0) as usize));
    Some(insert_line(text, mapping, &format!("{indent}{entry}")))
}

fn is_alloy(node: Node<'_>) -> bool {
    node.document().syntax() == Syntax::Alloy
}

fn edit(node: Node<'_>, span: Span, text: String) -> Edit {
    let text = if node.document().dollars { text.replace('$', "$$") } else { text };
    Edit { file: node.document().file(), span, text }
}

/// The start of a node with its anchor.
fn outer_start(node: Node<'_>) -> u32 {
    node.anchor().map_or(node.span().start, |anchor| anchor.start.min(node.span().start))
}

/// What to cut of a flow collection for the nodes `from..=to`: with the comma on one side.
fn flow_cut(nodes: &[Node<'_>], from: usize, to: usize) -> Span {
    let end = nodes[to].span().end.max(nodes[from].span().end);
    if from > 0 {
        return Span {
            start: nodes[from - 1].span().end.max(nodes[from.saturating_sub(2)].span().end),
            end,
        };
    }
    let end = nodes.get(to + 1).map_or(end, |next| outer_start(*next));
    Span { start: outer_start(nodes[from]), end }
}

fn previous_end(sequence: Node<'_>, index: usize) -> usize {
    let previous = index.checked_sub(1).and_then(|at| sequence.items().nth(at));
    previous.map_or(sequence.span().start, |item| item.span().end) as usize
}

/// The offset of the dash of item `index`.
fn dash_of(text: &str, sequence: Node<'_>, index: usize) -> Option<usize> {
    let at = skip_blank_and_comments(text, previous_end(sequence, index));
    (text.as_bytes().get(at) == Some(&b'-')).then_some(at)
}

fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().count()
}

fn cut_lines(text: &str, item: Node<'_>, dash: usize, previous: usize) -> Option<Edit> {
    let start = line_start(text, dash);
    if !text[start..dash].trim().is_empty() {
        return None;
    }
    let end = (item.span().end as usize).max(dash + 1);
    Some(lines_edit(text, item, dash, end, previous))
}

/// Cuts whole lines from that of `start` to that of `end`, with the comments right above.
fn lines_edit(text: &str, node: Node<'_>, start: usize, end: usize, previous: usize) -> Edit {
    let column = column(text, start);
    let mut from = line_start(text, start);
    while from > previous {
        let above = line_start(text, from - 1);
        let line = &text[above..from];
        let is_comment = line.trim_start().starts_with('#');
        if above < previous || !is_comment || line.len() - line.trim_start().len() != column {
            break;
        }
        from = above;
    }
    let to = (line_end(text, end) + 1).min(text.len());
    edit(node, Span::new(from, to), String::new())
}

/// The last item goes: `key:` gets an empty list.
fn empty_sequence(source: &SourceText, sequence: Node<'_>) -> Option<Edit> {
    let text = source.text();
    let mapping = sequence.parent()?;
    let (key, _) = mapping.entries().find(|(_, value)| *value == sequence)?;
    let colon = key.span().end as usize + text[key.span().end as usize..].find(':')?;
    let end = line_end(text, (sequence.span().end as usize).max(colon));
    Some(edit(sequence, Span::new(colon + 1, end), " []".to_owned()))
}

/// Inserts a line after the last line of `node`.
fn insert_line(text: &str, node: Node<'_>, line: &str) -> Edit {
    let end = line_end(text, node.span().end as usize);
    edit(node, Span::new(end, end), format!("\n{line}"))
}
