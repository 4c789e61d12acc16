//! Snapshots for people: what came and went, what drives it, how it goes on.

use std::io::Write;

use promsieve_core::units::SeriesCount;

use super::Columns;
use super::depth::rest;
use crate::output::view::over_time::{
    DriverView, ExplosionView, ForecastView, MetricOverTimeView, OverTimeView,
};

/// Labels named beside a metric.
const DRIVERS: usize = 2;

/// Writes what happened over snapshots, `top` lines of each list; 0 for all.
pub(crate) fn write(out: &mut impl Write, view: &OverTimeView, top: usize) -> std::io::Result<()> {
    let shown = |length: usize| if top == 0 { length } else { top.min(length) };
    snapshots(out, view)?;
    explosions(out, view)?;
    let churned = view.metrics.iter().filter(|metric| metric.came + metric.went > 0);
    let churned: Vec<&MetricOverTimeView> = churned.collect();
    if !churned.is_empty() {
        writeln!(out, "\nseries that came and went")?;
        let headings = ["metric", ">series", ">came", ">went", ">seen", "what makes them new"];
        let mut columns = Columns::new(&headings);
        for metric in churned.iter().take(shown(churned.len())) {
            columns.row([
                metric.name.clone(),
                SeriesCount(metric.series.last().copied().unwrap_or(0)).to_string(),
                SeriesCount(metric.came).to_string(),
                SeriesCount(metric.went).to_string(),
                SeriesCount(metric.seen).to_string(),
                drivers(&metric.drivers),
            ]);
        }
        columns.write(out)?;
        rest(out, churned.len(), shown(churned.len()))?;
    }
    labels(out, view, top)?;
    pairs(out, view, top)
}

fn snapshots(out: &mut impl Write, view: &OverTimeView) -> std::io::Result<()> {
    writeln!(
        out,
        "{} snapshots, {} series in all; the value of {} of {} never changed",
        view.snapshots.len(),
        SeriesCount(view.seen),
        SeriesCount(view.unchanged),
        SeriesCount(view.compared),
    )?;
    let mut columns = Columns::new(&["snapshot", ">after", ">series", ">came", ">went"]);
    let first = view.snapshots.first().map_or(0.0, |snapshot| snapshot.time);
    for snapshot in &view.snapshots {
        columns.row([
            snapshot.source.clone(),
            span(snapshot.time - first, view.unit),
            SeriesCount(snapshot.series).to_string(),
            SeriesCount(snapshot.came).to_string(),
            SeriesCount(snapshot.went).to_string(),
        ]);
    }
    columns.write(out)?;
    if let Some(forecast) = &view.forecast {
        writeln!(out, "  {}", expected(forecast, view.unit))?;
    }
    Ok(())
}

/// Where the number of series is expected to be.
fn expected(forecast: &ForecastView, unit: &str) -> String {
    let range = match (forecast.low, forecast.high) {
        (Some(low), Some(high)) => {
            format!(", in nine of ten cases from {} to {}", SeriesCount(low), SeriesCount(high))
        }
        _ => "; a range needs three snapshots".to_owned(),
    };
    let after = span(forecast.ahead, unit);
    format!("after another {after}: {} series{range}", SeriesCount(forecast.expected))
}

/// A stretch of time in its two largest units, or a number of snapshots.
fn span(length: f64, unit: &str) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];
    if unit != "seconds" {
        return format!("{length} snapshots");
    }
    #[expect(clippy::cast_sign_loss, reason = "snapshots ascend")]
    let mut rest = length.round() as u64;
    let mut text = String::new();
    for (unit, size) in UNITS.iter().skip_while(|(_, size)| length < *size as f64).take(2) {
        if rest / size > 0 {
            text += &format!("{}{unit}", rest / size);
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

fn explosions(out: &mut impl Write, view: &OverTimeView) -> std::io::Result<()> {
    let all = view.explosion.iter().map(|explosion| ("all series".to_owned(), explosion));
    let metrics = view.metrics.iter().filter_map(|metric| {
        Some((format!("series of {}", metric.name), metric.explosion.as_ref()?))
    });
    let labels = view
        .labels
        .iter()
        .filter_map(|label| Some((format!("values of {}", label.name), label.explosion.as_ref()?)));
    for (what, ExplosionView { before, now, expected_at_most }) in all.chain(metrics).chain(labels)
    {
        let expected =
            expected_at_most.map(|most| format!(", expected at most {}", SeriesCount(most)));
        writeln!(
            out,
            "  {what} left their history: {}, at most {} before{}",
            SeriesCount(*now),
            SeriesCount(*before),
            expected.unwrap_or_default(),
        )?;
    }
    Ok(())
}

/// The labels that explain most new series.
fn drivers(drivers: &[DriverView]) -> String {
    let text = |driver: &DriverView| {
        let (values, series) = (SeriesCount(driver.new_values), SeriesCount(driver.new_series));
        format!("{} ({values} new values, {series} series)", driver.label)
    };
    drivers.iter().take(DRIVERS).map(text).collect::<Vec<_>>().join(", ")
}

fn labels(out: &mut impl Write, view: &OverTimeView, top: usize) -> std::io::Result<()> {
    let moved = view.labels.iter().filter(|label| label.new_values + label.gone_values > 0);
    let moved: Vec<_> = moved.collect();
    if moved.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nlabel values that came and went")?;
    let mut columns = Columns::new(&["label", ">values", ">new", ">gone", ">new series it drives"]);
    let shown = if top == 0 { moved.len() } else { top };
    for label in moved.iter().take(shown) {
        columns.row([
            label.name.clone(),
            SeriesCount(label.values.last().copied().unwrap_or(0)).to_string(),
            SeriesCount(label.new_values).to_string(),
            SeriesCount(label.gone_values).to_string(),
            SeriesCount(label.drives).to_string(),
        ]);
    }
    columns.write(out)?;
    rest(out, moved.len(), shown)
}

fn pairs(out: &mut impl Write, view: &OverTimeView, top: usize) -> std::io::Result<()> {
    if view.pairs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nlabel values with the most churn")?;
    let mut columns = Columns::new(&["label", "value", ">came", ">went"]);
    for pair in view.pairs.iter().take(if top == 0 { view.pairs.len() } else { top }) {
        columns.row([
            pair.label.clone(),
            pair.value.clone(),
            SeriesCount(pair.came).to_string(),
            SeriesCount(pair.went).to_string(),
        ]);
    }
    columns.write(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units() {
        let seconds = |length| span(length, "seconds");
        assert_eq!(seconds(0.0), "0s");
        assert_eq!(seconds(90.0), "1m30s");
        assert_eq!(seconds(7200.0), "2h");
        assert_eq!(seconds(90_061.0), "1d1h");
        assert_eq!(span(2.0, "snapshots"), "2 snapshots");
    }
}
