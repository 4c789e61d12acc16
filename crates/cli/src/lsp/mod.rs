//! `promsieve lsp`: the linter in an editor, over the language server protocol on stdin and stdout.
//!
//! What is open in the editor is linted as `promsieve lint` lints the same files; nothing here
//! decides what is wrong. One thread does all the work: messages that wait are read before it, so
//! an answer is about the newest text.

mod actions;
mod check;
mod diagnostics;
mod documents;
mod labels;
mod position;
mod protocol;
mod server;
#[cfg(test)]
mod tests;
mod uri;

use anyhow::Context;
use lsp_server::Connection;

use crate::Status;
use crate::common::Common;

/// Serves one editor until it says goodbye.
///
/// # Errors
/// When stdin or stdout break.
pub(crate) fn run(common: &Common) -> anyhow::Result<Status> {
    let (connection, threads) = Connection::stdio();
    let was_shut_down = server::serve(&connection, common)?;
    drop(connection);
    threads.join().context("the editor is gone")?;
    // The protocol: an exit without a shutdown before it is an error.
    Ok(if was_shut_down { Status::Clean } else { Status::Findings })
}
