//! Strings: which escapes there are (those of Go), what they stand for, and where.

use crate::doc::quote::double_quoted;
use crate::doc::tree::Style;

/// What one escape or one character stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// How many source bytes it takes.
    len: usize,
    /// A character, or a byte that may be a part of one.
    meaning: Meaning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Char(char),
    Byte(u8),
    /// A carriage return in backticks.
    Nothing,
}

impl Unit {
    fn width(self) -> usize {
        match self.meaning {
            Meaning::Char(c) => c.len_utf8(),
            Meaning::Byte(_) => 1,
            Meaning::Nothing => 0,
        }
    }
}

/// The escape at the start of `rest`, or how long it is and what the server says of it.
pub(super) fn escape(rest: &str) -> Result<Unit, (usize, String)> {
    let bytes = rest.as_bytes();
    let simple = |c: char| Ok(Unit { len: 2, meaning: Meaning::Char(c) });
    let (start, digits, base, is_byte) = match bytes.get(1) {
        Some(b'a') => return simple('\u{7}'),
        Some(b'b') => return simple('\u{8}'),
        Some(b'f') => return simple('\u{c}'),
        Some(b'n') => return simple('\n'),
        Some(b'r') => return simple('\r'),
        Some(b't') => return simple('\t'),
        Some(b'v') => return simple('\u{b}'),
        Some(b'\\') => return simple('\\'),
        Some(b'"') => return simple('"'),
        Some(b'0'..=b'7') => (1, 3, 8, true),
        Some(b'x') => (2, 2, 16, true),
        Some(b'u') => (2, 4, 16, false),
        Some(b'U') => (2, 8, 16, false),
        None => return Err((1, "escape sequence not terminated".to_owned())),
        Some(_) => {
            let len = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            return Err((len, "unknown escape sequence".to_owned()));
        }
    };
    let mut code = 0u32;
    for at in start..start + digits {
        let found = rest.get(at..).and_then(|rest| rest.chars().next());
        let Some(digit) = found.and_then(|c| c.to_digit(base)) else {
            let words = match found {
                Some(c) => {
                    format!("illegal character U+{:04X} '{c}' in escape sequence", c as u32)
                }
                None => "escape sequence not terminated".to_owned(),
            };
            return Err((at, words));
        };
        code = code.saturating_mul(base).saturating_add(digit);
    }
    let len = start + digits;
    let invalid = || (len, "escape sequence is invalid Unicode code point".to_owned());
    let meaning = if is_byte {
        Meaning::Byte(u8::try_from(code).map_err(|_| invalid())?)
    } else {
        Meaning::Char(char::from_u32(code).ok_or_else(invalid)?)
    };
    Ok(Unit { len, meaning })
}

/// What stands between the quotes, unit by unit; nothing after a wrong escape.
fn units(raw: &str) -> impl Iterator<Item = Option<Unit>> {
    let quote = raw.chars().next().unwrap_or('"');
    let end = raw.len() - usize::from(raw.len() > 1 && raw.ends_with(quote));
    let mut rest = raw.get(1..end).unwrap_or_default();
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let unit = match first {
            '\\' if quote == '"' => escape(rest).ok(),
            '\r' if quote == '`' => Some(Unit { len: 1, meaning: Meaning::Nothing }),
            _ => Some(Unit { len: first.len_utf8(), meaning: Meaning::Char(first) }),
        };
        rest = unit.map_or("", |unit| &rest[unit.len..]);
        Some(unit)
    })
}

/// The text that a string with its quotes stands for; `None` when an escape is wrong or it is no
/// UTF-8.
pub(super) fn decode(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    for unit in units(raw) {
        match unit?.meaning {
            Meaning::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Meaning::Byte(byte) => bytes.push(byte),
            Meaning::Nothing => {}
        }
    }
    String::from_utf8(bytes).ok()
}

/// Where byte `at` of the decoded text is in `raw`, the scalar as written.
pub(in crate::doc) fn offset(raw: &str, style: Style, at: usize) -> usize {
    if !matches!(style, Style::DoubleQuoted | Style::Raw) {
        return at.min(raw.len());
    }
    let (mut decoded, mut place) = (0, 1.min(raw.len()));
    for unit in units(raw).flatten() {
        if decoded + unit.width() > at {
            break;
        }
        decoded += unit.width();
        place += unit.len;
    }
    place
}

/// `text` as a string: in backticks where `style` has them and they can hold it, else in double
/// quotes.
pub(in crate::doc) fn quote_as(style: Style, text: &str) -> String {
    if style == Style::Raw && !text.contains(['`', '\r', '\0', '\u{feff}']) {
        return format!("`{text}`");
    }
    double_quoted(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_decoded_as_in_go() {
        let check = |raw: &str, text: Option<&str>| assert_eq!(decode(raw).as_deref(), text);
        check(r#""a\n\x41\101\u00e9\"\\""#, Some("a\nAAé\"\\"));
        check(r#""\xc3\xa9\U0001F600""#, Some("é😀"));
        check(r"`a\d`", Some(r"a\d"));
        check("`a\r\nb`", Some("a\nb"));
        for wrong in [r#""\.""#, r#""\xff""#, r#""\u12""#, r#""\ud800""#, r#""\400""#, r#""\"#] {
            check(wrong, None);
        }
    }

    #[test]
    fn decoded_offsets_are_found_in_the_source() {
        let raw = r#""a\x41\u00e9z""#;
        let at = |at: usize| &raw[offset(raw, Style::DoubleQuoted, at)..];
        assert!(at(0).starts_with('a') && at(1).starts_with(r"\x41"));
        assert!(at(2).starts_with(r"\u00e9") && at(3).starts_with(r"\u00e9"));
        assert!(at(4).starts_with('z') && at(99).starts_with('"'));
        assert_eq!(offset("`ab`", Style::Raw, 1), 2);
    }
}
