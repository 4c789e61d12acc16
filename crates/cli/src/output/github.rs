//! Workflow commands of GitHub Actions: lines of the log that it shows as annotations.

use std::io::Write;

/// Writes one, of kind `error`, `warning` or `notice`.
pub(super) fn command(
    out: &mut impl Write,
    kind: &str,
    properties: &[(&str, String)],
    message: &str,
) -> std::io::Result<()> {
    let properties = properties.iter().map(|(key, value)| format!("{key}={}", property(value)));
    let properties: Vec<String> = properties.collect();
    writeln!(out, "::{kind} {}::{}", properties.join(","), data(message))
}

/// Text of a command (actions/toolkit, `escapeData`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Value of a property (`escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
