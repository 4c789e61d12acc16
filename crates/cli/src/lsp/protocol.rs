//! The messages that are read and written, with the fields that are looked at; names are those of
//! the protocol (version 3.17).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A place: a line from 0, and UTF-16 code units from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) character: u32,
}

/// From a place up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Location {
    pub(super) uri: String,
    pub(super) range: Range,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct TextDocument {
    pub(super) uri: String,
    #[serde(default)]
    pub(super) version: i32,
    #[serde(default)]
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidOpen {
    pub(super) text_document: TextDocument,
}

/// The parameters of `didClose` and `documentLink` have nothing else.
pub(super) type OfDocument = DidOpen;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidChange {
    pub(super) text_document: TextDocument,
    pub(super) content_changes: Vec<Change>,
}

/// A text for a range, or for all there is.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    pub(super) range: Option<Range>,
    pub(super) text: String,
}

/// The parameters of `hover` and `definition`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct At {
    pub(super) text_document: TextDocument,
    pub(super) position: Position,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeActionParams {
    pub(super) text_document: TextDocument,
    pub(super) range: Range,
    #[serde(default)]
    pub(super) context: CodeActionContext,
}

/// Parameters that are about a document.
pub(super) trait AboutText {
    /// The document's URI.
    fn uri(&self) -> &str;
}

impl AboutText for OfDocument {
    fn uri(&self) -> &str {
        &self.text_document.uri
    }
}

impl AboutText for At {
    fn uri(&self) -> &str {
        &self.text_document.uri
    }
}

impl AboutText for CodeActionParams {
    fn uri(&self) -> &str {
        &self.text_document.uri
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CodeActionContext {
    pub(super) only: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cancel {
    pub(super) id: lsp_server::RequestId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diagnostic {
    pub(super) range: Range,
    /// 1 is an error, 2 a warning, 3 advice.
    pub(super) severity: u8,
    pub(super) code: &'static str,
    pub(super) source: &'static str,
    pub(super) message: String,
    pub(super) related_information: Vec<Related>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Related {
    pub(super) location: Location,
    pub(super) message: String,
}

#[derive(Debug, Serialize)]
pub(super) struct PublishDiagnostics {
    pub(super) uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<i32>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Serialize)]
pub(super) struct Hover {
    pub(super) contents: Markup,
    pub(super) range: Range,
}

#[derive(Debug, Serialize)]
pub(super) struct Markup {
    pub(super) kind: &'static str,
    pub(super) value: String,
}

impl Markup {
    pub(super) fn markdown(value: String) -> Self {
        Self { kind: "markdown", value }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeAction {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) is_preferred: bool,
    pub(super) edit: WorkspaceEdit,
}

/// Edits by the URI of their document.
#[derive(Debug, Default, Serialize)]
pub(super) struct WorkspaceEdit {
    pub(super) changes: BTreeMap<String, Vec<TextEdit>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextEdit {
    pub(super) range: Range,
    pub(super) new_text: String,
}

#[derive(Debug, Serialize)]
pub(super) struct DocumentLink {
    pub(super) range: Range,
    pub(super) target: String,
    pub(super) tooltip: String,
}
