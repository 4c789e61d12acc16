//! Text in XML: what must be escaped is, and what XML cannot hold at all is shown as U+FFFD.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The value of an attribute, for double quotes. Line ends and tabs keep by their numbers.
pub(crate) fn attribute(value: &str) -> Cow<'_, str> {
    escaped(value, |c| matches!(c, '"' | '\n' | '\t' | '\r'))
}

/// Text between tags.
pub(crate) fn text(value: &str) -> Cow<'_, str> {
    escaped(value, |c| c == '\r')
}

/// What a reader gets: XML 1.0 has no way to write most control characters.
#[cfg(test)]
pub(crate) fn shown(value: &str) -> String {
    value.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn escaped(value: &str, by_number: impl Fn(char) -> bool) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '<' | '>' | '&') || by_number(c) || !is_allowed(c);
    if !value.contains(special) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() + 16);
    for c in value.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if by_number(c) => out.push_str("&quot;"),
            // Writing to a String cannot fail.
            c if by_number(c) => drop(write!(out, "&#{};", c as u32)),
            c if is_allowed(c) => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    Cow::Owned(out)
}
