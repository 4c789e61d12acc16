//! Buckets of used histograms are given up as far as quantiles move little, by the counts seen.
//!
//! `+Inf`, `_sum` and `_count` stay, and so does every bound that a query names: service levels ask
//! for those. What `histogram_quantile` says moves within the buckets that become one.

use std::collections::BTreeSet;

use super::loss;
use crate::census::MetricCensus;
use crate::cost::Load;
use crate::optimize::action::{Action, ActionKind, Proof};
use crate::optimize::candidates::{JobView, drop_step};
use crate::optimize::goal::Goal;
use crate::optimize::patterns::patterns;
use crate::series::METRIC_NAME;
use crate::units::SeriesCount;

/// The quantiles that are watched while buckets go.
const QUANTILES: [f64; 5] = [0.5, 0.75, 0.9, 0.95, 0.99];

/// A bucket of all series of a metric together.
#[derive(Debug, Clone, PartialEq)]
struct Bucket {
    le: String,
    bound: f64,
    /// Samples up to the bound.
    count: f64,
    /// Whether it must stay.
    pinned: bool,
}

pub(super) fn propose(view: &JobView<'_>, goal: &Goal) -> Vec<Action> {
    let free = view.free().filter(|metric| metric.name.ends_with("_bucket"));
    free.filter_map(|metric| prune(view, goal, metric)).collect()
}

fn prune(view: &JobView<'_>, goal: &Goal, metric: &MetricCensus) -> Option<Action> {
    let buckets = buckets(view, &metric.name)?;
    let (gone, error) = superfluous(&buckets, goal.quantile_error);
    if gone.is_empty() {
        return None;
    }
    let series = series_of(view, &metric.name, &gone);
    let share = series as f64 / metric.series.max(1) as f64;
    let load: Load = Load::of_metric(metric).scaled(share);
    let metrics = vec![metric.name.clone()];
    let what = format!("quantiles move by {:.1} % at most, on the counts seen", error * 100.0);
    let values: Vec<String> = gone.into_iter().collect();
    let patterns = patterns(&values);
    let step =
        |values: &String| drop_step(&[METRIC_NAME, "le"], format!("({});({values})", metric.name));
    Some(Action {
        steps: patterns.iter().map(step).collect(),
        labels: vec!["le".to_owned()],
        series_saved: SeriesCount(series),
        bytes_saved: view.evidence.saved_by_dropping(&load),
        proof: Proof::Lossy,
        reason: format!("given up for the budget: {what}"),
        loss: Some(loss(view, goal, &metrics, error.max(0.001), what)),
        metrics,
        values,
        patterns,
        ..Action::new(ActionKind::DropValues, view.job)
    })
}

/// The buckets of a histogram by bound, counted over all its series; `None` where the page says no
/// counts or nothing was observed.
fn buckets(view: &JobView<'_>, metric: &str) -> Option<Vec<Bucket>> {
    let attached = view.evidence.attached;
    let group = attached.metrics.iter().find(|group| attached.metric_name(group) == metric)?;
    let label = attached.name_id("le")?;
    let (column, values) = (group.column(label)?, attached.values(label));
    let mut counts = vec![0.0; values.len()];
    for (target, rows) in group.run_ranges() {
        if attached.target(target).job == view.job {
            for row in rows {
                counts[column.codes[row] as usize] += group.notes.value(row)?;
            }
        }
    }
    let selected = view.evidence.usage.selected(metric);
    let is_stored = stored_bounds(view, metric);
    let mut buckets: Vec<Bucket> = Vec::new();
    for (code, le) in (1..).zip(values.values()).filter(|(_, le)| is_stored.contains(*le)) {
        let bound: f64 = le.parse().ok()?;
        let pinned = bound.is_infinite() || selected.names("le", le);
        buckets.push(Bucket { le: le.to_owned(), bound, count: counts[code], pinned });
    }
    buckets.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    let total = buckets.last().filter(|last| last.bound.is_infinite())?.count;
    (total > 0.0).then_some(buckets)
}

/// The bounds of a histogram that are stored.
fn stored_bounds(view: &JobView<'_>, metric: &str) -> BTreeSet<String> {
    let column = view.table.name_id("le").and_then(|label| {
        let rows = view.rows();
        Some((label, rows.get(metric)?.column(label)?.codes.clone()))
    });
    let Some((label, mut codes)) = column else { return BTreeSet::new() };
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(|code| view.table.values(label).value(code).to_owned()).collect()
}

