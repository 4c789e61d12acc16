//! The proof: a proposal replayed over every series of every snapshot.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, ActionKind, Footprint, Proof};
use super::apply::with_actions;
use super::{Evidence, Proposal};
use crate::census::{Census, CensusOptions};
use crate::config::Project;
use crate::cost::{Load, estimate};
use crate::flow::{self, Collision, Stored};
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
    /// The actions, all of them proven.
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
    /// Replays the proven actions over every snapshot: no two series may become one that are two
    /// today, nothing outside of the actions' claims may disappear, and no scrape may fail that
    /// does not today. Actions that rest on observation are replayed too, each on its own, and
    /// stand beside the plan.
    ///
    /// # Errors
    /// The actions that do not hold; [`Proposal::without`] leaves them out.
    pub fn prove(self, evidence: &Evidence<'_>, watch: &dyn Watch) -> Result<Plan, Refutation> {
        let proven = |action: &&(usize, Action)| action.1.proof == Proof::Proven;
        let indexed: Vec<(usize, Action)> = self.actions.into_iter().enumerate().collect();
        let (sure, seen): (Vec<_>, Vec<_>) = indexed.into_iter().partition(|a| proven(&a));
        // Actions change metric chains alone, so what comes before those is done once.
        let scraped = evidence.snapshots.iter().map(|table| flow::scrape(evidence.project, table));
        let snapshots: Vec<Replayed> = scraped
            .map(|attached| Replayed { before: flow::store(evidence.project, &attached), attached })
            .collect();
        let refuted = |actions: &[(usize, Action)]| replay(evidence, &snapshots, actions);
        if let Some(refutation) = refuted(&sure)? {
            return Err(refutation);
        }
        for action in &seen {
            if watch.cancelled() {
                break;
            }
            if let Some(refutation) = refuted(std::slice::from_ref(action))? {
                return Err(refutation);
            }
        }
        Ok(plan(evidence, snapshots.first(), sure, seen))
    }
}

/// A snapshot before the metric chains, and what today's make of it.
struct Replayed {
    attached: Table,
    before: Stored,
}

/// Replays actions; `Some` names those that do not hold.
fn replay(
    evidence: &Evidence<'_>,
    snapshots: &[Replayed],
    actions: &[(usize, Action)],
) -> Result<Option<Refutation>, Refutation> {
    let refute = |at: Vec<usize>, reason: String| Refutation { actions: at, reason };
    let all = || actions.iter().map(|(at, _)| *at).collect::<Vec<_>>();
    let patched = with_actions(evidence.project, actions.iter().map(|(_, action)| action))
        .map_err(|error| refute(all(), format!("the server refuses a step: {error}")))?;
    for Replayed { attached, before } in snapshots {
        let after = flow::store(&patched, attached);
        if let Some((job, metric, reason)) = difference(before, &after, actions, &patched) {
            let of_job = |(_, action): &&(usize, Action)| {
                action.job == job
                    && (action.kind == ActionKind::DropLabel || action.metrics.contains(&metric))
            };
            let mut guilty: Vec<usize> = actions.iter().filter(of_job).map(|(at, _)| *at).collect();
            if guilty.is_empty() {
                guilty = all();
            }
            return Ok(Some(refute(guilty, reason)));
        }
    }
    Ok(None)
}

/// The first job and metric for which the replay shows more than the actions claim.
fn difference(
    before: &Stored,
    after: &Stored,
    actions: &[(usize, Action)],
    patched: &Project,
) -> Option<(String, String, String)> {
    let key = |c: &Collision| (c.job.clone(), c.metric.clone());
    let known: BTreeMap<_, _> =
        before.report.collisions.iter().map(|c| (key(c), c.before.0 - c.after.0)).collect();
    for collision in &after.report.collisions {
        let lost = collision.before.0 - collision.after.0;
        if lost > known.get(&key(collision)).copied().unwrap_or(0) {
            let (job, metric) = key(collision);
            let reason = format!("{lost} series of `{metric}` would become the same as others");
            return Some((job, metric, reason));
        }
    }
    if after.report.failures.len() > before.report.failures.len() {
        let job = patched.jobs.first().map(|job| job.name.clone()).unwrap_or_default();
        return Some((job, String::new(), "scrapes would fail".to_owned()));
    }
    let dropped: BTreeSet<(&str, &str)> = actions
        .iter()
        .filter(|(_, action)| action.kind == ActionKind::DropMetrics)
        .flat_map(|(_, a)| a.metrics.iter().map(|metric| (a.job.as_str(), metric.as_str())))
        .collect();
    let (old, new) = (rows_by_metric(&before.table), rows_by_metric(&after.table));
    for ((job, metric), rows) in &old {
        let claimed = dropped.contains(&(job.as_str(), metric.as_str()));
        let left = new.get(&(job.clone(), metric.clone())).copied().unwrap_or(0);
        if left != if claimed { 0 } else { *rows } {
            let reason = format!("{rows} series of `{metric}` would become {left}");
            return Some((job.clone(), metric.clone(), reason));
        }
    }
    None
}

/// Rows by job and metric.
fn rows_by_metric(table: &Table) -> BTreeMap<(String, String), usize> {
    let mut rows = BTreeMap::new();
    for group in &table.metrics {
        let metric = table.metric_name(group);
        for run in &group.runs {
            let job = table.target(run.target).job.clone();
            *rows.entry((job, metric.to_owned())).or_default() += run.rows;
        }
    }
    rows
}

fn plan(
    evidence: &Evidence<'_>,
    newest: Option<&Replayed>,
    sure: Vec<(usize, Action)>,
    seen: Vec<(usize, Action)>,
) -> Plan {
    let actions: Vec<Action> = sure.into_iter().map(|(_, action)| action).collect();
    let patched = with_actions(evidence.project, actions.iter());
    let after =
        newest.zip(patched.ok()).map(|(newest, patched)| flow::store(&patched, &newest.attached));
    let old = newest.map(|newest| load(&newest.before)).unwrap_or_default();
    let new = after.map(|stored| load(&stored)).unwrap_or_default();
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
        snapshots: evidence.snapshots.len(),
    }
}

fn load(stored: &Stored) -> Load {
    let options = CensusOptions { summary: true };
    let census = Census::of(&stored.table, options, &Unwatched);
    Load::of(&census, &stored.table).with_dropped(stored.report.dropped().0)
}

fn footprint(evidence: &Evidence<'_>, load: &Load) -> Footprint {
    let estimate = estimate(load, evidence.model, evidence.settings);
    Footprint { series: SeriesCount(load.series), rss: estimate.rss.expected }
}
