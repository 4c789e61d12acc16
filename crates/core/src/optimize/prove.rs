//! The proof: a proposal replayed over every series of every snapshot.

use super::action::{Action, ActionKind, Footprint, Proof, Replay};
use super::apply::steps_alone;
use super::needed::{needed, queries};
use super::redundant::{Loses, is_by_name, losers, merged, one_each};
use super::replay::{Difference, figures, replay, touched};
use super::{Evidence, Proposal};
use crate::census::{Census, CensusOptions};
use crate::config::Project;
use crate::cost::{Load, estimate};
use crate::flow::Stored;
use crate::series::Table;
use crate::units::SeriesCount;
use crate::watch::{Unwatched, Watch};

/// A proposal that was proven. Made by [`Proposal::prove`] alone.
#[derive(Debug, Clone)]
pub struct Plan {
    actions: Vec<Action>,
    not_applied: Vec<Action>,
    before: Footprint,
    during: Footprint,
    after: Footprint,
    snapshots: usize,
}

/// Why a proposal does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refutation {
    /// The actions that cannot stay, by their index in the proposal.
    pub actions: Vec<usize>,
    /// What they would do.
    pub reason: String,
}

impl Plan {
    /// The actions: all of them proven, and the losses that were allowed.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// What holds only for what was seen, and is not part of the plan.
    pub fn not_applied(&self) -> &[Action] {
        &self.not_applied
    }

    /// What is stored today.
    pub fn before(&self) -> Footprint {
        self.before
    }

    /// The peak of the switch: a series whose labels change lives beside its old self until the
    /// head is collected, two to three hours later.
    pub fn during(&self) -> Footprint {
        self.during
    }

    /// What is stored under the plan.
    pub fn after(&self) -> Footprint {
        self.after
    }

    /// How many snapshots the replay went over.
    pub fn snapshots(&self) -> usize {
        self.snapshots
    }
}

impl Proposal {
    /// Asks the usage about every action again, then replays the proven ones over every snapshot: no
    /// two series may become one that are two today, nothing outside of the actions' claims may
    /// disappear, and no scrape may fail that does not today. Actions that rest on observation are
    /// replayed too, each on its own, and stand beside the plan.
    ///
    /// # Errors
    /// The actions that do not hold; [`Proposal::without`] leaves them out.
    pub fn prove(self, evidence: &Evidence<'_>, watch: &dyn Watch) -> Result<Plan, Refutation> {
        let indexed: Vec<(usize, Action)> = self.actions.into_iter().enumerate().collect();
        let is_needed = |(at, action): &(usize, Action)| {
            let reason = needed(evidence, action)?;
            Some(Refutation { actions: vec![*at], reason })
        };
        if let Some(refutation) = indexed.iter().find_map(is_needed) {
            return Err(refutation);
        }
        let (mut sure, mut seen): (Vec<_>, Vec<_>) = indexed
            .into_iter()
            .partition(|(_, action)| !matches!(action.proof, Proof::Observed(_)));
        let after = replay_all(evidence, &sure)?;
        replay_apart(evidence, &seen, watch)?;
        for (_, action) in sure.iter_mut().chain(&mut seen) {
            action.replay = tried(evidence, action);
        }
        Ok(plan(evidence, &after, sure, seen))
    }
}

/// Replays all actions together over every snapshot; what is left of the newest.
fn replay_all(evidence: &Evidence<'_>, actions: &[(usize, Action)]) -> Result<Stored, Refutation> {
    let steps = steps_of(evidence, actions)?;
    let claims: Vec<&Action> = actions.iter().map(|(_, action)| action).collect();
    let replay = |snapshot: &Stored| {
        replay(&steps, &snapshot.table, &claims).map_err(|found| refute(found, actions))
    };
    let newest = replay(evidence.stored)?;
    for snapshot in evidence.earlier {
        replay(snapshot)?;
    }
    Ok(newest)
}

