//! Where a quoted string ends, and whether its escapes are valid.

/// The length of the string token that `rest` begins with, quotes included; otherwise the wrong
/// bytes and what is wrong with them.
pub(super) fn scan(rest: &str) -> Result<usize, (usize, usize, String)> {
    let quote = rest.chars().next().unwrap_or('"');
    let raw = quote == '`';
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Ok(at + 1),
            // A literal replacement character looks to the server like a broken one.
            char::REPLACEMENT_CHARACTER => {
                return Err((at, at + c.len_utf8(), "invalid UTF-8 rune".to_owned()));
            }
            '\n' if !raw => break,
            '\\' if !raw => {
                let len = escape(&rest[at + 1..], quote)
                    .map_err(|(len, message)| (at, at + 1 + len, message))?;
                let end = at + 1 + len;
                while chars.next_if(|(at, _)| *at < end).is_some() {}
            }
            _ => {}
        }
    }
    let kind = if raw { "unterminated raw string" } else { "unterminated quoted string" };
    Err((0, rest.len(), kind.to_owned()))
}

/// The length of the escape after its backslash; otherwise how far it reads and what is wrong.
fn escape(rest: &str, quote: char) -> Result<usize, (usize, String)> {
    let Some(first) = rest.chars().next() else {
        return Err((0, "escape sequence not terminated".to_owned()));
    };
    let (skip, digits, base) = match first {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(1),
        _ if first == quote => return Ok(1),
        '0'..='7' => (0, 3, 8),
        'x' => (1, 2, 16),
        'u' => (1, 4, 16),
        'U' => (1, 8, 16),
        _ => return Err((first.len_utf8(), format!("unknown escape sequence `\\{first}`"))),
    };
    let mut code: u32 = 0;
    for at in skip..skip + digits {
        let digit = rest.get(at..).and_then(|rest| rest.chars().next());
        let Some(digit) = digit.and_then(|c| c.to_digit(base)) else {
            return Err((at, "illegal character in escape sequence".to_owned()));
        };
        code = code.wrapping_mul(base).wrapping_add(digit);
    }
    let end = skip + digits;
    let valid =
        if matches!(first, 'u' | 'U') { char::from_u32(code).is_some() } else { code < 256 };
    if valid {
        return Ok(end);
    }
    Err((end, "escape sequence is an invalid Unicode code point".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_their_quote() {
        for (text, len) in [
            (r#""a" b"#, Some(3)),
            (r#""a\"b" c"#, Some(6)),
            (r"'\'' x", Some(4)),
            (r#"'\"'"#, None),
            (r"`a\`", Some(4)),
            (r#""\d""#, None),
            (r#""\x4""#, None),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
            (r#""\U0010ffff""#, Some(12)),
            ("\"a\nb\"", None),
            ("`a\nb`", Some(5)),
            ("\"\u{fffd}\"", None),
            ("\"a", None),
            ("\"\\", None),
        ] {
            assert_eq!(scan(text).ok(), len, "{text}");
        }
    }
}
