//! The regexes of matchers: anchored at both ends, a dot matches a line feed, as in the server.

use regex_automata::meta::Regex;

/// A regex of a matcher that could be read.
#[derive(Debug, Clone)]
pub(super) struct Anchored(Regex);

impl Anchored {
    /// `None` where it can't be read: what it matches is unknown then.
    pub(super) fn new(text: &str) -> Option<Self> {
        Regex::new(&format!("^(?s:{text})$")).ok().map(Self)
    }

    pub(super) fn is_match(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

/// Whether the regex matches the empty value; one that can't be read is taken as it is.
pub(super) fn matches_empty(text: &str) -> Result<bool, String> {
    Ok(Anchored::new(text).is_some_and(|regex| regex.is_match("")))
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