/// The bounds that can go while no watched quantile moves by more than `most` of itself, one after
/// the other, the least felt first; and how far quantiles move without them.
fn superfluous(buckets: &[Bucket], most: f64) -> (BTreeSet<String>, f64) {
    let truth = QUANTILES.map(|q| quantile(buckets, q));
    let moved = |left: &[Bucket]| {
        let errors = QUANTILES.iter().zip(truth).map(|(&q, truth)| {
            let error = (quantile(left, q) - truth).abs();
            match error {
                0.0 => 0.0,
                // Without a finite bound there is no quantile.
                error if error.is_nan() => f64::INFINITY,
                error => error / truth.abs(),
            }
        });
        errors.fold(0.0, f64::max)
    };
    let (mut left, mut gone, mut error) = (buckets.to_vec(), BTreeSet::new(), 0.0);
    loop {
        let without = |at: usize| {
            let mut fewer = left.clone();
            fewer.remove(at);
            (moved(&fewer), at)
        };
        let free = (0..left.len()).filter(|&at| !left[at].pinned).map(without);
        let least = free.min_by(|a, b| a.0.total_cmp(&b.0));
        match least.filter(|(error, _)| *error <= most) {
            Some((felt, at)) => {
                gone.insert(left.remove(at).le);
                error = felt;
            }
            None => return (gone, error),
        }
    }
}

/// What `histogram_quantile` says (`promql/quantile.go`, `BucketQuantile` at 3.5): linear within the
/// bucket, from zero in the first one, and the last finite bound in the infinite one.
fn quantile(buckets: &[Bucket], q: f64) -> f64 {
    let total = buckets.last().map_or(0.0, |last| last.count);
    let rank = q * total;
    let at = buckets.iter().position(|bucket| bucket.count >= rank).unwrap_or(0);
    let before = at.checked_sub(1).map(|at| &buckets[at]);
    let bucket = &buckets[at];
    if bucket.bound.is_infinite() {
        return before.map_or(f64::NAN, |before| before.bound);
    }
    if at == 0 && bucket.bound <= 0.0 {
        return bucket.bound;
    }
    let (start, below) = before.map_or((0.0, 0.0), |before| (before.bound, before.count));
    start + (bucket.bound - start) * (rank - below) / (bucket.count - below)
}

/// Series of a histogram with one of these bounds.
fn series_of(view: &JobView<'_>, metric: &str, gone: &BTreeSet<String>) -> u64 {
    let Some(label) = view.table.name_id("le") else { return 0 };
    let values = view.table.values(label);
    let codes: BTreeSet<u32> = gone.iter().filter_map(|le| values.code(le)).collect();
    view.rows().get(metric).map_or(0, |group| view.series_with(group, label, &codes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(of: &[(f64, f64, bool)]) -> Vec<Bucket> {
        let bucket = |&(bound, count, pinned): &(f64, f64, bool)| Bucket {
            le: bound.to_string(),
            bound,
            count,
            pinned,
        };
        of.iter().map(bucket).collect()
    }

    const INF: (f64, f64, bool) = (f64::INFINITY, 100.0, true);

    #[test]
    fn quantiles_are_those_of_the_server() {
        let all = buckets(&[(0.1, 50.0, false), (0.5, 90.0, false), (1.0, 95.0, false), INF]);
        let close = |q: f64, wanted: f64| assert!((quantile(&all, q) - wanted).abs() < 1e-9, "{q}");
        close(0.5, 0.1);
        close(0.25, 0.05);
        close(0.9, 0.5);
        close(0.925, 0.75);
        close(0.99, 1.0);
    }

    #[test]
    fn empty_and_unfelt_buckets_go_and_named_ones_stay() {
        // Nothing lies between 2 and 8, and 4 is named.
        let all = [
            (1.0, 10.0, false),
            (2.0, 99.9, false),
            (4.0, 99.9, true),
            (6.0, 99.9, false),
            (8.0, 99.9, false),
            INF,
        ];
        let (gone, error) = superfluous(&buckets(&all), 0.01);
        assert_eq!(gone.iter().collect::<Vec<_>>(), ["6", "8"]);
        assert!(error.abs() < 1e-12, "{error}");
        let (more, error) = superfluous(&buckets(&all), 0.9);
        assert!(more.contains("1") && !more.contains("4") && error <= 0.9);
    }
}
