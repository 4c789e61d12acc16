//! Quoting as in Prometheus's messages.

use std::fmt::Write as _;

/// `text` as Go's `%q` shows it.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            _ if is_printable(c) => out.push(c),
            _ => escape(c, &mut out),
        }
    }
    out.push('"');
    out
}

fn escape(c: char, out: &mut String) {
    let code = c as u32;
    let written = match code {
        0..0x80 => write!(out, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("a string takes everything");
}

/// Rust's own escaping decides what is printable; it also escapes a combining mark, but only at
/// the start of a text, and of spaces Go prints the ASCII one alone, as Rust does.
fn is_printable(c: char) -> bool {
    let mut after_letter = String::from("a");
    after_letter.push(c);
    after_letter.escape_debug().count() == 2 || c == '\''
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_like_go() {
        assert_eq!(quote("a\"b\\c'\n"), r#""a\"b\\c'\n""#);
        assert_eq!(quote("é\u{301}\u{0}\u{7f}\u{a0}"), "\"é\u{301}\\x00\\x7f\\u00a0\"");
        assert_eq!(quote("\u{10ffff}😀"), "\"\\U0010ffff😀\"");
    }
}
