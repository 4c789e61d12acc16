//! Quoting that every YAML 1.1 reader, yaml.v2 first, reads back as the same string.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::resolve::{Resolved, plain};

/// `text` as a scalar on one line: bare where that is safe, else in quotes.
///
/// `null` and `~` get a tag: yaml.v2 takes them for null by a bug, even in quotes.
pub fn quote(text: &str) -> Cow<'_, str> {
    if matches!(text, "null" | "~") {
        return Cow::Owned(format!("!!str {text}"));
    }
    if is_safe_bare(text) {
        return Cow::Borrowed(text);
    }
    if text.chars().any(needs_escape) {
        return Cow::Owned(double_quoted(text));
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "''")))
}

fn is_safe_bare(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/'))
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_./-".contains(&b))
        && plain(text, true) == Resolved::Str
}

fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// `text` in double quotes, with escapes that YAML and Go have alike.
pub(super) fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\n' => out.write_str("\\n"),
            '\t' => out.write_str("\\t"),
            '\r' => out.write_str("\\r"),
            c if needs_escape(c) => write!(out, "\\u{:04x}", c as u32),
            c => out.write_char(c),
        };
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_stay_bare() {
        for bare in ["keep", "go_gc", "__name__", "a.b-c/d", "/metrics", "e1"] {
            assert_eq!(quote(bare), bare);
        }
        for quoted in
            ["", "yes", "on", "y", "No", "1_000", "1:30", "2001-01-01", "=", "<<", "a b", "#"]
        {
            assert_eq!(quote(quoted), format!("'{quoted}'"));
        }
        assert_eq!(quote("it's"), "'it''s'");
        assert_eq!(quote("a\nb"), "\"a\\nb\"");
        assert_eq!(quote("null"), "!!str null");
        assert_eq!(quote("Null"), "'Null'");
    }
}
