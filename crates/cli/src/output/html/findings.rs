//! Findings with consequence, evidence and remedy, errors first.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use super::escape::{Prose, Text};
use super::{close, open, plural};
use crate::output::view::lint::{FindingView, LintView, SnippetView};

/// Findings written out; a page with thousands helps nobody, and its data has all.
const SHOWN: usize = 200;
/// Bytes of evidence that may not fit the height given to it, on a narrow screen.
const SCROLLS: usize = 200;

pub(super) fn write(out: &mut dyn Write, lint: &LintView) -> io::Result<()> {
    let summary = &lint.summary;
    let lead = format!(
        "{} error{}, {} warning{} and {} hint{} in {} file{}. Errors and warnings have evidence.",
        summary.errors,
        plural(summary.errors as u64),
        summary.warnings,
        plural(summary.warnings as u64),
        summary.infos,
        plural(summary.infos as u64),
        summary.files,
        plural(summary.files as u64),
    );
    open(out, "findings", "Findings", &lead)?;
    filter(out)?;
    let of = |severity| lint.findings.iter().filter(move |finding| finding.severity == severity);
    let ordered = of("error").chain(of("warning")).chain(of("info"));
    for finding in ordered.take(SHOWN) {
        write_finding(out, finding)?;
    }
    if let Some(rest) = lint.findings.len().checked_sub(SHOWN).filter(|&rest| rest > 0) {
        writeln!(out, "<p>… and {rest} more, in the page’s data.</p>")?;
    }
    close(out)
}

/// The fields that the script filters by.
fn filter(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"controls\" id=\"findings-filter\" hidden><label>Search \
         <input type=\"search\" id=\"findings-search\" placeholder=\"words of a finding\"></label>\
         <label>Severity <select id=\"findings-severity\"><option>all</option><option>error</option>\
         <option>warning</option><option>info</option></select></label>\
         <span class=\"legend\" id=\"findings-says\" role=\"status\"></span></div>"
    )
}

fn write_finding(out: &mut dyn Write, finding: &FindingView) -> io::Result<()> {
    let severity = finding.severity;
    writeln!(
        out,
        "<article class=\"finding {severity}\"><h3><span class=\"badge {severity}\">{severity}</span> \
         {}</h3>\n<p class=\"meta\"><code>{}</code> {}{}</p>\n<dl>",
        Prose(&finding.message),
        Text(finding.id),
        Text(finding.rule),
        place(finding),
    )?;
    item(out, "Consequence", finding.consequence.as_deref())?;
    if let Some(evidence) = &finding.evidence {
        let kind = finding.evidence_kind.unwrap_or("given");
        writeln!(
            out,
            "<div><dt>Evidence <span class=\"kind\">{}</span></dt><dd class=\"evidence\"{}>{}</dd></div>",
            Text(kind),
            // What scrolls must be in reach of the keyboard.
            if evidence.len() > SCROLLS { " tabindex=\"0\"" } else { "" },
            Prose(evidence),
        )?;
    }
    item(out, "Remedy", finding.remedy.as_deref())?;
    if let Some(fix) = &finding.fix {
        let safe = if fix.safe { "safe" } else { "review it" };
        writeln!(
            out,
            "<div><dt>Fix <span class=\"kind\">{safe}</span></dt><dd>{}</dd></div>",
            Prose(&fix.title)
        )?;
    }
    writeln!(out, "</dl>")?;
    if let (Some(snippet), Some(line)) = (&finding.snippet, finding.line) {
        write_snippet(out, snippet, line..=finding.end_line.unwrap_or(line))?;
    }
    writeln!(out, "</article>")
}

/// Lines with their numbers; those of the finding are marked.
fn write_snippet(
    out: &mut dyn Write,
    snippet: &SnippetView,
    marked: RangeInclusive<u32>,
) -> io::Result<()> {
    write!(out, "<pre class=\"snippet\" tabindex=\"0\">")?;
    for (number, line) in (snippet.first..).zip(&snippet.lines) {
        let class = if marked.contains(&number) { "marked" } else { "" };
        writeln!(out, "<span class=\"{class}\">{number:>5}  {}</span>", Text(line))?;
    }
    writeln!(out, "</pre>")
}

fn item(out: &mut dyn Write, name: &str, text: Option<&str>) -> io::Result<()> {
    let Some(text) = text else { return Ok(()) };
    writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", Prose(text))
}

/// Where it is, as a file's place and as a part of the configuration.
fn place(finding: &FindingView) -> String {
    let number = |number: Option<u32>| number.map(|at| format!(":{at}")).unwrap_or_default();
    let file = finding.path.as_ref().map(|path| {
        let (line, column) = (number(finding.line), number(finding.column));
        format!(" · <code>{}{line}{column}</code>", Text(path))
    });
    // A chain's path names its job.
    let part = match (&finding.chain, &finding.job) {
        (Some(chain), _) => Some(format!(" · {}", Text(chain))),
        (None, Some(job)) => Some(format!(" · job <code>{}</code>", Text(job))),
        (None, None) => None,
    };
    let step = finding.step.map(|step| format!(" · step {step}"));
    [file, part, step].into_iter().flatten().collect()
}
