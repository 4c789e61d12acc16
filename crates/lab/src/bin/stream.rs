//! Feeds a stream of made series into a sketched census, as many as wanted, and tells what that took
//! and how far off the numbers are.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use promsieve_core::census::{MetricCensus, SketchedCensus};
use promsieve_core::series::{Stage, Table, TableBuilder};
use promsieve_lab::cpu;

/// Metrics, which the series take turns in.
const METRICS: u64 = 100;

/// Instances, which a metric's series take turns in.
const INSTANCES: u64 = 1000;

/// Series of a table, which is what a reader hands over at once.
const CHUNK: u64 = 200_000;

fn main() -> Result<()> {
    let series: u64 = std::env::args().nth(1).map_or(Ok(10_000_000), |word| word.parse())?;
    ensure!(
        series >= METRICS * INSTANCES && series.is_multiple_of(METRICS),
        "usage: stream [SERIES], a multiple of {METRICS} from {}",
        METRICS * INSTANCES
    );
    let (mut sketch, mut adding) = (SketchedCensus::new(Stage::Attached), 0.0);
    for start in (0..series).step_by(CHUNK as usize) {
        let table = table(start, (start + CHUNK).min(series));
        let before = cpu::of_process(std::process::id())?;
        sketch.add(&table);
        adding += cpu::of_process(std::process::id())? - before;
    }
    let census = sketch.census();
    let metric = census.metrics.first().context("a census without metrics")?;
    let mut out = std::io::stdout();
    let rate = series as f64 / adding / 1e6;
    writeln!(out, "{series} series, {rate:.2} million a CPU second, {} peak", peak()?)?;
    tell(&mut out, "series", census.series, series, census.errors.series)?;
    let pairs = METRICS + INSTANCES + series;
    tell(&mut out, "label pairs", census.unique_pairs, pairs, census.errors.values)?;
    tell_metric(&mut out, metric, series / METRICS)
}

fn tell_metric(out: &mut impl Write, metric: &MetricCensus, series: u64) -> Result<()> {
    tell(out, "series of a metric", metric.series, series, metric.errors.series)?;
    for label in &metric.labels {
        let (values, without) = match label.name.as_str() {
            "id" => (series, INSTANCES),
            _ => (INSTANCES, series),
        };
        tell(out, &format!("values of {}", label.name), label.values, values, label.errors.values)?;
        let found = label.without.unwrap_or_default();
        tell(out, &format!("left without {}", label.name), found, without, label.errors.without)?;
    }
    Ok(())
}

fn tell(out: &mut impl Write, what: &str, found: u64, is: u64, error: f64) -> Result<()> {
    let off = (found as f64 / is as f64 - 1.0) * 100.0;
    Ok(writeln!(
        out,
        "{what}: {found} for {is}, {off:+.2} %, standard error {:.2} %",
        error * 100.0
    )?)
}

/// The series of these numbers: each has an `id` of its own.
fn table(from: u64, to: u64) -> Table {
    let mut builder = TableBuilder::default();
    for number in from..to {
        let (metric, in_metric) = (number % METRICS, number / METRICS);
        let (id, instance) = (number.to_string(), (in_metric % INSTANCES).to_string());
        let labels = [("id", id.as_str()), ("instance", instance.as_str())];
        builder.row(&format!("metric_{metric}"), &labels, 40);
    }
    let mut table = builder.finish();
    table.stage = Stage::Attached;
    table
}

/// The most memory that this process ever had (`VmHWM`).
fn peak() -> Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.context("no VmHWM in /proc/self/status")?.trim().to_owned())
}
