//! Usage for people: a metric a line with who needs it, and what was not understood.

use std::io::Write;

use super::{Columns, some_of};
use crate::output::view::usage::{UsageView, UseView};

/// Consumers and labels named in a line.
const NAMED: usize = 2;

/// Writes every metric.
pub(crate) fn write(out: &mut impl Write, view: &UsageView) -> std::io::Result<()> {
    summary(out, view)?;
    let mut columns = Columns::new(&["metric", "verdict", "by", "labels that nobody needs"]);
    for metric in &view.metrics {
        columns.row([
            metric.name.clone(),
            metric.verdict.to_owned(),
            some_of(&metric.uses.iter().map(place).collect::<Vec<_>>(), NAMED, ", "),
            some_of(&metric.unneeded_labels, NAMED, ", "),
        ]);
    }
    columns.write(out)?;
    for query in &view.not_understood {
        let file = at(&query.file, query.line, query.column);
        let text = query.query.split_whitespace().collect::<Vec<_>>().join(" ");
        let (name, reason) = (&query.name, &query.reason);
        // Of a whole file, or a panel that stands elsewhere, there is no text.
        let text = if text.is_empty() { text } else { format!("{text}: ") };
        writeln!(out, "  not understood: {name} ({file}): {text}{reason}")?;
    }
    for left in &view.left_out {
        writeln!(out, "  left out: {}: {}", at(&left.file, left.line, left.column), left.what)?;
    }
    if !view.consumers_not_given.is_empty() {
        writeln!(out, "Not given: {}", view.consumers_not_given.join(", "))?;
    }
    Ok(())
}

/// `name (file:line:column)`.
fn place(found: &UseView) -> String {
    if found.file.is_empty() {
        return found.name.clone();
    }
    format!("{} ({})", found.name, at(&found.file, found.line, found.column))
}

fn at(file: &str, line: Option<u32>, column: Option<u32>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        _ => file.to_owned(),
    }
}

/// Writes how many metrics are used, unused and unknown.
pub(super) fn summary(out: &mut impl Write, view: &UsageView) -> std::io::Result<()> {
    let of = |verdict: &str| view.metrics.iter().filter(|metric| metric.verdict == verdict).count();
    write!(
        out,
        "Usage: {} metrics used, {} unused, {} unknown by {} queries",
        of("used"),
        of("unused"),
        of("unknown"),
        view.queries,
    )?;
    if !view.consumers_given.is_empty() {
        write!(out, " of {}", view.consumers_given.join(", "))?;
    }
    match view.not_understood.len() {
        0 => writeln!(out),
        1 => writeln!(out, "; 1 query was not understood"),
        count => writeln!(out, "; {count} queries were not understood"),
    }
}
