//! Findings with their source, as compilers show them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::text::{FileId, Location, SourceText, Sources, Span};

use super::count;
use crate::output::view::lint::SummaryView;

/// Lines longer than this are not shown: a snippet of them would fill the screen.
const LONGEST_LINE: usize = 400;

/// Writes every finding with the lines that it is about.
pub(crate) fn write(
    out: &mut impl Write,
    sources: &Sources,
    findings: &[Finding],
    color: bool,
) -> anyhow::Result<()> {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
    let texts: BTreeMap<FileId, Cow<'_, str>> = sources
        .iter()
        .map(|(file, source)| (file, source.shown(Span::new(0, source.text().len()))))
        .collect();
    for finding in findings {
        let source = finding
            .location
            .map(|at| Snippet { source: sources.file(at.file), shown: &texts[&at.file] });
        let shown = Shown { finding, source };
        let mut text = String::new();
        handler.render_report(&mut text, &shown)?;
        out.write_all(text.as_bytes())?;
        for related in elsewhere(finding) {
            let (file, line) = place(sources, related);
            writeln!(out, "  see {file}:{line}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Writes the count of findings.
pub(crate) fn write_summary(out: &mut impl Write, summary: &SummaryView) -> anyhow::Result<()> {
    let SummaryView { errors, warnings, infos, files } = *summary;
    if errors + warnings + infos == 0 {
        writeln!(out, "nothing found in {}", count(files, "file"))?;
        return Ok(());
    }
    let (errors, warnings) = (count(errors, "error"), count(warnings, "warning"));
    let (infos, files) = (count(infos, "info"), count(files, "file"));
    writeln!(out, "{errors}, {warnings} and {infos} in {files}")?;
    Ok(())
}

fn place(sources: &Sources, location: Location) -> (&str, u32) {
    let file = sources.file(location.file);
    (file.name(), file.position(location.span.start).line)
}

/// Related places in other files, which the snippet cannot show.
fn elsewhere(finding: &Finding) -> impl Iterator<Item = Location> {
    let own = finding.location.map(|at| at.file);
    let related = finding.related.iter().map(|related| related.location);
    related.filter(move |location| Some(location.file) != own)
}

/// A finding as miette wants it.
#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    source: Option<Snippet<'a>>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let rule = self.finding.rule;
        let severity = self.finding.severity.as_str();
        Some(Box::new(format!("{severity} {} {}", rule.code, rule.name)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let finding = self.finding;
        let fix = finding.fix.as_ref().map(|fix| match fix.applicability {
            promsieve_core::finding::Applicability::Safe => "`--fix` does it".to_owned(),
            promsieve_core::finding::Applicability::Unsafe => {
                format!("`--fix --unsafe-fixes` does it: {}", fix.title)
            }
        });
        let lines: Vec<String> = [
            finding.consequence.as_ref().map(|text| format!("so: {text}")),
            finding.evidence.text().map(|text| format!("why: {text}")),
            finding.remedy.as_ref().map(|text| format!("do: {text}")),
            fix,
        ]
        .into_iter()
        .flatten()
        .collect();
        (!lines.is_empty()).then(|| Box::new(lines.join("\n")) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let at = self.finding.location?;
        let label = |span: Span, text: Option<String>| {
            LabeledSpan::new(text, span.start as usize, span.len())
        };
        let own = std::iter::once(label(first_line(self.source.as_ref()?.source, at.span), None));
        let near =
            self.finding.related.iter().filter(move |related| related.location.file == at.file);
        let source = self.source.as_ref()?.source;
        let near = near.map(move |related| {
            label(first_line(source, related.location.span), Some(related.label.clone()))
        });
        Some(Box::new(own.chain(near)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }
}

/// The part of a span on its first line: a whole step would be a box around everything.
fn first_line(source: &SourceText, span: Span) -> Span {
    let line = source.lines().line_of(span.start);
    let end = source.lines().line_range(source.text(), line).end;
    let end = (span.end as usize).min(end).max(span.start as usize);
    Span::new(span.start as usize, end)
}

/// A file for miette, by its line table: its own readers scan the whole text for each finding.
#[derive(Debug, Clone)]
struct Snippet<'a> {
    source: &'a SourceText,
    /// Its text without secrets.
    shown: &'a str,
}

impl SourceCode for Snippet<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (text, lines) = (self.source.text(), self.source.lines());
        if span.offset() + span.len() > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let line = lines.line_of(span.offset() as u32);
        let last = lines.line_of((span.offset() + span.len()) as u32);
        let (from, to) = (line.saturating_sub(before), (last + after).min(lines.len() - 1));
        let start = if before == 0 { span.offset() } else { lines.line_range(text, from).start };
        let end = lines.line_range(text, to).end;
        if end - start > LONGEST_LINE * (to - from + 1) {
            return Err(MietteError::OutOfBounds);
        }
        // Blotting keeps characters and not bytes: with a secret beyond ASCII nothing is shown.
        let shown = self.shown.get(start..end).filter(|_| self.shown.len() == text.len());
        let shown = shown.ok_or(MietteError::OutOfBounds)?;
        let column = start - lines.line_range(text, line).start.min(start);
        let (first, column) = if before == 0 { (line, column) } else { (from, 0) };
        Ok(Box::new(MietteSpanContents::new_named(
            self.source.name().to_owned(),
            shown.as_bytes(),
            (start, end - start).into(),
            first,
            column,
            to - from + 1,
        )))
    }
}
