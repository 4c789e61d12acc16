//! What can be left out without anybody missing it: proposals, and the proof that makes a plan.
//!
//! A [`Proposal`] is what looks good; [`Proposal::prove`] replays it over every series of every
//! snapshot and is the only way to a [`Plan`].

mod action;
mod apply;
mod candidates;
mod names;
mod prove;
mod text;

pub use action::{Action, ActionKind, Footprint, Proof};
pub use candidates::propose;
pub use prove::{Plan, Refutation};
pub use text::patch;

use crate::config::Project;
use crate::cost::{CostModel, ServerSettings};
use crate::series::Table;
use crate::usage::Usage;

/// What a plan rests on.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The configuration, with the chains that steps are appended to.
    pub project: &'a Project,
    /// Exposed series of every snapshot, the newest first. A plan is made from the first and
    /// replayed over all.
    pub snapshots: &'a [Table],
    /// What is needed.
    pub usage: &'a Usage,
    /// What series cost.
    pub model: &'a CostModel,
    /// How the server runs.
    pub settings: &'a ServerSettings,
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
