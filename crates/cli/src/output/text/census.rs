//! A census for people: totals, the largest metrics, and what makes each of them large.

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::{Columns, count};
use crate::output::view::block::BlockView;
use crate::output::view::census::{CensusView, CountView, LabelView, MetricView, StatusView};

/// Labels named beside a metric.
const DRIVERS: usize = 3;

/// Writes a census; `hint` says how to see the metrics past the first `top`, where there is a way.
pub(crate) fn write(
    out: &mut impl Write,
    view: &CensusView,
    top: usize,
    hint: &str,
) -> std::io::Result<()> {
    if view.samples > 0 {
        totals(out, view)?;
        metrics(out, view, top, hint)?;
    }
    for block in &view.blocks {
        self::block(out, block, top)?;
    }
    for status in &view.status {
        self::status(out, status, top)?;
    }
    Ok(())
}

fn totals(out: &mut impl Write, view: &CensusView) -> std::io::Result<()> {
    let targets = match view.targets {
        0 => "one target".to_owned(),
        1 => "1 target".to_owned(),
        targets => format!("{targets} targets"),
    };
    let from = match view.blocks.len() {
        0 => format!("from {targets}; {} samples", SeriesCount(view.samples)),
        blocks => format!("in {}", count(blocks, "block")),
    };
    writeln!(
        out,
        "{} series of {} metrics {from}, {} of labels, {} distinct label pairs",
        SeriesCount(view.series),
        view.metrics.len(),
        Bytes(view.label_bytes),
        SeriesCount(view.unique_pairs),
    )?;
    writeln!(out)
}

fn metrics(out: &mut impl Write, view: &CensusView, top: usize, hint: &str) -> std::io::Result<()> {
    let shown = if top == 0 { view.metrics.len() } else { top };
    let mut columns =
        Columns::new(&["metric", "type", "layer", ">series", ">share", "what makes it large"]);
    for metric in view.metrics.iter().take(shown) {
        let share = metric.series as f64 * 100.0 / view.series.max(1) as f64;
        columns.row([
            metric.name.clone(),
            metric.r#type.to_owned(),
            metric.layer.unwrap_or("-").to_owned(),
            SeriesCount(metric.series).to_string(),
            format!("{share:.1} %"),
            drivers(metric),
        ]);
    }
    columns.write(out)?;
    if let Some(rest) = view.metrics.len().checked_sub(shown).filter(|&rest| rest > 0) {
        writeln!(out, "  … and {rest} more{hint}")?;
    }
    Ok(())
}

/// The labels that multiply a metric most: how many series would be left without each.
fn drivers(metric: &MetricView) -> String {
    let multiplies = |label: &&LabelView| label.without.is_some_and(|left| left < metric.series);
    let text = |label: &LabelView| {
        let left = label.without.map_or(0, |left| left);
        let shape = label.shape.map(|shape| format!(" {shape}")).unwrap_or_default();
        format!("{} ({} values{shape}, {} without)", label.name, label.values, SeriesCount(left))
    };
    let parts: Vec<String> =
        metric.labels.iter().filter(multiplies).take(DRIVERS).map(text).collect();
    parts.join(", ")
}

fn status(out: &mut impl Write, status: &StatusView, top: usize) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: {} head series, {} chunks, {} distinct label pairs",
        status.source,
        SeriesCount(status.head_series),
        status.head_chunks,
        SeriesCount(status.label_pairs),
    )?;
    let lists: [(&str, &[CountView]); 3] = [
        ("series by metric", &status.series_by_metric),
        ("values by label", &status.values_by_label),
        ("series by pair", &status.series_by_pair),
    ];
    lists.iter().try_for_each(|(title, list)| self::list(out, title, list, top))
}

fn block(out: &mut impl Write, block: &BlockView, top: usize) -> std::io::Result<()> {
    let hours = (block.end - block.start) / 3600.0;
    let deleted = match (block.series_with_deletions, block.deleted_series) {
        (0, _) => String::new(),
        (some, None) => format!(", {} with deleted samples", SeriesCount(some)),
        (some, Some(all)) => format!(
            ", {} with deleted samples ({} of them wholly deleted)",
            SeriesCount(some),
            SeriesCount(all)
        ),
    };
    writeln!(
        out,
        "\n{}: {hours:.1} hours, level {}; {} series{deleted}, {} chunks, {} samples, {} label names",
        block.source,
        block.level,
        SeriesCount(block.series),
        SeriesCount(block.chunks),
        SeriesCount(block.samples),
        SeriesCount(block.label_names),
    )?;
    let none: &[CountView] = &[];
    let lists: [(&str, &[CountView]); 5] = [
        ("series that came or went by pair", block.churn_by_pair.as_deref().unwrap_or(none)),
        ("series that came or went by label", block.churn_by_label.as_deref().unwrap_or(none)),
        ("series by pair", &block.series_by_pair),
        ("bytes of values by label", &block.value_bytes_by_label),
        ("values by label", &block.values_by_label),
    ];
    let shown = lists.iter().filter(|(_, list)| !list.is_empty());
    shown.into_iter().try_for_each(|(title, list)| self::list(out, title, list, top))
}

fn list(out: &mut impl Write, title: &str, list: &[CountView], top: usize) -> std::io::Result<()> {
    writeln!(out, "\n  {title} (the largest only)")?;
    let mut columns = Columns::new(&["name", ">count"]);
    for entry in list.iter().take(if top == 0 { list.len() } else { top }) {
        columns.row([entry.name.clone(), SeriesCount(entry.value).to_string()]);
    }
    columns.write(out)
}
