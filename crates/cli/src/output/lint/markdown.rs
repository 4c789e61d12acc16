//! A table of findings in Markdown, for the summary of a CI step or a comment.

use std::io::Write;

use crate::output::text::count;
use crate::output::view::lint::{FindingView, LintView};

/// So many rows are shown: GitHub cuts a summary off at 1 MiB.
const MOST: usize = 200;

/// Writes the count and the table.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    let summary = &view.summary;
    let files = count(summary.files, "file");
    writeln!(out, "### promsieve lint\n")?;
    if view.findings.is_empty() {
        return writeln!(out, "Nothing found in {files}.");
    }
    let (errors, warnings) = (count(summary.errors, "error"), count(summary.warnings, "warning"));
    let infos = count(summary.infos, "info");
    writeln!(out, "{errors}, {warnings} and {infos} in {files}.\n")?;
    writeln!(out, "| severity | where | rule | what | consequence |\n|---|---|---|---|---|")?;
    view.findings.iter().take(MOST).try_for_each(|finding| row(out, finding))?;
    if view.findings.len() > MOST {
        writeln!(out, "\n{} more are not shown.", view.findings.len() - MOST)?;
    }
    Ok(())
}

fn row(out: &mut impl Write, finding: &FindingView) -> std::io::Result<()> {
    let place = match (&finding.path, finding.line) {
        (Some(path), Some(line)) => format!("{path}:{line}"),
        (Some(path), None) => path.clone(),
        _ => String::new(),
    };
    let consequence = finding.consequence.as_deref().unwrap_or_default();
    let cells =
        [&*place, &format!("{} {}", finding.id, finding.rule), &finding.message, consequence];
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    writeln!(out, "| {} | {} |", finding.severity, cells.join(" | "))
}

/// Text in a cell: one line, and nothing that Markdown or HTML would take for more. What stands in
/// backticks is left alone but for the pipe, which ends a cell even there.
fn cell(text: &str) -> String {
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
