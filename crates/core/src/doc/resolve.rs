//! What yaml.v2 takes a scalar for: null, a bool, a number, a string (v2.4.0 resolve.go).

use super::{Node, Style, Syntax};

/// A scalar as yaml.v2 resolves it when the field it goes to is no string.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A whole number, in Go's notations: `10`, `0x10`, `010` (eight), `0b11`, `1_000`.
    Int(i64),
    /// A whole number past `i64`.
    Uint(u64),
    /// A number with a dot or an exponent, an infinity, or not a number.
    Float(f64),
    /// A date or a time.
    Timestamp,
    /// `!!binary` with the bytes it stands for; `None` when it is no base64.
    Binary(Option<Vec<u8>>),
    /// Anything else, and everything in quotes.
    Str,
}

impl Resolved {
    /// The short tag that yaml.v2 names in its messages.
    pub fn tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Binary(_) => "!!binary",
            Self::Str => "!!str",
        }
    }
}

impl Node<'_> {
    /// What yaml.v2 takes the scalar for.
    pub fn resolve(self) -> Resolved {
        let node = self.resolved();
        match node.tag() {
            Some("!!str") => Resolved::Str,
            Some("!!null") => Resolved::Null,
            Some("!!binary") => Resolved::Binary(base64(node.text())),
            // A tag of one's own is not resolved at all.
            Some(tag) if !tag.starts_with("!!") && tag != "!" => Resolved::Str,
            None if node.style() != Style::Plain => Resolved::Str,
            Some(_) => plain(node.text(), false),
            None => plain(node.text(), true),
        }
    }

    /// Whether yaml.v2 takes it for null: the field gets its zero value, not its default.
    pub fn is_null(self) -> bool {
        self.is_scalar() && self.resolve() == Resolved::Null
    }

    /// Whether yaml.v2 skips the custom reader of the field's type: true for null, and by a bug
    /// of `prepare` for an untagged `null` or `~` even in quotes.
    pub fn skips_unmarshaler(self) -> bool {
        let node = self.resolved();
        if node.document().syntax() == Syntax::Alloy {
            return node.is_null();
        }
        node.is_scalar()
            && match node.tag() {
                Some(tag) => tag == "!!null",
                None => {
                    matches!(node.text(), "null" | "~")
                        || node.text().is_empty() && node.style() == Style::Plain
                }
            }
    }
}

/// Resolves an unquoted `text`; times only when no tag forbids them.
pub(super) fn plain(text: &str, times: bool) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Resolved::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' if is_float(text) => text.parse().map_or(Resolved::Str, Resolved::Float),
        b'0'..=b'9' | b'+' | b'-' => number(text, times),
        _ => Resolved::Str,
    }
}

fn number(text: &str, times: bool) -> Resolved {
    if times && is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let plain = text.replace('_', "");
    if let Some(int) = integer(&plain) {
        return match (i64::try_from(int), u64::try_from(int)) {
            (Ok(int), _) => Resolved::Int(int),
            (_, Ok(int)) => Resolved::Uint(int),
            _ => float(&plain),
        };
    }
    float(&plain)
}

fn float(plain: &str) -> Resolved {
    match plain.parse::<f64>() {
        Ok(float) if is_float(plain) && float.is_finite() => Resolved::Float(float),
        _ => Resolved::Str,
    }
}

/// `strconv.ParseInt(text, 0, 64)`: a sign, then a base by prefix; a leading zero means octal.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = digits.get(..2).unwrap_or("").to_ascii_lowercase();
    let (base, digits) = match prefix.as_str() {
        "0x" => (16, &digits[2..]),
        "0o" => (8, &digits[2..]),
        "0b" => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(digits, base).ok()?;
    Some(if negative { -value } else { value })
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    exponent_fits && mantissa_fits
}

/// `2006-1-2` with an optional time: four digits and a dash, and then what a date is made of.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let date = text.split(['T', 't', ' ']).next().unwrap_or("");
    let mut parts = date.split('-').skip(1);
    let mut within = |max: u8| {
        parts.next().is_some_and(|part| {
            (1..=2).contains(&part.len())
                && part.parse::<u8>().is_ok_and(|number| (1..=max).contains(&number))
        })
    };
    within(12)
        && within(31)
        && parts.next().is_none()
        && (date.len() == text.len()
            || text[date.len() + 1..].starts_with(|c: char| c.is_ascii_digit()))
}

/// Standard base64 with padding; line ends are skipped.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let padding = symbols.iter().rev().take_while(|&&b| b == b'=').count();
    if !symbols.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(symbols.len() / 4 * 3);
    for group in symbols[..symbols.len() - padding].chunks(4) {
        let mut bits = 0u32;
        for &symbol in group {
            bits = bits << 6 | sextet(symbol)?;
        }
        let whole = bits << (6 * (4 - group.len()));
        bytes.extend_from_slice(&whole.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

fn sextet(symbol: u8) -> Option<u32> {
    Some(u32::from(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: impl Into<Option<Resolved>>) {
        assert_eq!(Some(plain(text, true)), expected.into(), "{text}");
    }

    #[test]
    fn scalars_resolve_as_in_yaml_v2() {
        check("010", Resolved::Int(8));
        check("0x10", Resolved::Int(16));
        check("0b11", Resolved::Int(3));
        check("1_0", Resolved::Int(10));
        check("+5", Resolved::Int(5));
        check("-1", Resolved::Int(-1));
        check("08", Resolved::Float(8.0));
        check("1e2", Resolved::Float(100.0));
        check("4.5", Resolved::Float(4.5));
        check(".5", Resolved::Float(0.5));
        check("18446744073709551615", Resolved::Uint(u64::MAX));
        check("18446744073709551616", Resolved::Float(18_446_744_073_709_551_616.0));
        check("10k", Resolved::Str);
        check("yes", Resolved::Bool(true));
        check("y", Resolved::Bool(true));
        check("2024-01-01", Resolved::Timestamp);
        check("2024-13-01", Resolved::Str);
        check("~", Resolved::Null);
        check("nul", Resolved::Str);
        check("-", Resolved::Str);
        check("1:30", Resolved::Str);
    }

    #[test]
    fn base64_decodes_or_not() {
        assert_eq!(base64("Zm9v\nYg=="), Some(b"foob".to_vec()));
        assert_eq!(base64("Zm9"), None);
        assert_eq!(base64("$1"), None);
    }
}
