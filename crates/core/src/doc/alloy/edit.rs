//! Edits of Alloy's text: whole statements with the comments right above them, strings in the
//! quotes that they had.

use super::strings::quote_as;
use crate::doc::Node;
use crate::doc::scan::{line_end, line_start};
use crate::doc::tree::Style;
use crate::finding::Edit;
use crate::text::{SourceText, Span};

/// Deletes the statement whose value is `value`, with the comments right above it. `None` where
/// something else stands on its lines.
pub(in crate::doc) fn delete_statement(source: &SourceText, value: Node<'_>) -> Option<Edit> {
    let body = value.parent()?;
    let index = body.entries().position(|(_, other)| other == value)?;
    let (key, _) = body.entries().nth(index)?;
    let previous = index.checked_sub(1).and_then(|at| body.entries().nth(at));
    let previous = previous.map_or(body.span().start, |(_, value)| value.span().end) as usize;
    let text = source.text();
    let start = key.span().start as usize;
    let mut from = line_start(text, start);
    let column = start - from;
    let end = value.span().end as usize;
    let to = line_end(text, end);
    let is_own = |before: &str, after: &str| {
        let after = after.trim();
        before.trim().is_empty() && (after.is_empty() || after.starts_with("//"))
    };
    if !is_own(&text[from..start], &text[end..to]) {
        return None;
    }
    while from > previous {
        let above = line_start(text, from - 1);
        let line = &text[above..from];
        let shown = line.trim_start();
        if above < previous || !shown.starts_with("//") || line.len() - shown.len() != column {
            break;
        }
        from = above;
    }
    Some(edit(body, Span::new(from, (to + 1).min(text.len())), String::new()))
}

/// Deletes the attribute `key` of a block; see [`delete_statement`].
pub(in crate::doc) fn delete_key(source: &SourceText, block: Node<'_>, key: &str) -> Option<Edit> {
    let (_, value) = block.entries().find(|(name, _)| name.text() == key)?;
    delete_statement(source, value)
}

/// Appends the attribute `key` with a string to a block that has its statements on lines of their
/// own.
pub(in crate::doc) fn append_text(
    source: &SourceText,
    block: Node<'_>,
    key: &str,
    text: &str,
) -> Option<Edit> {
    let (first, _) = block.entries().next()?;
    let (_, last) = block.entries().last()?;
    let indent = indent(source, first)?;
    let end = line_end(source.text(), last.span().end as usize);
    let value = quote_as(Style::DoubleQuoted, text);
    let is_inside = end < block.span().end as usize;
    is_inside.then(|| edit(block, Span::new(end, end), format!("\n{indent}{key} = {value}")))
}

/// Inserts a block like `after` behind it, with these attributes.
pub(in crate::doc) fn insert_block_after(
    source: &SourceText,
    after: Node<'_>,
    attributes: &[(&str, &str)],
) -> Option<Edit> {
    let body = after.parent()?;
    let (key, _) = body.entries().find(|(_, value)| *value == after)?;
    let outer = indent(source, key)?;
    let inner = after.entries().next().and_then(|(first, _)| indent(source, first));
    let inner = inner.map_or_else(|| format!("{outer}  "), str::to_owned);
    let end = line_end(source.text(), after.span().end as usize);
    let mut text = format!("\n{outer}{} {{\n", key.text());
    for (name, value) in attributes {
        let value = quote_as(Style::DoubleQuoted, value);
        text.push_str(&format!("{inner}{name} = {value}\n"));
    }
    text.push_str(&format!("{outer}}}"));
    Some(edit(body, Span::new(end, end), text))
}

/// The white space before a key that is the first on its line.
fn indent<'s>(source: &'s SourceText, key: Node<'_>) -> Option<&'s str> {
    let start = key.span().start as usize;
    let before = &source.text()[line_start(source.text(), start)..start];
    before.trim().is_empty().then_some(before)
}

fn edit(node: Node<'_>, span: Span, text: String) -> Edit {
    Edit { file: node.document().file(), span, text }
}
