//! What can be left out without anybody missing it: proposals, and the proof that makes a plan.
//!
//! A [`Proposal`] is what looks good; [`Proposal::prove`] asks the usage again, replays everything over
//! every series of every snapshot, and is the only way to a [`Plan`].

mod action;
mod advice;
mod apply;
mod candidates;
mod choices;
mod explain;
mod goal;
mod losses;
mod needed;
mod patterns;
mod planner;
mod predict;
mod prove;
mod redundant;
mod replay;
mod rollout;
mod search;
#[cfg(test)]
mod tests;
mod text;

pub use action::{Action, ActionKind, Footprint, Loss, Proof, Replay};
pub use advice::{Advice, Rewrite, advise};
pub use candidates::propose;
pub use choices::{Choices, Portion, choices};
pub use explain::effects;
pub use goal::{Goal, Worth};
pub use planner::{Planned, Price, plan};
pub use predict::{MetricCount, gone, of_metrics, predict};
pub use prove::{Plan, Refutation};
pub use rollout::{Phase, rollout};
pub use text::patch;

use apply::steps_alone;

use crate::config::Project;
use crate::cost::{CostModel, Load, ServerSettings};
use crate::flow::Stored;
use crate::series::Table;
use crate::units::Bytes;
use crate::usage::Usage;

/// What a plan rests on.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The configuration, with the chains that steps are appended to.
    pub project: &'a Project,
    /// The newest snapshot before the metric chains: the values of its samples are counts of buckets.
    pub attached: &'a Table,
    /// What is stored today of the newest snapshot, from which the plan is made.
    pub stored: &'a Stored,
    /// The same of earlier snapshots, over which the plan is replayed too.
    pub earlier: &'a [Stored],
    /// What is needed.
    pub usage: &'a Usage,
    /// What series cost.
    pub model: &'a CostModel,
    /// How the server runs.
    pub settings: &'a ServerSettings,
}

impl<'a> Evidence<'a> {
    /// Every snapshot, the newest first.
    pub fn snapshots(&self) -> impl Iterator<Item = &'a Stored> + use<'a> {
        std::iter::once(self.stored).chain(self.earlier)
    }

    /// Live heap that is saved when a load becomes another one.
    fn saved(&self, before: &Load, after: &Load) -> Bytes {
        let cost = |load: &Load| self.model.marginal(load, self.settings).0;
        Bytes(cost(before).saturating_sub(cost(after)))
    }

    /// What is saved when series are dropped: each still costs its entry in the scrape cache.
    fn saved_by_dropping(&self, load: &Load) -> Bytes {
        let left = Load {
            dropped_series: load.series,
            dropped_bytes: load.exposed_bytes,
            ..Load::default()
        };
        self.saved(load, &left)
    }
}

/// Changes that look good.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub(crate) actions: Vec<Action>,
}

impl Proposal {
    /// The actions, those that save most first.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The proposal without the actions of a refutation.
    #[must_use]
    pub fn without(mut self, refutation: &Refutation) -> Self {
        let mut at = 0;
        self.actions.retain(|_| {
            at += 1;
            !refutation.actions.contains(&(at - 1))
        });
        self
    }
}
