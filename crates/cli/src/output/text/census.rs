//! A census for people: totals, the largest metrics, and what makes each of them large.

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::{Columns, count, depth, over_time};
use crate::output::view::census::{CensusView, LabelView, MetricView};

/// Labels named beside a metric.
const DRIVERS: usize = 3;

/// Writes a census; `hint` says how to see the metrics past the first `top`, where there is a way.
pub(crate) fn write(
    out: &mut impl Write,
    view: &CensusView,
    top: usize,
    hint: &str,
) -> std::io::Result<()> {
    if let Some(over_time) = &view.over_time {
        over_time::write(out, over_time, top)?;
        writeln!(out)?;
    }
    if view.samples > 0 {
        totals(out, view)?;
        metrics(out, view, top, hint)?;
    }
    for groups in &view.by {
        depth::groups(out, groups, top)?;
    }
    if let Some(pairs) = &view.pairs {
        depth::pairs(out, pairs, top)?;
    }
    for metric in &view.metrics {
        if let Some(depth) = &metric.depth {
            depth::metric(out, metric, depth)?;
        }
    }
    for block in &view.blocks {
        super::block::write(out, block, top)?;
    }
    for head in &view.heads {
        super::head::write(out, head, top)?;
    }
    for status in &view.status {
        super::status::write(out, status, top)?;
    }
    Ok(())
}

fn totals(out: &mut impl Write, view: &CensusView) -> std::io::Result<()> {
    let targets = match view.targets {
        0 if !view.heads.is_empty() => String::new(),
        0 => " from one target".to_owned(),
        1 => " from 1 target".to_owned(),
        targets => format!(" from {targets} targets"),
    };
    let from = match view.blocks.len() {
        0 => format!("{targets}; {} samples", SeriesCount(view.samples)),
        blocks => format!(" in {}", count(blocks, "block")),
    };
    writeln!(
        out,
        "{} series of {} metrics{from}, {} of labels, {} distinct label pairs",
        estimated(view.series, view.error.map(|error| error.series)),
        view.metrics.len(),
        Bytes(view.label_bytes),
        estimated(view.unique_pairs, view.error.map(|error| error.values)),
    )?;
    if let Some(others) = view.others {
        writeln!(
            out,
            "{} metrics with {} series are too many to be counted each; large ones are listed by a \
             sample",
            estimated(others.metrics, others.error.map(|error| error.values)),
            estimated(others.series, others.error.map(|error| error.series)),
        )?;
    }
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
            estimated(metric.series, metric.error.map(|error| error.series)),
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

/// A number with its standard error, where it has one.
fn estimated(number: u64, error: Option<f64>) -> String {
    match error.filter(|&error| error > 0.0) {
        None => SeriesCount(number).to_string(),
        Some(error) => format!("{} ± {:.1} %", SeriesCount(number), error * 100.0),
    }
}

/// The labels that multiply a metric most: how many series would be left without each.
fn drivers(metric: &MetricView) -> String {
    let multiplies = |label: &&LabelView| label.without.is_some_and(|left| left < metric.series);
    let text = |label: &LabelView| {
        let left = label.without.map_or(0, |left| left);
        let shape = label.shape.map(|shape| format!(" {shape}")).unwrap_or_default();
        let values = match label.error.filter(|error| error.values > 0.0) {
            None => label.values.to_string(),
            Some(error) => estimated(label.values, Some(error.values)),
        };
        let left = estimated(left, label.error.map(|error| error.without));
        format!("{} ({values} values{shape}, {left} without)", label.name)
    };
    let parts: Vec<String> =
        metric.labels.iter().filter(multiplies).take(DRIVERS).map(text).collect();
    parts.join(", ")
}
