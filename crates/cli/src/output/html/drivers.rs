//! What makes the series many: the largest metrics as bars, the map and table of all, labels.

use std::io::{self, Write};

use promsieve_core::units::SeriesCount;

use super::escape::Text;
use super::{chart, close, close_table, explorer, open, open_table};
use crate::output::view::census::{CensusView, LabelView, MetricView};

/// Metrics in the table that is there without a script.
const METRICS: usize = 15;
/// Labels named beside a metric.
const DRIVERS: usize = 3;
const LABELS: usize = 12;

pub(super) fn write(out: &mut dyn Write, census: &CensusView) -> io::Result<()> {
    if census.series == 0 {
        return Ok(());
    }
    let lead = format!(
        "{} series of {} metrics, {} distinct label pairs. A label drives a metric when few series \
         would be left without it.",
        SeriesCount(census.series),
        SeriesCount(census.metrics.len() as u64),
        SeriesCount(census.unique_pairs),
    );
    open(out, "drivers", "What makes it large", &lead)?;
    writeln!(out, "<div id=\"largest\">")?;
    largest(out, census)?;
    writeln!(out, "</div>")?;
    explorer::write(out)?;
    labels(out, census)?;
    close(out)
}

fn largest(out: &mut dyn Write, census: &CensusView) -> io::Result<()> {
    let most = census.metrics.first().map_or(0, |metric| metric.series);
    let headings = ["Metric", "Layer", "|", ">Series", ">Share", "Series left without a label"];
    open_table(out, "The largest metrics", &headings)?;
    for metric in census.metrics.iter().take(METRICS) {
        let layer = chart::layer(metric.layer);
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td><span class=\"key {layer}\">{layer}</span></td>\
             <td class=\"chart\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.1} %</td>\
             <td class=\"text\">{}</td></tr>",
            Text(&metric.name),
            chart::bar(metric.series, most, layer),
            SeriesCount(metric.series),
            metric.series as f64 * 100.0 / census.series.max(1) as f64,
            drivers(metric),
        )?;
    }
    close_table(out)
}

/// The labels that multiply a metric most, and what would be left without each.
fn drivers(metric: &MetricView) -> String {
    let multiplies = |label: &&LabelView| label.without.is_some_and(|left| left < metric.series);
    let text = |label: &LabelView| {
        let shape = label.shape.map(|shape| format!(", {shape}")).unwrap_or_default();
        format!(
            "<span class=\"driver\" title=\"{} values{}\"><code>{}</code> {}</span>",
            SeriesCount(label.values),
            Text(&shape.replace('_', " ")),
            Text(&label.name),
            SeriesCount(label.without.unwrap_or(metric.series)),
        )
    };
    let texts: Vec<String> =
        metric.labels.iter().filter(multiplies).take(DRIVERS).map(text).collect();
    if texts.is_empty() {
        "<span class=\"dim\">as many without any one</span>".to_owned()
    } else {
        texts.join(" ")
    }
}

fn labels(out: &mut dyn Write, census: &CensusView) -> io::Result<()> {
    let mut labels: Vec<_> = census.labels.iter().collect();
    labels.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
    let most = labels.first().map_or(0, |label| label.values);
    open_table(out, "Labels with the most values", &["Label", "|", ">Values", ">Series with it"])?;
    for label in labels.into_iter().take(LABELS) {
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"chart\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            Text(&label.name),
            chart::bar(label.values, most, "accent"),
            SeriesCount(label.values),
            SeriesCount(label.series),
        )?;
    }
    close_table(out)
}
