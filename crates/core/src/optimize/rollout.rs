//! A plan in phases: what only drops first, then labels job by job, each with its peak.

use std::collections::BTreeSet;

use super::Evidence;
use super::action::{Action, ActionKind, Footprint};
use super::apply::steps_alone;
use super::prove::{Plan, footprint, load};
use super::replay::touched;
use crate::flow;

/// Changes that are made together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// The job whose series get other labels; `None` where series are only dropped, of any job.
    pub job: Option<String>,
    /// Indices of the plan's actions, ascending.
    pub actions: Vec<usize>,
    /// Series whose labels change.
    pub changed: u64,
    /// What is stored before it.
    pub before: Footprint,
    /// Until the head is collected, two to three hours later: dropped series are still there, and
    /// those whose labels change live beside their old selves.
    pub peak: Footprint,
    /// What is stored once the head is collected.
    pub after: Footprint,
}

/// The phases of a plan, in order. Each waits for the head to be collected after the one before.
pub fn rollout(evidence: &Evidence<'_>, plan: &Plan) -> Vec<Phase> {
    let mut done: Vec<&Action> = Vec::new();
    let mut phases = Vec::new();
    let mut before = plan.before();
    let dropped = evidence.stored.report.dropped().0;
    for (job, at) in groups(plan.actions()) {
        let new: Vec<&Action> = at.iter().map(|&at| &plan.actions()[at]).collect();
        done.extend(&new);
        let Ok(steps) = steps_alone(evidence.project, done.iter().copied()) else { break };
        let left = flow::store_more(&steps, &evidence.stored.table);
        let load = load(&left, dropped + left.report.dropped().0, evidence.attached);
        let changed = if job.is_some() { changed(&left.table, &new) } else { 0 };
        let share = changed as f64 / load.series.max(1) as f64;
        let after = footprint(evidence, &load);
        let both = footprint(evidence, &(load + load.scaled(share)));
        let peak = if both.series > before.series { both } else { before };
        phases.push(Phase { job, actions: at, changed, before, peak, after });
        before = after;
    }
    phases
}

/// The actions that are made together, in order.
fn groups(actions: &[Action]) -> Vec<(Option<String>, Vec<usize>)> {
    let mut groups: Vec<(Option<String>, Vec<usize>)> = vec![(None, Vec::new())];
    for (at, action) in actions.iter().enumerate() {
        let job = Some(action.job.clone()).filter(|_| action.kind == ActionKind::DropLabel);
        match groups.iter_mut().find(|group| group.0 == job) {
            Some(group) => group.1.push(at),
            None => groups.push((job, vec![at])),
        }
    }
    groups.retain(|group| !group.1.is_empty());
    groups
}

/// Series that are left and whose labels these actions changed.
fn changed(left: &crate::series::Table, actions: &[&Action]) -> u64 {
    let metrics: BTreeSet<String> =
        actions.iter().flat_map(|action| action.metrics.iter().cloned()).collect();
    let all = actions
        .first()
        .map(|&first| Action { metrics: metrics.into_iter().collect(), ..first.clone() });
    all.map_or(0, |all| touched(left, &all).rows() as u64)
}
