//! Scalars as the fields of Prometheus's configuration take them: source text for strings,
//! yaml.v2's numbers and bools, Prometheus's durations and sizes.

use std::borrow::Cow;

use crate::doc::{Node, Resolved};
use crate::units::{DurationError, duration_millis};

/// Why a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Misfit {
    /// The YAML reader's words, without the line.
    Type(String),
    /// The field's own words.
    Value(String),
}

/// The words of yaml.v2 for a node that does not fit `go_type`.
pub(super) fn cannot_unmarshal(node: Node<'_>, go_type: &str) -> Misfit {
    let node = node.resolved();
    if node.is_mapping() {
        return Misfit::Type(format!("cannot unmarshal !!map into {go_type}"));
    }
    if node.is_sequence() {
        return Misfit::Type(format!("cannot unmarshal !!seq into {go_type}"));
    }
    let tag = node.tag().filter(|tag| !tag.starts_with("!!")).unwrap_or(node.resolve().tag());
    let text = node.text();
    let shown = if text.len() > 10 {
        let cut = (0..=7).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        format!("{}...", &text[..cut])
    } else {
        text.to_owned()
    };
    Misfit::Type(format!("cannot unmarshal {tag} `{shown}` into {go_type}"))
}

/// The text that a string field gets; `None` for null.
pub(super) fn string(node: Node<'_>, go_type: &str) -> Result<Option<String>, Misfit> {
    Ok(text(node, go_type)?.map(Cow::into_owned))
}

/// [`string`], where the text is only looked at.
pub(super) fn text<'d>(node: Node<'d>, go_type: &str) -> Result<Option<Cow<'d, str>>, Misfit> {
    let node = node.resolved();
    if !node.is_scalar() {
        return Err(cannot_unmarshal(node, go_type));
    }
    // A value with a tag of its own is lost.
    if node.tag().is_some_and(|tag| !tag.starts_with("!!") && tag != "!") {
        return Ok(Some(Cow::Borrowed("")));
    }
    match node.resolve() {
        Resolved::Null => Ok(None),
        Resolved::Binary(None) => {
            Err(Misfit::Value("yaml: !!binary value contains invalid base64 data".to_owned()))
        }
        Resolved::Binary(Some(bytes)) => {
            Ok(Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())))
        }
        _ => Ok(Some(Cow::Borrowed(node.text()))),
    }
}

/// The text of a field that takes one of a few; null is the type's zero, as if it were empty.
pub(super) fn choice(node: Node<'_>) -> &str {
    if node.is_null() { "" } else { node.text() }
}

/// A bool field.
pub(super) fn boolean(node: Node<'_>) -> Result<Option<bool>, Misfit> {
    match scalar(node) {
        Some(Resolved::Null) => Ok(None),
        Some(Resolved::Bool(value)) => Ok(Some(value)),
        _ => Err(cannot_unmarshal(node, "bool")),
    }
}

/// An unsigned field of 64 bits: a float loses its fraction, and what is too large for one
/// becomes 2^63 on amd64.
pub(super) fn unsigned(node: Node<'_>, go_type: &str) -> Result<Option<u64>, Misfit> {
    #[expect(clippy::cast_sign_loss, reason = "negative numbers do not come here")]
    match scalar(node) {
        Some(Resolved::Null) => Ok(None),
        Some(Resolved::Int(value)) if value >= 0 => Ok(Some(value as u64)),
        Some(Resolved::Uint(value)) => Ok(Some(value)),
        Some(Resolved::Float(value)) if (0.0..18_446_744_073_709_551_616.0).contains(&value) => {
            Ok(Some(value as u64))
        }
        Some(Resolved::Float(18_446_744_073_709_551_616.0)) => Ok(Some(1 << 63)),
        _ => Err(cannot_unmarshal(node, go_type)),
    }
}

/// A signed field of 64 bits.
pub(super) fn signed(node: Node<'_>, go_type: &str) -> Result<Option<i64>, Misfit> {
    match scalar(node) {
        Some(Resolved::Null) => Ok(None),
        Some(Resolved::Int(value)) => Ok(Some(value)),
        Some(Resolved::Float(value)) if value.abs() <= 9_223_372_036_854_775_807.0 => {
            Ok(Some(value as i64))
        }
        _ => Err(cannot_unmarshal(node, go_type)),
    }
}

/// A float field.
pub(super) fn float(node: Node<'_>) -> Result<Option<f64>, Misfit> {
    match scalar(node) {
        Some(Resolved::Null) => Ok(None),
        Some(Resolved::Int(value)) => Ok(Some(value as f64)),
        Some(Resolved::Uint(value)) => Ok(Some(value as f64)),
        Some(Resolved::Float(value)) => Ok(Some(value)),
        _ => Err(cannot_unmarshal(node, "float64")),
    }
}

fn scalar(node: Node<'_>) -> Option<Resolved> {
    node.is_scalar().then(|| node.resolve())
}

/// A duration in milliseconds (prometheus/common model/time.go `ParseDuration`): `1h30m`, units
/// from large to small, each at most once; `0` alone needs none.
///
/// # Errors
/// The server's own words.
pub fn duration(text: &str) -> Result<u64, String> {
    match text {
        "0" => return Ok(0),
        "" => return Err("empty duration string".to_owned()),
        _ => {}
    }
    duration_millis(text).map_err(|error| match error {
        DurationError::Malformed => {
            format!("not a valid duration string: {}", super::report::quoted(text))
        }
        DurationError::OutOfRange => "duration out of range".to_owned(),
    })
}

/// A size in bytes (alecthomas/units `ParseBase2Bytes`): `10MB`, `1.5GiB`; a unit is needed.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(format!("units: invalid {text}"));
    }
    let mut sum = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| format!("units: invalid {text}"))?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let shift = match &rest[..end] {
            "" => return Err(format!("units: missing unit in {text}")),
            "B" => 0,
            "KB" | "KiB" => 10,
            "MB" | "MiB" => 20,
            "GB" | "GiB" => 30,
            "TB" | "TiB" => 40,
            "PB" | "PiB" => 50,
            "EB" | "EiB" => 60,
            unit => return Err(format!("units: unknown unit {unit} in {text}")),
        };
        sum += number * (1u64 << shift) as f64;
        rest = &rest[end..];
    }
    #[expect(clippy::cast_sign_loss, reason = "digits and a dot have no sign")]
    Ok(sum as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_prometheus() {
        assert_eq!(duration("1h30m"), Ok(5_400_000));
        assert_eq!(duration("0"), Ok(0));
        assert_eq!(duration("15s"), Ok(15_000));
        assert_eq!(duration("1m5ms"), Ok(60_005));
        for bad in ["", "1", "1.5h", "30m1h", "1m1m", "-1s", " 1s", "1 s", "s", "$X", "1h1"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(duration("300y").is_err());
    }

    #[test]
    fn sizes_need_a_unit() {
        assert_eq!(size("10MB"), Ok(10 << 20));
        assert_eq!(size("1.5KiB"), Ok(1536));
        assert_eq!(size("1GB512MB"), Ok((1 << 30) + (512 << 20)));
        assert_eq!(size("0"), Ok(0));
        assert!(size("10485760").is_err());
        assert!(size("10 MB").is_err());
        assert!(size("").is_err());
    }
}
