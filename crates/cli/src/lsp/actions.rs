//! Fixes as code actions: those that are safe are preferred, and all of them are one action too.

use promsieve_core::finding::{Applicability, Edit, Finding};
use promsieve_core::lint::fix;
use promsieve_core::text::Sources;

use super::check::File;
use super::diagnostics::diagnostic;
use super::protocol::{CodeAction, CodeActionParams, TextEdit, WorkspaceEdit};
use super::{position, uri};

/// Mends one finding.
pub(super) const QUICK_FIX: &str = "quickfix";

/// Applies all safe fixes of a file.
pub(super) const FIX_ALL: &str = "source.fixAll.promsieve";

/// The actions for a range of a file.
pub(super) fn actions(files: &[File<'_>], params: &CodeActionParams) -> Vec<CodeAction> {
    let wants = |kind: &str| {
        let is_part = |asked: &String| {
            kind.strip_prefix(asked.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        params.context.only.as_ref().is_none_or(|only| only.iter().any(is_part))
    };
    let mut actions = Vec::new();
    for file in files {
        if wants(QUICK_FIX) {
            let span = position::span(file.source(), params.range);
            let found = file.findings_at(span);
            actions.extend(found.filter_map(|finding| quick_fix(file.sources, finding)));
        }
        if wants(FIX_ALL) {
            actions.extend(fix_all(file));
        }
    }
    actions
}

fn quick_fix(sources: &Sources, finding: &Finding) -> Option<CodeAction> {
    let fix = finding.fix.as_ref()?;
    let is_safe = fix.applicability == Applicability::Safe;
    let note = if is_safe { "" } else { " (changes what is stored)" };
    Some(CodeAction {
        title: format!("{}{note}", fix.title),
        kind: QUICK_FIX,
        diagnostics: vec![diagnostic(sources, finding)],
        is_preferred: is_safe,
        edit: workspace_edit(sources, &fix.edits),
    })
}

fn fix_all(file: &File<'_>) -> Option<CodeAction> {
    let fixable: Vec<Finding> = file.findings().cloned().collect();
    let edits = fix::edits(&fixable, Applicability::Safe);
    (!edits.is_empty()).then(|| CodeAction {
        title: "apply all safe fixes of promsieve".to_owned(),
        kind: FIX_ALL,
        diagnostics: Vec::new(),
        is_preferred: false,
        edit: workspace_edit(file.sources, &edits),
    })
}

fn workspace_edit(sources: &Sources, edits: &[Edit]) -> WorkspaceEdit {
    let mut all = WorkspaceEdit::default();
    for edit in edits {
        let source = sources.file(edit.file);
        let range = position::range(source, edit.span);
        let edits = all.changes.entry(uri::of(source.name())).or_default();
        edits.push(TextEdit { range, new_text: edit.text.clone() });
    }
    all
}
