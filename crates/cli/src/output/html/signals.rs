//! The signals: a matrix a layer of what is watched by what is seen of it.

use std::io::{self, Write};

use super::escape::{Prose, Text};
use super::{close, close_table, open, open_table};
use crate::output::view::signals::{CellView, LostView, SignalsView};

/// What can be asked of a row, in the order of the columns.
const COLUMNS: [(&str, &str); 5] = [
    ("rate", "Rate"),
    ("errors", "Errors"),
    ("duration", "Duration"),
    ("utilisation", "Utilisation"),
    ("saturation", "Saturation"),
];

pub(super) fn write(out: &mut dyn Write, view: &SignalsView) -> io::Result<()> {
    let summary = &view.summary;
    let lead = format!(
        "{} of {} cells are given, {} of them quiet until a fault; the configuration loses {}. {}",
        summary.present + summary.quiet,
        summary.cells,
        summary.quiet,
        summary.lost,
        match view.lost_after.as_deref() {
            Some([]) => "The plan loses none of the others.",
            Some(_) => "<strong>The plan loses more.</strong>",
            None => "",
        },
    );
    open(out, "signals", "Signals", &lead)?;
    for layer in view.cells.chunk_by(|one, other| one.layer == other.layer) {
        matrix(out, layer)?;
    }
    losses(out, "Lost by the configuration", &view.lost)?;
    losses(out, "Lost by the plan", view.lost_after.as_deref().unwrap_or_default())?;
    close(out)
}

fn matrix(out: &mut dyn Write, cells: &[CellView]) -> io::Result<()> {
    let headings: Vec<&str> =
        ["Watched"].into_iter().chain(COLUMNS.iter().map(|(_, heading)| *heading)).collect();
    open_table(out, &format!("Signals of the layer {}", cells[0].layer), &headings)?;
    let (flags, others): (Vec<&CellView>, Vec<&CellView>) =
        cells.iter().partition(|cell| COLUMNS.iter().all(|(signal, _)| cell.signal != *signal));
    for row in others.chunk_by(|one, other| one.row == other.row) {
        let name = row[0].row.replace('_', " ");
        write!(out, "<tr><th scope=\"row\" title=\"{}\">{name}</th>", Text(&row[0].of))?;
        for (signal, _) in COLUMNS {
            write!(out, "<td>")?;
            if let Some(cell) = row.iter().find(|cell| cell.signal == signal) {
                badge(out, cell, word(cell))?;
            }
            write!(out, "</td>")?;
        }
        writeln!(out, "</tr>")?;
    }
    close_table(out)?;
    if !flags.is_empty() {
        write!(out, "<p class=\"names\"><span class=\"dim\">Response flags</span> ")?;
        for cell in flags {
            badge(out, cell, &cell.signal)?;
            write!(out, " ")?;
        }
        writeln!(out, "</p>")?;
    }
    Ok(())
}

/// What becomes of a cell, in a word.
fn word(cell: &CellView) -> &str {
    match (cell.kept, cell.kept_after) {
        (Some("lost"), _) => "lost",
        (_, Some("lost")) => "lost by the plan",
        (Some("otherwise"), _) => "a way less",
        (Some(_), _) => cell.state,
        (None, _) if cell.state == "absent" => "absent",
        (None, _) => "not measurable",
    }
}

fn badge(out: &mut dyn Write, cell: &CellView, text: &str) -> io::Result<()> {
    let class = match (cell.kept, cell.kept_after) {
        (Some("lost"), _) | (_, Some("lost")) => "error",
        (Some("otherwise"), _) => "warning",
        (Some(_), _) => "proven",
        (None, _) => "",
    };
    let said = format!("{}: {}", word(cell), why(cell));
    write!(out, "<span class=\"badge {class}\" title=\"{}\">{}</span>", Text(&said), Text(text))
}

/// What gives a cell, or would.
fn why(cell: &CellView) -> String {
    let given = |giver: &&crate::output::view::signals::GiverView| !giver.jobs.is_empty();
    let metrics = cell.givers.iter().filter(given).flat_map(|giver| &giver.metrics);
    let mut names: Vec<&str> = metrics.map(|metric| metric.name.as_str()).collect();
    if cell.kept.is_none() {
        names = cell.elsewhere.iter().map(|other| other.exporter).collect();
        names.extend(cell.givers.iter().flat_map(|giver| giver.missing.iter().copied()));
    }
    names.dedup();
    names.join(", ")
}

fn losses(out: &mut dyn Write, caption: &str, lost: &[LostView]) -> io::Result<()> {
    if lost.is_empty() {
        return Ok(());
    }
    open_table(out, caption, &["Cells", "Job", ">Step", "What goes"])?;
    for alike in lost.chunk_by(|one, other| {
        (&one.job, one.step, &one.losses) == (&other.job, other.step, &other.losses)
    }) {
        let cells: Vec<&str> = alike.iter().map(|lost| lost.cell.as_str()).collect();
        writeln!(
            out,
            "<tr><th scope=\"row\" class=\"long\">{}</th><td>{}</td><td class=\"n\">{}</td><td class=\"text\">{}</td></tr>",
            Text(&cells.join(", ")),
            Text(&alike[0].job),
            alike[0].step.map_or(String::new(), |step| (step + 1).to_string()),
            Prose(&alike[0].losses.join("; ")),
        )?;
    }
    close_table(out)
}
