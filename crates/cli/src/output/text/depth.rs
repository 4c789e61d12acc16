//! Metrics in depth for people, groups of series, and the largest label values.

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::Columns;
use crate::output::view::census::{LabelView, MetricView, ShapeView};
use crate::output::view::depth::{
    CollisionsView, DepthView, GroupsView, LabelDepthView, PairView, PairsView, RedundancyView,
    SeriesView, ValueView,
};

/// Values named beside a label.
const VALUES: usize = 3;

/// Characters of these.
const LONGEST: usize = 40;

/// Sets of labels that determine another one, named beside it.
const DETERMINING: usize = 3;

/// Writes one metric: its labels, which of them count together, what would merge.
pub(crate) fn metric(
    out: &mut impl Write,
    metric: &MetricView,
    depth: &DepthView,
) -> std::io::Result<()> {
    let repeated = match metric.duplicates {
        None | Some(0) => String::new(),
        Some(duplicates) => format!(", {} samples repeat one", SeriesCount(duplicates)),
    };
    writeln!(
        out,
        "\n{}: {} series, {}, {} of labels{repeated}",
        metric.name,
        SeriesCount(metric.series),
        metric.r#type,
        Bytes(metric.label_bytes.unwrap_or(0)),
    )?;
    labels(out, metric, depth)?;
    sets(out, depth)?;
    for label in &depth.labels {
        if let Some(collisions) = &label.collisions {
            would_merge(out, metric, &label.name, collisions)?;
        }
    }
    if !depth.idle_buckets.is_empty() {
        let bounds = depth.idle_buckets.iter().map(|idle| format!("{} to {}", idle.above, idle.le));
        let bounds: Vec<String> = bounds.collect();
        writeln!(out, "  no observation in any histogram: {}", bounds.join(", "))?;
    }
    if let Some(labels) = &depth.duplicate {
        writeln!(out, "  twice in one scrape: {}", series(labels))?;
    }
    Ok(())
}

fn labels(out: &mut impl Write, metric: &MetricView, depth: &DepthView) -> std::io::Result<()> {
    let headings = [
        "label",
        ">values",
        ">series",
        ">bytes",
        ">without",
        "shapes",
        "why nothing merges",
        "most series",
    ];
    let mut columns = Columns::new(&headings);
    for label in &metric.labels {
        let deep = depth.labels.iter().find(|deep| deep.name == label.name);
        columns.row([
            label.name.clone(),
            SeriesCount(label.values).to_string(),
            SeriesCount(label.series).to_string(),
            Bytes(label.bytes).to_string(),
            label.without.map_or_else(String::new, |left| SeriesCount(left).to_string()),
            shapes(label),
            deep.and_then(|deep| deep.redundancy.as_ref()).map_or_else(String::new, why),
            deep.map_or_else(String::new, most),
        ]);
    }
    columns.write(out)
}

fn shapes(label: &LabelView) -> String {
    let share = |share: &ShapeView| match share.share {
        whole if whole >= 0.9995 => share.shape.to_owned(),
        share_of => format!("{} {:.0} %", share.shape, share_of * 100.0),
    };
    label.shapes.iter().map(share).collect::<Vec<_>>().join(", ")
}

/// The values that most series have, shortened.
fn most(label: &LabelDepthView) -> String {
    let value =
        |value: &ValueView| format!("{} {}", short(&value.value), SeriesCount(value.series));
    label.values.iter().take(VALUES).map(value).collect::<Vec<_>>().join(", ")
}

