//! Which signals a job gives no longer, or newly.

use std::collections::BTreeMap;

use super::{Change, Revision};
use crate::packs::Layer;
use crate::signals::report;

/// A signal that a job gives on one side alone, whatever the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalChange {
    /// Whether it is the new side that does not give it.
    pub is_lost: bool,
    /// The layer that it watches.
    pub layer: Layer,
    /// What is watched and how: `cpu/utilisation`.
    pub cell: String,
    /// The job.
    pub job: String,
}

/// By its place in the table of cells and its job: the layer, and what it is called.
type Given = BTreeMap<(usize, String), (Layer, String)>;

/// Every signal that one side alone gives, what is lost first.
pub(super) fn changes(sides: Change<&Revision<'_>>) -> Vec<SignalChange> {
    let Change { before, after } = sides.map(given);
    let only = |these: &Given, others: &Given, is_lost: bool| -> Vec<SignalChange> {
        let change = |((_, job), (layer, cell)): (&(usize, String), &(Layer, String))| {
            SignalChange { is_lost, layer: *layer, cell: cell.clone(), job: job.clone() }
        };
        these.iter().filter(|(key, _)| !others.contains_key(*key)).map(change).collect()
    };
    [only(&before, &after, true), only(&after, &before, false)].concat()
}

/// What is stored gives: some way to a cell loses nothing in a job.
fn given(side: &Revision<'_>) -> Given {
    let mut found = Given::new();
    for (at, cell) in report(side.project, side.attached).cells.iter().enumerate() {
        let jobs = cell.givers.iter().flat_map(|giver| &giver.jobs);
        for job in jobs.filter(|job| job.losses.is_empty()) {
            found.insert((at, job.job.clone()), (cell.cell.layer, cell.cell.id()));
        }
    }
    found
}
