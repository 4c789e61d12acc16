//! A chain run over a set of label sets, with what each step may do on the way.

use super::state::{Names, State};
use super::transfer;
use super::writes::may_read;
use crate::relabel::{Action, Step};

/// More states than these are made one, which may hold more label sets than they do.
const MAX_STATES: usize = 8;

/// What a step may do to the label sets that reach it.
#[derive(Debug, Default)]
pub(super) struct Visit {
    /// Those that reach it; none when it is unreachable.
    pub(super) entering: Vec<State>,
    /// Those on which it acts.
    pub(super) acts_on: Vec<State>,
    pub(super) may_drop: bool,
    pub(super) may_change: bool,
    /// Whether some may be left after it.
    pub(super) leaves_some: bool,
}

impl Visit {
    /// Whether label sets reach it and all of them stay as they are.
    pub(super) fn has_no_effect(&self) -> bool {
        !self.entering.is_empty() && !self.may_drop && !self.may_change
    }

    /// Whether label sets reach it and none is left.
    pub(super) fn drops_everything(&self) -> bool {
        !self.entering.is_empty() && !self.leaves_some
    }
}

/// Runs the steps over the states; what is returned has a visit for each of them.
pub(super) fn walk(names: &Names<'_>, steps: &[&Step], start: Vec<State>) -> Vec<Visit> {
    let mut states = start;
    let mut visits = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let splits = step.action() == Action::Replace && is_read(&steps[at + 1..], step);
        let mut visit = Visit { entering: states.clone(), ..Visit::default() };
        let mut after: Vec<State> = Vec::new();
        for state in states {
            let took = transfer::step(names, step, state, splits);
            visit.may_drop |= took.may_drop;
            visit.may_change |= took.may_change;
            visit.acts_on.extend(took.acts_on);
            for state in took.after {
                if !after.iter().any(|known| known.same(&state)) {
                    after.push(state);
                }
            }
        }
        states =
            if after.len() > MAX_STATES { names.merge(after).into_iter().collect() } else { after };
        visit.leaves_some = !states.is_empty();
        visits.push(visit);
    }
    visits
}

/// Whether a later step depends on the label that the step writes.
fn is_read(later: &[&Step], step: &Step) -> bool {
    let reads = |target: &str| later.iter().any(|step| may_read(step, target));
    step.target().constant().is_some_and(|target| reads(&target))
}
