//! A table of findings in Markdown, for the summary of a CI step or a comment.

use std::io::Write;

use crate::output::markdown;
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
    let rule = format!("{} {}", finding.id, finding.rule);
    markdown::row(out, [finding.severity, &*place, &rule, &finding.message, consequence])
}
