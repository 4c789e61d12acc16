//! The values of literals: numbers as Go's strconv reads them, durations, quoted strings.

use crate::units::{DURATION_UNITS, DurationError, duration_millis};

/// Why a duration is none: too long, or not of the form `1y2w3d4h5m6s7ms`.
const NOT_A_DURATION: &str = "not a valid duration string";

/// The value of a number token. Integers go by Go's syntax, in which `010` is eight; what is no
/// 64-bit integer is read as a float. `None` for `1_`, `0x1e+5` and whatever overflows a float.
pub(super) fn number(text: &str) -> Option<f64> {
    if text.contains('_') && !underscores_separate_digits(text) {
        return None;
    }
    let plain = text.replace('_', "");
    if let Some(integer) = integer(&plain) {
        return Some(integer as f64);
    }
    let value: f64 = plain.parse().ok()?;
    let named = plain.starts_with(['i', 'I']);
    (named || !value.is_infinite()).then_some(value)
}

fn integer(plain: &str) -> Option<i64> {
    let lower = plain.to_ascii_lowercase();
    match lower.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None if lower.len() > 1 && lower.starts_with('0') => i64::from_str_radix(&lower, 8).ok(),
        None => lower.parse().ok(),
    }
}

/// An underscore stands between two digits, or between the prefix `0x` and a digit.
fn underscores_separate_digits(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let (hex, digits) = match lower.strip_prefix("0x") {
        Some(rest) => (true, rest),
        None => (false, lower.as_str()),
    };
    let is_digit = |c: char| c.is_ascii_digit() || (hex && c.is_ascii_hexdigit());
    let mut before = hex;
    let mut chars = digits.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '_' && !(before && chars.peek().is_some_and(|&next| is_digit(next))) {
            return false;
        }
        before = is_digit(c);
    }
    true
}

/// The seconds of a duration: each unit at most once, from years down to milliseconds.
pub(super) fn duration(text: &str) -> Result<f64, String> {
    let millis = duration_millis(text).map_err(|error| match error {
        DurationError::Malformed => format!("{NOT_A_DURATION}: `{text}`"),
        DurationError::OutOfRange => "duration out of range".to_owned(),
    })?;
    Ok(millis as f64 / 1000.0)
}

/// A duration of so many seconds in the form that [`duration`] reads, if it has one.
pub(super) fn write_duration(seconds: f64) -> Option<String> {
    let millis = seconds * 1000.0;
    if !(millis.fract() == 0.0 && (0.0..9e15).contains(&millis)) {
        return None;
    }
    #[expect(clippy::cast_sign_loss, reason = "checked above")]
    let mut rest = millis as u64;
    if (rest as f64 / 1000.0).to_bits() != seconds.to_bits() {
        return None;
    }
    let mut text = String::new();
    for (unit, length) in DURATION_UNITS {
        if rest >= length {
            text.push_str(&(rest / length).to_string());
            text.push_str(unit);
            rest %= length;
        }
    }
    Some(if text.is_empty() { "0s".to_owned() } else { text })
}

/// What stands between the quotes of a string token, escapes decoded. `\xff` can make it something
/// else than UTF-8.
pub(super) fn unquote(token: &str) -> Vec<u8> {
    let inner = &token[1..token.len() - 1];
    if token.starts_with('`') || !inner.contains('\\') {
        return inner.as_bytes().to_vec();
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let mut utf8 = [0; 4];
        match c {
            '\\' => unescape(&mut chars, &mut out),
            _ => out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes()),
        }
    }
    out
}

/// Decodes one escape, which the lexer has found valid.
fn unescape(chars: &mut std::str::Chars<'_>, out: &mut Vec<u8>) {
    let Some(c) = chars.next() else { return };
    let mut code = |first: u32, digits: usize, base: u32| {
        chars.take(digits).fold(first, |code, c| code * base + c.to_digit(base).unwrap_or(0))
    };
    let char = match c {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        'x' => return out.push(code(0, 2, 16) as u8),
        'u' => code(0, 4, 16),
        'U' => code(0, 8, 16),
        '0'..='7' => return out.push(code(c as u32 - '0' as u32, 2, 8) as u8),
        _ => c as u32,
    };
    let char = char::from_u32(char).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_go() {
        for (text, value) in [
            ("1", Some(1.0)),
            ("010", Some(8.0)),
            ("08", Some(8.0)),
            ("0x1F", Some(31.0)),
            ("0x_1F", Some(31.0)),
            ("1_000", Some(1000.0)),
            ("1_000.5", Some(1000.5)),
            ("1.", Some(1.0)),
            (".5", Some(0.5)),
            ("1e3", Some(1000.0)),
            ("Inf", Some(f64::INFINITY)),
            ("9223372036854775808", Some(9_223_372_036_854_775_808.0)),
            ("1_", None),
            ("1e", None),
            ("1e999", None),
            ("0x1e+5", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
        assert!(number("nan").is_some_and(f64::is_nan));
    }

    #[test]
    fn durations_read_and_write() {
        for (text, seconds) in [("5m", 300.0), ("1h30m", 5400.0), ("1y2w3d4ms", 33_004_800.004)] {
            assert_eq!(duration(text), Ok(seconds));
            assert_eq!(write_duration(seconds).as_deref(), Some(text));
        }
        assert_eq!(write_duration(0.0).as_deref(), Some("0s"));
        assert_eq!(write_duration(0.000_1), None);
        for wrong in ["1.5m", "1m1h", "1m2m", "5", "hs", "400y"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings_are_decoded() {
        assert_eq!(unquote(r#""a\n\x41\101é\u00e9\"""#), "a\nAAéé\"".as_bytes());
        assert_eq!(unquote(r"`a\d`"), br"a\d");
        assert_eq!(unquote(r#""\xff""#), [0xff]);
    }
}
