//! The loop: messages in, answers and diagnostics out.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Context;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::actions::{self, FIX_ALL, QUICK_FIX};
use super::check::{Checked, File};
use super::documents::{Document, Documents};
use super::protocol::{AboutText, At, Cancel, DidChange, DidOpen, OfDocument, PublishDiagnostics};
use super::{diagnostics, labels, position, uri};
use crate::common::Common;

/// How long a change waits for the next one before the documents are linted.
const PAUSE: Duration = Duration::from_millis(150);

/// Serves until the editor exits or is gone; whether it said so before.
///
/// # Errors
/// When the connection breaks in the middle.
pub(super) fn serve(connection: &Connection, common: &Common) -> anyhow::Result<bool> {
    let (id, _) = connection.initialize_start().context("the editor did not initialize")?;
    connection.initialize_finish(id, capabilities()).context("the editor did not initialize")?;
    Server {
        connection,
        common,
        documents: Documents::default(),
        checked: Checked::default(),
        due: None,
        pause: PAUSE,
        published: BTreeSet::new(),
        is_shut_down: false,
    }
    .run()
}

fn capabilities() -> Value {
    json!({
        "capabilities": {
            "positionEncoding": "utf-16",
            "textDocumentSync": { "openClose": true, "change": 2, "save": true },
            "hoverProvider": true,
            "definitionProvider": true,
            "documentLinkProvider": { "resolveProvider": false },
            "codeActionProvider": { "codeActionKinds": [QUICK_FIX, FIX_ALL] },
        },
        "serverInfo": { "name": "promsieve", "version": env!("CARGO_PKG_VERSION") },
    })
}

struct Server<'a> {
    connection: &'a Connection,
    common: &'a Common,
    documents: Documents,
    /// What was found when the documents were last linted.
    checked: Checked,
    /// When to lint: something has changed since.
    due: Option<Instant>,
    /// Twice as long as the last time took, so that typing goes on in large files.
    pause: Duration,
    /// Documents with diagnostics in the editor, by the names of their texts.
    published: BTreeSet<String>,
    is_shut_down: bool,
}

