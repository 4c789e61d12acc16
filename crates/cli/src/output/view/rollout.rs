//! The view of a plan's phases.

use promsieve_core::optimize::{Goal, Phase};
use promsieve_core::units::SeriesCount;
use serde::Serialize;

use super::optimize::FootprintView;

/// Changes that are made together.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PhaseView {
    /// What is done, in words.
    pub(crate) what: String,
    /// The job whose series get other labels; null where series are only dropped.
    pub(crate) job: Option<String>,
    /// Indices into `actions`.
    pub(crate) actions: Vec<usize>,
    /// Series whose labels change.
    pub(crate) changed: u64,
    pub(crate) before: FootprintView,
    /// Until the head is collected.
    pub(crate) peak: FootprintView,
    pub(crate) after: FootprintView,
    /// Whether the peak is within the budget, where there is one.
    pub(crate) within_budget: bool,
    /// What queries and alerts see of it, and how it is taken back.
    pub(crate) notes: Vec<&'static str>,
}

const DROPS: [&str; 2] = [
    "the series end with a stale marker at the next scrape; what is still stored counts until the head is collected",
    "to take it back, take its steps out: the series go on under their old labels, with a gap",
];
const LABELS: [&str; 3] = [
    "every changed series ends and begins anew in the same scrape: for one range, `rate` and `increase` miss what came between the last old and the first new sample",
    "an alert keeps its `for:`, since no query that was given looks at the label",
    "to take it back, take its steps out: it is such a change once more, with such a peak",
];
const OVER: &str = "over the budget until the head is collected: change some targets at a time, or allow for it; a restart does not help, since the WAL brings the old series back";

impl PhaseView {
    /// The view of a phase under the limits of a goal.
    pub(crate) fn of(phase: &Phase, goal: &Goal) -> Self {
        let (what, notes): (String, &[&str]) = match &phase.job {
            None => ("drop series".to_owned(), &DROPS),
            Some(job) => {
                let changed = SeriesCount(phase.changed);
                (format!("labels of {job}: {changed} series change"), &LABELS)
            }
        };
        let within_budget = goal.is_reached_by(phase.peak);
        let mut notes = notes.to_vec();
        // What is there already is not the phase's doing.
        if !within_budget && phase.peak.series > phase.before.series {
            notes.insert(0, OVER);
        }
        Self {
            what,
            job: phase.job.clone(),
            actions: phase.actions.clone(),
            changed: phase.changed,
            before: FootprintView::of(phase.before),
            peak: FootprintView::of(phase.peak),
            after: FootprintView::of(phase.after),
            within_budget,
            notes,
        }
    }
}
