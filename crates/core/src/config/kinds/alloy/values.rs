//! Values as Alloy's types take them (syntax/internal/value): numbers turn to texts and back, and
//! nothing else does.

use crate::config::report::quoted;
use crate::doc::{Node, NodeKind, Resolved};

/// What is wrong with a value, in Alloy's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit(pub(super) String);

/// The type of a value that is known.
pub(super) fn type_name(node: Node<'_>) -> &'static str {
    match node.kind() {
        NodeKind::Sequence => "array",
        NodeKind::Mapping => "object",
        NodeKind::Scalar | NodeKind::Alias => match node.resolve() {
            Resolved::Null => "null",
            Resolved::Bool(_) => "bool",
            Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_) => "number",
            _ => "string",
        },
    }
}

/// The words for a value that is no `wanted`; what a collection holds is not repeated.
fn misfit(node: Node<'_>, wanted: &str) -> Misfit {
    let shown = match node.kind() {
        NodeKind::Sequence => "[...]".to_owned(),
        NodeKind::Mapping => "{...}".to_owned(),
        _ if type_name(node) == "string" => quoted(node.text()),
        _ => node.text().to_owned(),
    };
    Misfit(format!("{shown} should be {wanted}, got {}", type_name(node)))
}

/// A text; `None` for null.
pub(super) fn text(node: Node<'_>) -> Result<Option<String>, Misfit> {
    match type_name(node) {
        "null" => Ok(None),
        "string" | "number" => Ok(Some(node.text().to_owned())),
        _ => Err(misfit(node, "string")),
    }
}

/// A list of texts.
pub(super) fn texts(node: Node<'_>) -> Result<Option<Vec<String>>, Misfit> {
    match type_name(node) {
        "null" => Ok(None),
        "array" => {
            let known = node.items().filter(|item| !item.is_unknown());
            known
                .map(|item| text(item).map(Option::unwrap_or_default))
                .collect::<Result<_, _>>()
                .map(Some)
        }
        _ => Err(misfit(node, "array")),
    }
}

/// A list of anything.
pub(super) fn list(node: Node<'_>) -> Result<(), Misfit> {
    match type_name(node) {
        "null" | "array" => Ok(()),
        _ => Err(misfit(node, "array")),
    }
}

/// An object of anything.
pub(super) fn object(node: Node<'_>) -> Result<(), Misfit> {
    match type_name(node) {
        "null" | "object" => Ok(()),
        _ => Err(misfit(node, "object")),
    }
}

/// A bool.
pub(super) fn boolean(node: Node<'_>) -> Result<Option<bool>, Misfit> {
    match type_name(node) {
        "null" => Ok(None),
        "bool" => Ok(Some(node.text() == "true")),
        _ => Err(misfit(node, "bool")),
    }
}

/// A number that is whole and not negative; of others, which Go bends, nothing is said.
pub(super) fn unsigned(node: Node<'_>) -> Result<Option<u64>, Misfit> {
    match (type_name(node), node.resolve()) {
        ("null", _) => Ok(None),
        (_, Resolved::Int(value)) => Ok(u64::try_from(value).ok()),
        (_, Resolved::Uint(value)) => Ok(Some(value)),
        ("number", _) => Ok(None),
        ("string", _) => match node.text().parse::<f64>() {
            Ok(_) => Ok(node.text().parse().ok()),
            Err(_) => Err(misfit(node, "number")),
        },
        _ => Err(misfit(node, "number")),
    }
}

/// A duration as Go writes it, in milliseconds.
pub(super) fn duration(node: Node<'_>) -> Result<Option<u64>, Misfit> {
    let Some(written) = text(node)? else { return Ok(None) };
    match go_duration(&written) {
        Ok(milliseconds) => Ok(Some(milliseconds)),
        Err(words) => Err(Misfit(format!("{} {words}", quoted(&written)))),
    }
}

/// Units of Go's `time.ParseDuration`, in milliseconds; there are none for days and longer.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-6),
    ("us", 1e-3),
    ("µs", 1e-3),
    ("μs", 1e-3),
    ("ms", 1.0),
    ("s", 1000.0),
    ("m", 60_000.0),
    ("h", 3_600_000.0),
];

fn go_duration(text: &str) -> Result<u64, String> {
    let invalid = || format!("time: invalid duration {}", quoted(text));
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = &rest[..end];
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted(text)));
        }
        let Some((_, length)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let (unit, text) = (quoted(unit), quoted(text));
            return Err(format!("time: unknown unit {unit} in duration {text}"));
        };
        sum += number * length;
        rest = &rest[end..];
    }
    #[expect(clippy::cast_sign_loss, reason = "digits and a dot have no sign")]
    Ok(sum as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (text, milliseconds) in
            [("60s", 60_000), ("1m30s", 90_000), ("1.5h", 5_400_000), ("0", 0), ("100ms", 100)]
        {
            assert_eq!(go_duration(text), Ok(milliseconds), "{text}");
        }
        for (text, words) in [
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("60", "time: missing unit in duration \"60\""),
            ("", "time: invalid duration \"\""),
            ("s", "time: invalid duration \"s\""),
        ] {
            assert_eq!(go_duration(text).unwrap_err(), words);
        }
    }
}