impl Server<'_> {
    fn run(mut self) -> anyhow::Result<bool> {
        loop {
            let first = match self.due {
                None => self.connection.receiver.recv().ok(),
                Some(due) => match self.connection.receiver.recv_deadline(due) {
                    Ok(message) => Some(message),
                    Err(error) if error.is_timeout() => {
                        self.publish()?;
                        continue;
                    }
                    Err(_) => None,
                },
            };
            let Some(first) = first else { return Ok(false) };
            let waiting: Vec<Message> = self.connection.receiver.try_iter().collect();
            let messages: Vec<Message> = std::iter::once(first).chain(waiting).collect();
            let cancelled = cancelled(&messages);
            for message in messages {
                match message {
                    Message::Request(request) => {
                        let response = self.answer(request, &cancelled);
                        self.connection.sender.send(response.into())?;
                    }
                    Message::Notification(note) if note.method == "exit" => {
                        return Ok(self.is_shut_down);
                    }
                    Message::Notification(note) => self.note(note),
                    Message::Response(_) => {}
                }
            }
        }
    }

    fn answer(&mut self, request: Request, cancelled: &[RequestId]) -> Response {
        let Request { id, method, params } = request;
        if cancelled.contains(&id) {
            let words = "the editor does not want it any more".to_owned();
            return Response::new_err(id, ErrorCode::RequestCanceled as i32, words);
        }
        if self.is_shut_down {
            let words = "the server is shut down".to_owned();
            return Response::new_err(id, ErrorCode::InvalidRequest as i32, words);
        }
        let result = match method.as_str() {
            "shutdown" => {
                self.is_shut_down = true;
                Ok(Value::Null)
            }
            "textDocument/hover" => self.about(params, |at: &At, files| {
                let source = files.first()?.source();
                labels::hover(files, position::offset(source, at.position))
            }),
            "textDocument/definition" => self.about(params, |at: &At, files| {
                let source = files.first()?.source();
                Some(labels::definition(files, position::offset(source, at.position)))
            }),
            "textDocument/codeAction" => {
                self.about(params, |params, files| Some(actions::actions(files, params)))
            }
            "textDocument/documentLink" => {
                self.about(params, |_: &OfDocument, files| files.first().map(labels::links))
            }
            _ => {
                let words = format!("`{method}` is not known here");
                return Response::new_err(id, ErrorCode::MethodNotFound as i32, words);
            }
        };
        match result {
            Ok(value) => Response::new_ok(id, value),
            Err(error) => Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string()),
        }
    }

    /// An answer from what is known of the document that the parameters name; null where it is
    /// none of ours.
    fn about<P: DeserializeOwned + AboutText, R: Serialize>(
        &mut self,
        params: Value,
        answer: impl FnOnce(&P, &[File<'_>]) -> Option<R>,
    ) -> Result<Value, serde_json::Error> {
        let params: P = serde_json::from_value(params)?;
        self.check();
        let Some(document) = self.documents.get(params.uri()) else { return Ok(Value::Null) };
        let files: Vec<File<'_>> = self.checked.files_of(document).collect();
        serde_json::to_value(answer(&params, &files))
    }

    /// Something happened in the editor. A message that is none is left alone: nobody waits for an
    /// answer.
    fn note(&mut self, note: Notification) {
        let Notification { method, params } = note;
        match method.as_str() {
            "textDocument/didOpen" => {
                if let Ok(DidOpen { text_document }) = serde_json::from_value(params) {
                    self.documents.open(text_document);
                }
            }
            "textDocument/didChange" => {
                if let Ok(DidChange { text_document, content_changes }) =
                    serde_json::from_value(params)
                {
                    self.documents.change(&text_document, content_changes);
                }
            }
            "textDocument/didClose" => {
                if let Ok(OfDocument { text_document }) = serde_json::from_value(params) {
                    self.documents.close(&text_document.uri);
                }
            }
            // Files that a configuration names, or `promsieve.toml`, are read again.
            "textDocument/didSave"
            | "workspace/didChangeWatchedFiles"
            | "workspace/didChangeConfiguration" => {}
            _ => return,
        }
        self.due.get_or_insert_with(|| Instant::now() + self.pause);
    }

    /// Lints what is open, if something has changed.
    fn check(&mut self) {
        if self.due.is_none() {
            return;
        }
        let start = Instant::now();
        self.checked = Checked::of(&self.documents, self.common);
        self.pause = PAUSE.max(2 * start.elapsed());
        // The diagnostics are still to be sent.
        self.due = Some(start);
    }

    /// Lints what is open and sends all diagnostics, empty ones where there were some before.
    fn publish(&mut self) -> anyhow::Result<()> {
        self.check();
        self.due = None;
        let mut all = diagnostics::all(&self.checked);
        let before = std::mem::take(&mut self.published);
        for name in &before {
            all.entry(name.clone()).or_default();
        }
        for (name, diagnostics) in all {
            let document = self.documents.get(&name);
            if diagnostics.is_empty() && document.is_none() && !before.contains(&name) {
                continue;
            }
            if !diagnostics.is_empty() {
                self.published.insert(name.clone());
            }
            let uri = document.map_or_else(|| uri::of(&name), |document| document.uri.clone());
            let version = document.map(|document: &Document| document.version);
            let params = PublishDiagnostics { uri, version, diagnostics };
            let note = Notification::new("textDocument/publishDiagnostics".to_owned(), params);
            self.connection.sender.send(note.into())?;
        }
        Ok(())
    }
}

/// The requests that the editor takes back.
fn cancelled(messages: &[Message]) -> Vec<RequestId> {
    let id = |message: &Message| match message {
        Message::Notification(note) if note.method == "$/cancelRequest" => {
            serde_json::from_value(note.params.clone()).ok().map(|Cancel { id }| id)
        }
        _ => None,
    };
    messages.iter().filter_map(id).collect()
}
