//! What is open in the editor, kept as it is typed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use promsieve_core::text::SourceText;

use super::protocol::{Change, TextDocument};
use super::{position, uri};
use crate::input::config::Open;

/// An open document.
#[derive(Debug)]
pub(super) struct Document {
    /// Its URI as the editor writes it.
    pub(super) uri: String,
    pub(super) version: i32,
    pub(super) path: Option<PathBuf>,
    /// Its text, under the name that findings have for it.
    pub(super) source: SourceText,
}

/// All of them, by the name of their text.
#[derive(Debug, Default)]
pub(super) struct Documents(BTreeMap<String, Document>);

impl Documents {
    /// A document is opened.
    pub(super) fn open(&mut self, document: TextDocument) {
        let path = uri::path(&document.uri);
        let name = name(&document.uri);
        let source = SourceText::new(name.as_str(), document.text);
        let TextDocument { uri, version, .. } = document;
        self.0.insert(name, Document { uri, version, path, source });
    }

    /// A document is changed, one change after the other.
    pub(super) fn change(&mut self, document: &TextDocument, changes: Vec<Change>) {
        let name = name(&document.uri);
        let Some(known) = self.0.get_mut(&name) else { return };
        known.version = document.version;
        for change in changes {
            let text = match change.range {
                None => change.text,
                Some(range) => {
                    let mut text = known.source.text().to_owned();
                    let span = position::span(&known.source, range);
                    text.replace_range(span.range(), &change.text);
                    text
                }
            };
            known.source = SourceText::new(name.as_str(), text);
        }
    }

    /// A document is closed.
    pub(super) fn close(&mut self, uri: &str) {
        self.0.remove(&name(uri));
    }

    /// The document that a URI or the name of a text is for.
    pub(super) fn get(&self, uri: &str) -> Option<&Document> {
        self.0.get(&name(uri))
    }

    /// All of them, in the order of their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Document> {
        self.0.values()
    }
}

impl Document {
    /// As the linter takes it.
    pub(super) fn as_open(&self) -> Open<'_> {
        Open { name: self.source.name(), path: self.path.as_deref(), text: self.source.text() }
    }
}

/// What the text of a URI is called: its path, where it has one.
fn name(uri: &str) -> String {
    uri::path(uri).map_or_else(|| uri.to_owned(), |path| path.display().to_string())
}
