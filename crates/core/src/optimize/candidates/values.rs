//! Series of a used metric whose label has a value that no query selects are dropped.
//!
//! Labels are judged one by one: what two matchers exclude only together stays. Of a histogram the
//! buckets that nobody selects go, but `+Inf` stays, which is its count.

use std::collections::{BTreeMap, BTreeSet};

use super::{JobView, count, drop_step};
use crate::census::MetricCensus;
use crate::cost::Load;
use crate::optimize::action::{Action, ActionKind};
use crate::optimize::patterns::{patterns, patterns_apart};
use crate::regexp::language::{Language, Limits};
use crate::series::{METRIC_NAME, MetricRows, NameId};
use crate::units::SeriesCount;
use crate::usage::Selected;

/// The target's own labels, whose values are never dropped.
const IDENTITY: [&str; 2] = ["job", "instance"];
/// The side of a connection that reports it: dropped only where the user says so, since some flags
/// appear at one side alone.
const PINNED: &str = "reporter";
/// A step costs time for every sample: it must drop at least this share of a job's series.
const WORTHWHILE: u64 = 1000;

/// What one metric could lose.
struct Loss<'a> {
    metric: &'a MetricCensus,
    series: u64,
}

pub(super) fn propose(view: &JobView<'_>) -> Vec<Action> {
    let rows = view.rows();
    // Metrics that lose the same values of the same label share their steps.
    let mut alike: BTreeMap<(&str, Vec<String>), Vec<Loss<'_>>> = BTreeMap::new();
    for metric in view.free() {
        let selected = view.evidence.usage.selected(&metric.name);
        let Some(group) = rows.get(metric.name.as_str()) else { continue };
        for label in metric.labels.iter().map(|label| label.name.as_str()) {
            let id = view
                .table
                .name_id(label)
                .filter(|_| may_lose(view, &metric.name, &selected, label));
            let Some(id) = id else { continue };
            let codes = unselected(view, group, id, &selected);
            if codes.is_empty() {
                continue;
            }
            let series = view.series_with(group, id, &codes);
            let dictionary = view.table.values(id);
            let mut values: Vec<String> =
                codes.iter().map(|&code| dictionary.value(code).to_owned()).collect();
            values.sort_unstable();
            alike.entry((label, values)).or_default().push(Loss { metric, series });
        }
    }
    let alike = alike.into_iter();
    alike.filter_map(|((label, values), losses)| action(view, label, values, &losses)).collect()
}

/// Whether values of the label may be dropped: not where a signal looks for some of them, of which a
/// fault would show more than are there. A metric that nobody selects and that stays for the
/// sake of its family can lose buckets alone.
fn may_lose(view: &JobView<'_>, metric: &str, selected: &Selected<'_>, label: &str) -> bool {
    let asked = !selected.queries().is_empty() || label == "le";
    let is_pinned = label == PINNED || view.pins.values(metric, label).is_some();
    let unpinned = !is_pinned || view.goal.unpin.iter().any(|unpinned| unpinned == label);
    asked && unpinned && !IDENTITY.contains(&label) && selected.restricts(label)
}

/// The codes of the values that nobody selects; none when nothing of the metric would be left.
fn unselected(
    view: &JobView<'_>,
    group: &MetricRows,
    label: NameId,
    selected: &Selected<'_>,
) -> BTreeSet<u32> {
    let Some(column) = group.column(label) else { return BTreeSet::new() };
    let (name, values) = (view.table.name(label), view.table.values(label));
    let codes: BTreeSet<u32> = column.codes.iter().copied().collect();
    let stays = |code: u32| {
        let value = values.value(code);
        code == 0 || (name == "le" && value == "+Inf") || selected.may_select(name, value)
    };
    let gone: BTreeSet<u32> = codes.iter().copied().filter(|&code| !stays(code)).collect();
    if gone.len() == codes.len() { BTreeSet::new() } else { gone }
}

fn action(
    view: &JobView<'_>,
    label: &str,
    values: Vec<String>,
    losses: &[Loss<'_>],
) -> Option<Action> {
    let series: u64 = losses.iter().map(|loss| loss.series).sum();
    if series * WORTHWHILE < view.census.series {
        return None;
    }
    let mut metrics: Vec<String> = losses.iter().map(|loss| loss.metric.name.clone()).collect();
    metrics.sort_unstable();
    let limits = Limits::default();
    let used: Result<Vec<_>, _> = metrics
        .iter()
        .map(|metric| view.evidence.usage.selected(metric).values(label, limits))
        .collect();
    let mut used = Language::union_of(&used.ok()?, limits).ok()?;
    if label == "le" {
        used = used.union(&Language::literal("+Inf", limits)).ok()?;
    }
    let of_values = patterns_apart(&values, &used);
    let join = |metrics: String| {
        let step =
            |values: &String| drop_step(&[METRIC_NAME, label], format!("({metrics});({values})"));
        of_values.iter().map(step).collect::<Vec<_>>()
    };
    let share = |loss: &Loss<'_>| {
        Load::of_metric(loss.metric).scaled(loss.series as f64 / loss.metric.series.max(1) as f64)
    };
    let load: Load = losses.iter().map(share).sum();
    Some(Action {
        steps: patterns(&metrics).into_iter().flat_map(join).collect(),
        labels: vec![label.to_owned()],
        series_saved: SeriesCount(series),
        bytes_saved: view.evidence.saved_by_dropping(&load),
        reason: format!(
            "no query that was given selects {} of `{label}`",
            count(values.len(), "value")
        ),
        metrics,
        values,
        patterns: of_values,
        ..Action::new(ActionKind::DropValues, view.job)
    })
}
