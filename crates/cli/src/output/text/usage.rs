//! Usage for people: a metric a line with who needs it, and what was not understood.

use std::io::Write;

use super::Columns;
use crate::output::view::usage::UsageView;

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
            some_of(&metric.by),
            some_of(&metric.unneeded_labels),
        ]);
    }
    columns.write(out)?;
    for query in &view.not_understood {
        writeln!(
            out,
            "  not understood: {} ({}): {}: {}",
            query.name, query.file, query.query, query.reason
        )?;
    }
    Ok(())
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

fn some_of(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().checked_sub(NAMED) {
        Some(rest) if rest > 0 => format!("{} and {rest} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}