/// Replays actions each by itself: those that look at names alone by one series of each metric and
/// the hashes of all, the others over all that they can touch.
fn replay_apart(
    evidence: &Evidence<'_>,
    actions: &[(usize, Action)],
    watch: &dyn Watch,
) -> Result<(), Refutation> {
    let (by_name, others): (Vec<_>, Vec<_>) =
        actions.iter().partition(|(_, action)| is_by_name(action));
    for snapshot in evidence.snapshots() {
        if watch.cancelled() {
            return Ok(());
        }
        for action in &others {
            replay_one(evidence, action, &touched(&snapshot.table, &action.1))?;
        }
        let mut loses: Vec<Loses<'_>> = Vec::new();
        for action in &by_name {
            let series = one_each(&snapshot.table, &action.1);
            let after = replay_one(evidence, action, &series)?;
            let losers = losers(&series, &after.table, &action.1).ok_or_else(|| Refutation {
                actions: vec![action.0],
                reason: "its steps do other than take the label away".to_owned(),
            })?;
            loses.push((&action.1, losers));
        }
        let merged = merged(&snapshot.table, &loses);
        if !merged.is_empty() {
            let reasons: Vec<String> = merged.values().map(|it| it.reason.clone()).collect();
            let actions = merged.keys().map(|&at| by_name[at].0).collect();
            return Err(Refutation { actions, reason: reasons.join("; ") });
        }
    }
    Ok(())
}

/// Replays one action over some series.
fn replay_one(
    evidence: &Evidence<'_>,
    action: &(usize, Action),
    series: &Table,
) -> Result<Stored, Refutation> {
    let actions = std::slice::from_ref(action);
    let steps = steps_of(evidence, actions)?;
    replay(&steps, series, &[&action.1]).map_err(|found| refute(found, actions))
}

fn steps_of(evidence: &Evidence<'_>, actions: &[(usize, Action)]) -> Result<Project, Refutation> {
    steps_alone(evidence.project, actions.iter().map(|(_, action)| action)).map_err(|error| {
        Refutation {
            actions: actions.iter().map(|(at, _)| *at).collect(),
            reason: format!("the server refuses a step: {error}"),
        }
    })
}

/// Names the actions that can have made a difference.
fn refute(found: Difference, actions: &[(usize, Action)]) -> Refutation {
    let of_job = |(_, action): &&(usize, Action)| {
        let any_metric = action.kind == ActionKind::DropLabel;
        action.job == found.job && (any_metric || action.metrics.contains(&found.metric))
    };
    let mut guilty: Vec<usize> = actions.iter().filter(of_job).map(|(at, _)| *at).collect();
    if guilty.is_empty() {
        guilty = actions.iter().map(|(at, _)| *at).collect();
    }
    Refutation { actions: guilty, reason: found.reason }
}

/// How much an action was tried on, over all snapshots.
fn tried(evidence: &Evidence<'_>, action: &Action) -> Replay {
    let mut all = Replay { queries: queries(evidence.usage, action), ..Replay::default() };
    for snapshot in evidence.snapshots() {
        let one = figures(&snapshot.table, action);
        all.series.0 += one.series.0;
        all.dropped.0 += one.dropped.0;
    }
    all
}

fn plan(
    evidence: &Evidence<'_>,
    after: &Stored,
    sure: Vec<(usize, Action)>,
    seen: Vec<(usize, Action)>,
) -> Plan {
    let actions: Vec<Action> = sure.into_iter().map(|(_, action)| action).collect();
    let dropped = evidence.stored.report.dropped().0;
    let old = load(evidence.stored, dropped, evidence.attached);
    let new = load(after, dropped + after.report.dropped().0, evidence.attached);
    let changed: u64 = actions.iter().map(|action| action.series_changed.0).sum();
    // At worst every changed series has an old self beside it.
    let share = changed.min(new.series) as f64 / new.series.max(1) as f64;
    let during = old + new.scaled(share);
    Plan {
        before: footprint(evidence, &old),
        during: footprint(evidence, &during),
        after: footprint(evidence, &new),
        actions,
        not_applied: seen.into_iter().map(|(_, action)| action).collect(),
        snapshots: evidence.snapshots().count(),
    }
}

/// The load of what is stored where so many series are dropped.
pub(super) fn load(stored: &Stored, dropped: u64, attached: &Table) -> Load {
    let options = CensusOptions { summary: true };
    let census = Census::of(&stored.table, options, &Unwatched);
    Load::of(&census, &stored.table).with_dropped(dropped, attached)
}

/// What a load needs.
pub(super) fn footprint(evidence: &Evidence<'_>, load: &Load) -> Footprint {
    let estimate = estimate(load, evidence.model, evidence.settings);
    Footprint { series: SeriesCount(load.series), rss: estimate.rss.expected }
}
