//! The formats of findings, one file each, all made of the same view.

mod checkstyle;
mod concise;
mod github;
mod gitlab;
mod jsonl;
mod junit;
mod markdown;
mod sarif;

use std::io::Write;

use promsieve_core::finding::Finding;
use promsieve_core::text::Sources;

use super::markdown::{add_to_summary, is_github};
use super::view::lint::LintView;
use super::{json, text};

/// A format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LintFormat {
    /// For people, with the lines in question
    Text,
    /// A line a finding
    Concise,
    /// For programs
    Json,
    /// For programs, an object a line
    Jsonl,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// `JUnit` XML
    Junit,
    /// Checkstyle XML
    Checkstyle,
    /// A table, such as for GitHub's step summary
    Markdown,
}

/// Findings with the texts that they are about.
pub(crate) struct Reported {
    pub(crate) sources: Sources,
    pub(crate) findings: Vec<Finding>,
}

/// Writes one format.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(
    format: LintFormat,
    view: &LintView,
    reported: &[Reported],
    color: bool,
    out: &mut Vec<u8>,
) -> anyhow::Result<()> {
    match format {
        LintFormat::Text => return write_text(view, reported, color, out),
        LintFormat::Json => return json::write(out, view),
        LintFormat::Concise => concise::write(out, view)?,
        LintFormat::Jsonl => jsonl::write(out, view)?,
        LintFormat::Sarif => sarif::write(out, view)?,
        LintFormat::Github => github::write(out, view)?,
        LintFormat::Gitlab => gitlab::write(out, view)?,
        LintFormat::Junit => junit::write(out, view)?,
        LintFormat::Checkstyle => checkstyle::write(out, view)?,
        LintFormat::Markdown => markdown::write(out, view)?,
    }
    Ok(())
}

fn write_text(
    view: &LintView,
    reported: &[Reported],
    color: bool,
    out: &mut Vec<u8>,
) -> anyhow::Result<()> {
    for Reported { sources, findings } in reported {
        text::lint::write(out, sources, findings, color)?;
    }
    // Those without a text that could be shown come last, next to the summary.
    let bare = LintView { findings: view.bare().cloned().collect(), ..LintView::default() };
    concise::write(out, &bare)?;
    text::lint::write_summary(out, &view.summary)
}

/// Where GitHub runs us, people read annotations and the step's summary: both are added.
///
/// # Errors
/// When the summary cannot be written.
pub(crate) fn in_ci(
    view: &LintView,
    on_stdout: LintFormat,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if !is_github() {
        return Ok(());
    }
    // Annotations are lines of the log: they would break what programs read from stdout.
    if matches!(on_stdout, LintFormat::Text | LintFormat::Concise) {
        github::write(out, view)?;
    }
    let mut summary = Vec::new();
    markdown::write(&mut summary, view)?;
    add_to_summary(&summary)
}

#[cfg(test)]
mod tests;