/// The beginning of a value that is too long for a column.
fn short(value: &str) -> String {
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

fn why(redundancy: &RedundancyView) -> String {
    let sets = redundancy.by.iter().take(DETERMINING).map(|set| set.join(" with "));
    let sets = sets.collect::<Vec<_>>().join(", or ");
    let more = match redundancy.by.len().saturating_sub(DETERMINING) {
        0 => String::new(),
        more => format!(", or {more} others"),
    };
    match redundancy.kind {
        "constant" => "the same in all".to_owned(),
        "target" => format!("follows from the target's {sets}"),
        _ => format!("follows from {sets}{more}"),
    }
}

fn sets(out: &mut impl Write, depth: &DepthView) -> std::io::Result<()> {
    if !depth.removable.is_empty() {
        writeln!(
            out,
            "  nothing merges without {} at once ({} of labels)",
            depth.removable.join(", "),
            Bytes(depth.removable_bytes),
        )?;
    }
    for set in &depth.sets {
        let left = SeriesCount(set.without);
        writeln!(out, "  {left} left without {}", set.labels.join(", "))?;
    }
    Ok(())
}

fn would_merge(
    out: &mut impl Write,
    metric: &MetricView,
    label: &str,
    collisions: &CollisionsView,
) -> std::io::Result<()> {
    let [first, second] = &collisions.example;
    let mut first = first.clone();
    first.retain(|name, _| !is_same_in_all(metric, name));
    let other = match second.get(label) {
        Some(value) => format!("{label}={value:?}"),
        None => format!("no {label}"),
    };
    writeln!(
        out,
        "  without {label} {} groups of up to {} series merge, such as {} and the one with {other}",
        SeriesCount(collisions.groups),
        SeriesCount(collisions.largest),
        series(&first),
    )
}

/// Whether a label tells no series of the metric from another, so that an example is as clear
/// without it.
fn is_same_in_all(metric: &MetricView, name: &str) -> bool {
    let label = metric.labels.iter().find(|label| label.name == name);
    label.is_some_and(|label| label.values == 1 && label.series == metric.series)
}

/// A series as an exposition has it.
fn series(labels: &SeriesView) -> String {
    let name = labels.get("__name__").map_or("", String::as_str);
    let pairs = labels.iter().filter(|(name, _)| *name != "__name__");
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{name}{{{}}}", pairs.join(","))
}

/// Writes the series by a dimension, the largest groups first.
pub(crate) fn groups(out: &mut impl Write, view: &GroupsView, top: usize) -> std::io::Result<()> {
    writeln!(out, "\nby {}", view.dimension)?;
    let mut columns = Columns::new(&[&view.dimension, ">series", ">samples", ">label bytes"]);
    let shown = if top == 0 { view.groups.len() } else { top };
    for group in view.groups.iter().take(shown) {
        let values: Vec<&str> =
            group.key.values().map(|value| if value.is_empty() { "-" } else { value }).collect();
        columns.row([
            values.join(" "),
            SeriesCount(group.series).to_string(),
            SeriesCount(group.samples).to_string(),
            Bytes(group.label_bytes).to_string(),
        ]);
    }
    columns.write(out)?;
    rest(out, view.groups.len(), shown)
}

/// Says how many lines are missing.
pub(crate) fn rest(out: &mut impl Write, all: usize, shown: usize) -> std::io::Result<()> {
    match all.saturating_sub(shown) {
        0 => Ok(()),
        rest => writeln!(out, "  … and {rest} more"),
    }
}

/// Writes the label values that most series have, and those that take most bytes.
pub(crate) fn pairs(out: &mut impl Write, view: &PairsView, top: usize) -> std::io::Result<()> {
    let lists: [(&str, &[PairView]); 2] = [("series", &view.by_series), ("bytes", &view.by_bytes)];
    for (most, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        writeln!(out, "\nlabel values with the most {most}")?;
        let mut columns = Columns::new(&["label", "value", ">series", ">bytes"]);
        for pair in list.iter().take(if top == 0 { list.len() } else { top }) {
            columns.row([
                pair.label.clone(),
                pair.value.clone(),
                SeriesCount(pair.series).to_string(),
                Bytes(pair.bytes).to_string(),
            ]);
        }
        columns.write(out)?;
    }
    Ok(())
}
