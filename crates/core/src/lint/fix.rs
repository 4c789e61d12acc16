//! Applies the fixes of findings to the texts.

use crate::finding::{Applicability, Edit, Finding, Fix};
use crate::text::{FileId, Sources, Span};

/// The new text of every file that a fix changes. Of fixes that touch the same bytes the first one
/// is applied: lint the result again, until nothing is left to fix.
pub fn apply(
    sources: &Sources,
    findings: &[Finding],
    most: Applicability,
) -> Vec<(FileId, String)> {
    let allowed =
        |fix: &&Fix| fix.applicability == Applicability::Safe || most == Applicability::Unsafe;
    let mut taken: Vec<&Edit> = Vec::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(allowed) {
        let clashes = |edit: &Edit| taken.iter().any(|other| overlap(edit, other));
        if !fix.edits.iter().any(clashes) {
            taken.extend(&fix.edits);
        }
    }
    taken.sort_by_key(|edit| (edit.file, edit.span));
    let changed = |(file, _): &(FileId, _)| taken.iter().any(|edit| edit.file == *file);
    let files = sources.iter().filter(changed);
    files
        .map(|(file, source)| {
            let edits = taken.iter().filter(|edit| edit.file == file);
            (file, edited(source.text(), edits.copied()))
        })
        .collect()
}

/// Edits that insert at the same place overlap too: their order would be a guess.
fn overlap(a: &Edit, b: &Edit) -> bool {
    let touches = |a: Span, b: Span| a.start < b.end && b.start < a.end || a.start == b.start;
    a.file == b.file && touches(a.span, b.span)
}

fn edited<'e>(text: &str, edits: impl Iterator<Item = &'e Edit>) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        out.push_str(&text[at..edit.span.start as usize]);
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(&text[at..]);
    out
}
