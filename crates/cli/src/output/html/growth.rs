//! How the series grow over the snapshots that were given: what came and went, and what makes it new.

use std::io::{self, Write};

use promsieve_core::units::SeriesCount;

use super::escape::Text;
use super::{chart, close, close_table, open, open_table};
use crate::output::view::over_time::{DriverView, ForecastView, MetricOverTimeView, OverTimeView};

/// Metrics listed, those with most series that came and went.
const METRICS: usize = 15;
/// Labels named beside a metric.
const DRIVERS: usize = 2;

pub(super) fn write(out: &mut dyn Write, view: &OverTimeView) -> io::Result<()> {
    let lead = format!(
        "{} snapshots, oldest first, of the series stored; {} of them were seen in any.{}",
        view.snapshots.len(),
        SeriesCount(view.seen),
        view.forecast.as_ref().map(expected).unwrap_or_default(),
    );
    open(out, "growth", "How it grows", &lead)?;
    snapshots(out, view)?;
    left_history(out, view)?;
    churned(out, &view.metrics)?;
    close(out)
}

/// Where the number of series is expected to be.
fn expected(forecast: &ForecastView) -> String {
    let range = match (forecast.low, forecast.high) {
        (Some(low), Some(high)) => {
            format!(", in nine of ten cases {} to {}", SeriesCount(low), SeriesCount(high))
        }
        _ => String::new(),
    };
    format!(
        " After another {} snapshots as these: {} series{range}.",
        forecast.ahead,
        SeriesCount(forecast.expected),
    )
}

fn snapshots(out: &mut dyn Write, view: &OverTimeView) -> io::Result<()> {
    let most = view.snapshots.iter().map(|snapshot| snapshot.series).max().unwrap_or(0);
    open_table(out, "Series by snapshot", &["Snapshot", "|", ">Series", ">Came", ">Went"])?;
    for snapshot in &view.snapshots {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"chart wide\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            Text(&snapshot.source),
            chart::bar(snapshot.series, most, "accent"),
            SeriesCount(snapshot.series),
            SeriesCount(snapshot.came),
            SeriesCount(snapshot.went),
        )?;
    }
    close_table(out)
}

/// Metrics whose last count is more than those before let expect.
fn left_history(out: &mut dyn Write, view: &OverTimeView) -> io::Result<()> {
    let exploded = view.metrics.iter().filter(|metric| metric.explosion.is_some());
    let names: Vec<String> = exploded
        .take(METRICS)
        .map(|metric| format!("<code>{}</code>", Text(&metric.name)))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<p class=\"notes\">More series than the snapshots before let expect: {}.</p>",
        names.join(", ")
    )
}

fn churned(out: &mut dyn Write, metrics: &[MetricOverTimeView]) -> io::Result<()> {
    let mut churned: Vec<&MetricOverTimeView> =
        metrics.iter().filter(|metric| metric.came + metric.went > 0).collect();
    churned.sort_by_key(|metric| std::cmp::Reverse(metric.came + metric.went));
    if churned.is_empty() {
        return Ok(());
    }
    open_table(
        out,
        "Series that came and went",
        &["Metric", ">Series", ">Came", ">Went", "What makes them new"],
    )?;
    for metric in churned.into_iter().take(METRICS) {
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"text\">{}</td></tr>",
            Text(&metric.name),
            SeriesCount(metric.series.last().copied().unwrap_or(0)),
            SeriesCount(metric.came),
            SeriesCount(metric.went),
            drivers(metric),
        )?;
    }
    close_table(out)
}

/// The labels whose new values explain most new series.
fn drivers(metric: &MetricOverTimeView) -> String {
    let text = |driver: &DriverView| {
        let (values, series) = (SeriesCount(driver.new_values), SeriesCount(driver.new_series));
        format!("<code>{}</code> ({values} new values, {series} series)", Text(&driver.label))
    };
    metric.drivers.iter().take(DRIVERS).map(text).collect::<Vec<_>>().join(", ")
}
