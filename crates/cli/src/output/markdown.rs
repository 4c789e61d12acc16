//! Pieces of Markdown, for the summary of a CI step or a comment.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::Context;

/// Text in a cell: one line, and nothing that Markdown or HTML would take for more. What stands in
/// backticks is left alone but for the pipe, which ends a cell even there.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    let is_paired = text.matches('`').count().is_multiple_of(2);
    for c in text.chars() {
        match c {
            '`' if is_paired => {
                in_code = !in_code;
                out.push(c);
            }
            '|' => out.push_str("\\|"),
            '\n' | '\r' | '\t' => out.push(' '),
            '<' if !in_code => out.push_str("&lt;"),
            '>' if !in_code => out.push_str("&gt;"),
            '&' if !in_code => out.push_str("&amp;"),
            '*' | '_' | '[' | ']' | '\\' | '`' | '#' | '~' | '!' if !in_code => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Writes a row of cells, each taken through [`cell`].
pub(super) fn row(
    out: &mut impl Write,
    cells: impl IntoIterator<Item = impl AsRef<str>>,
) -> std::io::Result<()> {
    let cells: Vec<String> = cells.into_iter().map(|text| cell(text.as_ref())).collect();
    writeln!(out, "| {} |", cells.join(" | "))
}

/// Whether GitHub runs us: it reads annotations in the log, and the summary of the step.
pub(super) fn is_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Adds to the summary of GitHub's step, where there is one.
///
/// # Errors
/// When it cannot be written.
pub(super) fn add_to_summary(text: &[u8]) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let file = OpenOptions::new().create(true).append(true).open(&path);
    file.and_then(|mut file| file.write_all(text))
        .with_context(|| format!("cannot write the step summary `{}`", path.display()))
}
