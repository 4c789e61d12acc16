//! Requests to a server's HTTP API.

use std::io::Read;

use anyhow::Context;
use serde::de::DeserializeOwned;

use crate::input::bytes::{read_whole, unpack};
use crate::input::http::{Access, Wanted, encoded, shown};

/// The API of one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api<'a> {
    base: &'a str,
    access: &'a Access,
}

/// An answer with an error status.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) text: String,
}

impl<'a> Api<'a> {
    /// The API below a base such as `http://127.0.0.1:9090` or `https://mimir/prometheus`.
    pub(crate) fn new(base: &'a str, access: &'a Access) -> Self {
        Self { base: base.trim_end_matches('/'), access }
    }

    /// Its address, without a password.
    pub(crate) fn name(&self) -> String {
        shown(self.base)
    }

    /// Gets a path with parameters; the answer's bytes, or what the server refuses.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(super) fn get(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<Result<Box<dyn Read + Send>, Refused>> {
        let pair = |(key, value): &(&str, &str)| format!("{}={}", encoded(key), encoded(value));
        let query: Vec<String> = parameters.iter().map(pair).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{}", self.base, query.join("&"));
        let answer = self.access.ask(&url, Wanted::Anything)?;
        let bytes = unpack(answer.bytes)?;
        if (200..300).contains(&answer.status) {
            return Ok(Ok(bytes));
        }
        let mut text = Vec::new();
        // What the server says may be cut off: its status is enough.
        let _ = bytes.take(4096).read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        Ok(Err(Refused { status: answer.status, text }))
    }

    /// The text of an answer, or what the server refuses.
    ///
    /// # Errors
    /// When the server cannot be reached, or the answer not be read.
    pub(super) fn try_text(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<Result<String, Refused>> {
        let bytes = match self.get(path, parameters)? {
            Ok(bytes) => bytes,
            Err(refused) => return Ok(Err(refused)),
        };
        read_whole(bytes, &format!("{}{path}", self.name())).map(Ok)
    }

    /// The text of an answer.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses, with its words.
    pub(super) fn text(&self, path: &str, parameters: &[(&str, &str)]) -> anyhow::Result<String> {
        self.try_text(path, parameters)?.map_err(|refused| self.refusal(path, &refused))
    }

    /// The `data` of an answer.
    ///
    /// # Errors
    /// As [`text`](Self::text), and when the answer is another.
    pub(super) fn data<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<T> {
        #[derive(serde::Deserialize)]
        struct Answer<T> {
            data: T,
        }
        let text = self.text(path, parameters)?;
        let answer: Answer<T> = serde_json::from_str(&text)
            .with_context(|| format!("{}{path} does not answer as expected", self.name()))?;
        Ok(answer.data)
    }

    /// A refusal as an error.
    pub(super) fn refusal(&self, path: &str, refused: &Refused) -> anyhow::Error {
        let Refused { status, text } = refused;
        let words = if text.is_empty() { String::new() } else { format!(" ({text})") };
        let name = self.name();
        anyhow::anyhow!(
            "{name}{path} answers {status}{words}: check the address and the credentials"
        )
    }
}
