//! The regexes of matchers: anchored at both ends, a dot matches a line feed, as in the server.

use crate::regexp::{Dialect, Pattern};
use crate::server::Server;

/// A regex of a matcher that can be run.
#[derive(Clone)]
pub(super) struct Anchored(pub(super) Pattern);

impl std::fmt::Debug for Anchored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.text())
    }
}

impl Anchored {
    /// `None` where it is no regex or too large to run: what it matches is unknown then.
    pub(super) fn new(text: &str) -> Option<Self> {
        let pattern = Pattern::parse(text, dialect()).ok()?;
        pattern.prepare().ok().map(|()| Self(pattern))
    }

    pub(super) fn is_match(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

/// Matchers are compiled with `^(?s:…)$` by 2.x and 3.x alike.
fn dialect() -> Dialect {
    Dialect::of(Server::default())
}

/// Whether the regex matches the empty value, or why the server refuses it.
pub(super) fn matches_empty(text: &str) -> Result<bool, String> {
    match Pattern::parse(text, dialect()) {
        Ok(pattern) => Ok(pattern.is_match("")),
        Err(error) => Err(error.to_string()),
    }
}

/// `text` as a regex that matches just that.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' && c != ':' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
