//! A job of which nobody needs anything, not even whether its targets answer, need not be scraped.
//!
//! What its targets may show tomorrow is not known, so it is done only where the goal says so.

use std::collections::BTreeSet;

use super::JobView;
use crate::cost::Load;
use crate::flow::Stored;
use crate::optimize::action::{Action, ActionKind, Loss, Proof};
use crate::optimize::needed::{REPORT, of_job};
use crate::packs::Cell;
use crate::relabel::{Field, RawStep};
use crate::series::MetricRows;
use crate::units::SeriesCount;

pub(super) fn propose(view: &JobView<'_>) -> Vec<Action> {
    let metrics = metrics(view);
    let needed = of_job(view.evidence, view.job, &metrics).is_some();
    if needed || metrics.iter().any(|metric| view.goal.keeps(metric)) {
        return Vec::new();
    }
    let load: Load = view.census.metrics.iter().map(Load::of_metric).sum();
    let lost = lost(view, &metrics);
    let snapshots = view.evidence.snapshots().count();
    let taken = view.goal.stop_jobs;
    vec![Action {
        metrics,
        steps: vec![RawStep { action: Field::Set("drop".to_owned()), ..RawStep::default() }],
        series_saved: SeriesCount(load.series),
        bytes_saved: view.evidence.saved(&load, &Load::default()),
        proof: if taken { Proof::Lossy } else { Proof::Observed(snapshots) },
        reason: format!(
            "no query that was given selects anything of its targets, nor their `up`; lost are {lost}"
        ),
        loss: taken.then(|| Loss {
            price: 0,
            queries: Vec::new(),
            what: format!("lost are {lost}"),
        }),
        ..Action::new(ActionKind::StopJob, view.job)
    }]
}

/// What goes with the job besides its series.
fn lost(view: &JobView<'_>, metrics: &[String]) -> String {
    let targets = view.table.targets.iter().filter(|it| it.job == view.job).count();
    let of_server = format!(
        "{} series more, {} that the server adds for each target",
        targets * REPORT.len(),
        REPORT.len()
    );
    let cells: BTreeSet<String> =
        metrics.iter().filter_map(|metric| view.pins.metric(metric)).map(Cell::id).collect();
    let signals = match cells.into_iter().collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => none,
        cells => format!("what gives {cells} for them, "),
    };
    format!("{of_server}, {signals}and whatever they will show later")
}

/// What the job stored in any snapshot.
fn metrics(view: &JobView<'_>) -> Vec<String> {
    let mut names = BTreeSet::new();
    for Stored { table, .. } in view.evidence.snapshots() {
        let of_job = |group: &&MetricRows| {
            group.runs.iter().any(|run| table.target(run.target).job == view.job)
        };
        let groups = table.metrics.iter().filter(of_job);
        names.extend(groups.map(|group| table.metric_name(group).to_owned()));
    }
    names.into_iter().collect()
}
