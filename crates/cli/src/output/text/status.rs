//! A server's totals for people, its top lists, and what follows from these alone.

use std::io::Write;

use promsieve_core::units::SeriesCount;

use super::lists::shown;
use super::{Columns, lists};
use crate::output::view::bounds::BoundsView;
use crate::output::view::census::{CountView, StatusView};

/// Writes a status, of each list the first `top` entries.
pub(crate) fn write(out: &mut impl Write, status: &StatusView, top: usize) -> std::io::Result<()> {
    head(out, status)?;
    let lists: [(&str, &[CountView]); 5] = [
        ("series by metric", &status.series_by_metric),
        ("values by label", &status.values_by_label),
        ("series by pair", &status.series_by_pair),
        ("series by label", &status.series_by_label),
        ("series by value", &status.series_by_focus_value),
    ];
    for (title, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        lists::write(out, title, list, top)?;
    }
    if !status.series_by_metric.is_empty() {
        bounds(out, &status.bounds, top)?;
    }
    Ok(())
}

fn head(out: &mut impl Write, status: &StatusView) -> std::io::Result<()> {
    write!(out, "{}", status.source)?;
    if !status.tenant.is_empty() {
        write!(out, ", tenant {}", status.tenant)?;
    }
    write!(out, ": {} head series", SeriesCount(status.head_series))?;
    if status.head_chunks > 0 {
        write!(out, ", {} chunks", status.head_chunks)?;
    }
    if status.label_pairs > 0 {
        write!(out, ", {} distinct label pairs", SeriesCount(status.label_pairs))?;
    }
    writeln!(out)
}

fn bounds(out: &mut impl Write, bounds: &BoundsView, top: usize) -> std::io::Result<()> {
    writeln!(out, "\n  what follows from these lists")?;
    writeln!(
        out,
        "  the listed metrics have {:.1} % of the series; there are {} metrics, and one that is \
         not listed has at most {} series",
        bounds.listed_share * 100.0,
        between(bounds.metrics_at_least, bounds.metrics_at_most),
        SeriesCount(bounds.largest_unlisted_metric),
    )?;
    if let (Some(least), Some(most)) = (bounds.label_names_at_least, bounds.label_names_at_most) {
        writeln!(
            out,
            "  there are {} labels, and one that is not listed has at most {} values",
            between(least, most),
            SeriesCount(bounds.largest_unlisted_label),
        )?;
    }
    if bounds.labels.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::new(&["label", ">values", ">series without it, at least"]);
    for label in bounds.labels.iter().take(shown(top, bounds.labels.len())) {
        columns.row([
            label.name.clone(),
            SeriesCount(label.values).to_string(),
            SeriesCount(label.without_at_least).to_string(),
        ]);
    }
    columns.write(out)
}

fn between(least: u64, most: u64) -> String {
    if least == most {
        SeriesCount(least).to_string()
    } else {
        format!("{} to {}", SeriesCount(least), SeriesCount(most))
    }
}
