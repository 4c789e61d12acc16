//! Steps put into the chains of a configuration's text, everything else left as it is.

use super::model::{Chain, Project};
use crate::doc::{Node, Style, append_key, insert_item_after, insert_item_before};
use crate::finding::Edit;
use crate::text::{FileId, Location, Sources};

/// Stands for the value of a new key until its indentation is known.
const PLACEHOLDER: &str = "@";

/// Where in a chain new steps go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    First,
    /// After all others.
    Last,
}

/// The edit that puts `items`, each the YAML of one step without its dash, into a chain that is or
/// will be `key` of the mapping at `owner`. `None` where the text cannot be changed safely.
pub fn insert_steps(
    project: &Project,
    sources: &Sources,
    (owner, key): (Location, &str),
    chain: &Chain,
    items: &[String],
    place: Place,
) -> Option<Edit> {
    let beside = match place {
        Place::First => chain.steps.first(),
        Place::Last => chain.steps.last(),
    };
    let Some(beside) = beside else {
        return new_list(project, sources, (owner, key), chain, items);
    };
    let node = mapping_at(project, beside.spans.item)?;
    let source = sources.file(beside.spans.item.file);
    let flow = node.parent().is_some_and(|list| list.style() == Style::Flow);
    let mut edits = items.iter().map(|item| {
        let item = if flow { flow_step(item) } else { item.clone() };
        match place {
            Place::First => insert_item_before(source, node, &item),
            Place::Last => insert_item_after(source, node, &item),
        }
    });
    let first = edits.next()??;
    edits.try_fold(first, |mut whole, edit| {
        whole.text.push_str(&edit?.text);
        Some(whole)
    })
}

/// The text of a file with these edits, which do not overlap.
pub fn apply_edits(sources: &Sources, file: FileId, mut edits: Vec<Edit>) -> String {
    let mut text = sources.file(file).text().to_owned();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
}

/// The mapping that is written at a place.
pub(crate) fn mapping_at(project: &Project, at: Location) -> Option<Node<'_>> {
    let document = project.document_at(at)?;
    document.nodes().find(|node| node.span() == at.span && node.is_mapping())
}

fn new_list(
    project: &Project,
    sources: &Sources,
    (owner, key): (Location, &str),
    chain: &Chain,
    items: &[String],
) -> Option<Edit> {
    if chain.written {
        return None;
    }
    let mapping = mapping_at(project, owner)?;
    let mut edit = append_key(sources.file(owner.file), mapping, key, PLACEHOLDER)?;
    let list = if edit.text.starts_with(',') { flow_list(items) } else { block_list(&edit, items) };
    let at = edit.text.rfind(PLACEHOLDER)?;
    let at = if list.starts_with('\n') { at - 1..at + 1 } else { at..at + 1 };
    edit.text.replace_range(at, &list);
    Some(edit)
}

fn block_list(key: &Edit, items: &[String]) -> String {
    let line = key.text.lines().find(|line| line.contains(PLACEHOLDER)).unwrap_or_default();
    let indent = " ".repeat(line.len() - line.trim_start().len() + 2);
    let item =
        |item: &String| format!("\n{indent}- {}", item.replace('\n', &format!("\n{indent}  ")));
    items.iter().map(item).collect()
}

fn flow_list(items: &[String]) -> String {
    let steps: Vec<String> = items.iter().map(|item| flow_step(item)).collect();
    format!("[{}]", steps.join(", "))
}

fn flow_step(item: &str) -> String {
    let fields: Vec<&str> = item.lines().filter(|line| !line.starts_with('#')).collect();
    format!("{{{}}}", fields.join(", "))
}
