//! What a server does of a plan, for people: what is not as planned, a line each.

use std::collections::BTreeMap;
use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::optimize::in_words;
use super::{Columns, count};
use crate::output::view::verify::{
    ActionCheck, AlertsCheck, CounterCheck, MemoryCheck, MetricCheck, VerifyView,
};

/// Writes the state, what differs from the plan, memory, merges and alerts.
pub(crate) fn write(out: &mut impl Write, view: &VerifyView) -> std::io::Result<()> {
    let at_work = view.actions.iter().filter(|action| action.state == "runs").count();
    let state = match view.state {
        "runs" => "the plan is at work",
        "runs_not" => "nothing of the plan is at work",
        "not_seen" => "no target of the plan's jobs is up: is it the right server?",
        "unknown" => "whether the plan is at work cannot be said",
        _ => "the plan is at work in part",
    };
    let all = count(view.actions.len(), "action");
    writeln!(out, "{}: {state} ({at_work} of {all})", view.server)?;
    actions(out, &view.actions)?;
    writeln!(
        out,
        "  series of the plan's metrics: {} before, {} predicted, {} found",
        SeriesCount(view.series.before),
        SeriesCount(view.series.predicted),
        SeriesCount(view.series.found)
    )?;
    metrics(out, &view.metrics)?;
    memory(out, &view.memory)?;
    merges(out, view)?;
    match &view.alerts {
        Some(found) => alerts(out, found),
        None => writeln!(out, "  alerts: not told"),
    }
}

fn actions(out: &mut impl Write, actions: &[ActionCheck]) -> std::io::Result<()> {
    let others: Vec<&ActionCheck> = actions.iter().filter(|it| it.state != "runs").collect();
    if others.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::new(&["job", "state", ">planned", ">left", "action"]);
    for action in others {
        let left = action.left.map_or_else(|| "?".to_owned(), |it| SeriesCount(it).to_string());
        columns.row([
            action.job.clone(),
            action.state.replace('_', " "),
            SeriesCount(action.planned).to_string(),
            left,
            in_words(&action.kind, &action.metrics, &action.labels, &action.values),
        ]);
    }
    columns.write(out)
}

/// The metrics that have more or fewer series than predicted.
fn metrics(out: &mut impl Write, metrics: &[MetricCheck]) -> std::io::Result<()> {
    let others: Vec<&MetricCheck> =
        metrics.iter().filter(|metric| metric.found != metric.predicted).collect();
    if others.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::new(&["job", ">before", ">predicted", ">found", "metric"]);
    for metric in &others {
        let [before, predicted, found] =
            [metric.before, metric.predicted, metric.found].map(|n| SeriesCount(n).to_string());
        columns.row([metric.job.clone(), before, predicted, found, metric.metric.clone()]);
    }
    columns.write(out)?;
    if others.iter().any(|metric| metric.found < metric.predicted) {
        writeln!(out, "  fewer than predicted: targets are gone, or series have become one")?;
    }
    Ok(())
}

fn memory(out: &mut impl Write, memory: &MemoryCheck) -> std::io::Result<()> {
    write!(
        out,
        "  memory: {} before and {} predicted of anonymous resident memory",
        Bytes(memory.before),
        Bytes(memory.predicted)
    )?;
    if let Some(resident) = memory.resident {
        write!(out, "; {} resident with mapped files", Bytes(resident))?;
    }
    if let Some(heap) = memory.heap {
        write!(out, ", {} of heap in use", Bytes(heap))?;
    }
    if let Some(series) = memory.head_series {
        write!(out, ", {} series in the head", SeriesCount(series))?;
    }
    writeln!(out)
}

fn merges(out: &mut impl Write, view: &VerifyView) -> std::io::Result<()> {
    if view.merges.is_empty() {
        return writeln!(out, "  merges: the server does not count them");
    }
    if !view.has_merged() {
        return writeln!(out, "  merges: none");
    }
    for counter in view.merges.iter().filter(|counter| counter.since() > 0) {
        let since = if counter.grown.is_some() { "then" } else { "the server started" };
        let CounterCheck { name, .. } = counter;
        writeln!(
            out,
            "  merges: metrics have fewer series than predicted, and {name} grew by {} since {since}",
            counter.since()
        )?;
    }
    Ok(())
}

fn alerts(out: &mut impl Write, alerts: &AlertsCheck) -> std::io::Result<()> {
    writeln!(out, "  alerts: {} firing", alerts.firing.len())?;
    for (word, list) in [("began", &alerts.began), ("ended", &alerts.ended)] {
        for alert in list.iter().flatten() {
            writeln!(out, "    {word}: {}", labels(alert))?;
        }
    }
    Ok(())
}

fn labels(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, it)| format!("{name}={it:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}
