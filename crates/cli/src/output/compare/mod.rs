//! Two revisions side by side, in every format: the same tables for people and for Markdown.

mod tables;

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use self::tables::{Table, driver, signed, tables};
use super::view::compare::{ComparisonView, MetricChangeView};
use super::{json, markdown, text::Columns};

/// A format of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// Tables, such as for a comment on a pull request
    Markdown,
}

/// Writes a comparison, of each list `top` lines; 0 for all.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_diff(
    format: DiffFormat,
    view: &ComparisonView,
    top: usize,
    out: &mut Vec<u8>,
) -> anyhow::Result<()> {
    match format {
        DiffFormat::Json => return json::write(out, view),
        DiffFormat::Text => text(out, view, top)?,
        DiffFormat::Markdown => {
            writeln!(out, "### promsieve diff\n")?;
            in_markdown(out, view, top)?;
        }
    }
    Ok(())
}

/// Writes a comparison for people.
pub(super) fn text(out: &mut impl Write, view: &ComparisonView, top: usize) -> std::io::Result<()> {
    if !view.changed {
        return writeln!(out, "{}", nothing(view));
    }
    for Table { title, headings, rows } in tables(view) {
        if !title.is_empty() {
            writeln!(out, "\n{title}")?;
        }
        let mut columns = Columns::new(headings);
        let shown = shown(title, rows.len(), top);
        let rest = rows.len() - shown;
        rows.into_iter().take(shown).for_each(|row| columns.row(row));
        columns.write(out)?;
        if rest > 0 {
            writeln!(out, "  and {rest} more: `--top 0` shows all")?;
        }
    }
    view.notes.iter().try_for_each(|note| writeln!(out, "  note: {note}"))
}

/// Writes a comparison as Markdown, without a title.
pub(super) fn in_markdown(
    out: &mut impl Write,
    view: &ComparisonView,
    top: usize,
) -> std::io::Result<()> {
    if !view.changed {
        return writeln!(out, "{}", markdown::cell(&nothing(view)));
    }
    for Table { title, headings, rows } in tables(view) {
        if !title.is_empty() {
            writeln!(out, "\n#### {title}\n")?;
        }
        markdown::row(out, headings.iter().map(|name| name.trim_start_matches('>')))?;
        let rule = |name: &&str| if name.starts_with('>') { "---:" } else { "---" };
        writeln!(out, "| {} |", headings.iter().map(rule).collect::<Vec<_>>().join(" | "))?;
        let shown = shown(title, rows.len(), top);
        rows.iter().take(shown).try_for_each(|row| markdown::row(out, row))?;
        if rows.len() > shown {
            writeln!(out, "\n{} more are not shown.", rows.len() - shown)?;
        }
    }
    Ok(())
}

/// How many of a table's rows are shown: all of the one without a title, which is no list.
fn shown(title: &str, rows: usize, top: usize) -> usize {
    if title.is_empty() { rows } else { first(rows, top) }
}

/// How many of a list are shown.
pub(super) fn first(all: usize, top: usize) -> usize {
    if top == 0 { all } else { top.min(all) }
}

/// What a metric's change costs and what drives it, in one line.
pub(super) fn cause(metric: &MetricChangeView) -> String {
    let series =
        signed(metric.before.series, metric.after.series, &|it| SeriesCount(it).to_string());
    let memory = signed(metric.before.memory, metric.after.memory, &|it| Bytes(it).to_string());
    let disk =
        signed(metric.before.disk_per_day, metric.after.disk_per_day, &|it| Bytes(it).to_string());
    let driver = match driver(metric) {
        driver if driver.is_empty() => String::new(),
        driver => format!("; {driver}"),
    };
    format!(
        "`{}` of job `{}`: {series} series, {memory} of memory, {disk} a day{driver}",
        metric.metric, metric.job,
    )
}

fn nothing(view: &ComparisonView) -> String {
    format!(
        "nothing changed: {} series, {} of resident memory",
        SeriesCount(view.after.series),
        Bytes(view.after.memory),
    )
}
