//! From a goal to a plan: first what nobody misses, then, if that does not suffice, what is cheapest.

use std::collections::BTreeMap;

use super::action::{Action, Footprint};
use super::apply::steps_alone;
use super::candidates::{jobs, propose};
use super::goal::Goal;
use super::losses;
use super::prove::Plan;
use super::search::{Choice, Chosen, cheapest};
use super::{Evidence, Proposal};
use crate::flow::{self, Stored};
use crate::watch::Watch;

/// How often losses are chosen again when memory falls otherwise than it seemed.
const ROUNDS: usize = 6;

/// A plan, and what it would take to reach the goal.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The cheapest losses that reach the goal, part of the plan where they are allowed; none where
    /// the plan reaches it without.
    pub losses: Vec<Action>,
    /// What they cost; `None` where there are none to be looked for.
    pub price: Option<Price>,
    /// Why proposals are not part of the plan.
    pub refuted: Vec<String>,
}

/// What losses cost, and how much cheaper they could be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// What the losses cost together.
    pub total: u64,
    /// No other choice costs less than this that saves as much, by the sum of what each saves alone.
    pub at_least: u64,
    /// Whether they reach the goal; if not, nothing does.
    pub reaches: bool,
    /// What is stored with them.
    pub after: Footprint,
}

impl Price {
    fn is_better_than(&self, other: &Self) -> bool {
        let key = |price: &Self| (!price.reaches, price.total);
        key(self) < key(other)
    }

    /// How much of the price another choice could save at most: 0 when there is no cheaper one.
    pub fn gap(&self) -> f64 {
        (self.total - self.at_least) as f64 / self.total.max(1) as f64
    }
}

/// The plan that is left when everything that does not hold is taken out, and losses where the goal
/// asks for them.
pub fn plan(evidence: &Evidence<'_>, goal: &Goal, watch: &dyn Watch) -> Planned {
    let mut refuted = Vec::new();
    let (free, plan) = hold(propose(evidence, goal), evidence, watch, &mut refuted);
    if goal.is_reached_by(plan.after()) {
        return Planned { plan, losses: Vec::new(), price: None, refuted };
    }
    let offered = offers(evidence, goal, plan.actions());
    let needs = goal.excess(plan.after());
    let mut ratio = fallen(&plan.before(), &plan.after(), plan.actions());
    let mut best: Option<(Vec<Action>, Price, Plan)> = None;
    for _ in 0..ROUNDS {
        let chosen = cheapest(&choices(&offered, ratio), needs);
        let losses: Vec<Action> = chosen.choices.iter().map(|&at| offered[at].clone()).collect();
        let mut actions = free.actions.clone();
        actions.extend(losses.iter().cloned());
        let (_, with) = hold(Proposal { actions }, evidence, watch, &mut refuted);
        let measured = fallen(&plan.after(), &with.after(), &losses);
        let settled = (measured - ratio).abs() < ratio / 100.0 || !chosen.reaches;
        ratio = measured;
        let price = price(&chosen, goal, with.after());
        if best.as_ref().is_none_or(|(_, best, _)| price.is_better_than(best)) {
            best = Some((losses, price, with));
        }
        if settled {
            break;
        }
    }
    match best {
        Some((losses, price, with)) => {
            let plan = if goal.allow_loss { with } else { plan };
            Planned { plan, losses, price: Some(price), refuted }
        }
        None => Planned { plan, losses: Vec::new(), price: None, refuted },
    }
}

/// By how much resident memory falls for a byte that actions save: collections leave garbage, so it
/// is more than one.
fn fallen(before: &Footprint, after: &Footprint, actions: &[Action]) -> f64 {
    let live: u64 = actions.iter().map(|action| action.bytes_saved.0).sum();
    let fallen = before.rss.0.saturating_sub(after.rss.0);
    if live == 0 || fallen == 0 { 1.0 } else { fallen as f64 / live as f64 }
}

/// What holds of a proposal, and the plan that it is.
fn hold(
    mut proposal: Proposal,
    evidence: &Evidence<'_>,
    watch: &dyn Watch,
    refuted: &mut Vec<String>,
) -> (Proposal, Plan) {
    loop {
        match proposal.clone().prove(evidence, watch) {
            Ok(plan) => return (proposal, plan),
            Err(refutation) => {
                refuted.push(refutation.reason.clone());
                proposal = proposal.without(&refutation);
            }
        }
    }
}

/// What could be given up of what these actions leave.
fn offers(evidence: &Evidence<'_>, goal: &Goal, actions: &[Action]) -> Vec<Action> {
    let Ok(steps) = steps_alone(evidence.project, actions.iter()) else { return Vec::new() };
    let left: Stored = flow::store_more(&steps, &evidence.stored.table);
    let evidence = Evidence { stored: &left, ..*evidence };
    jobs(&evidence, goal).flat_map(|view| losses::propose(&view, goal)).collect()
}

/// Losses as choices; of those that touch the same metrics of a job at most one is taken.
fn choices(offered: &[Action], ratio: f64) -> Vec<Choice> {
    let mut groups: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut choices = Vec::new();
    for (at, action) in offered.iter().enumerate() {
        let keys = || action.metrics.iter().map(|metric| (action.job.as_str(), metric.as_str()));
        let group = keys().find_map(|key| groups.get(&key).copied()).unwrap_or(at);
        groups.extend(keys().map(|key| (key, group)));
        #[expect(clippy::cast_sign_loss, reason = "savings are not negative")]
        let memory = (action.bytes_saved.0 as f64 * ratio) as u64;
        let price = action.loss.as_ref().map_or(0, |loss| loss.price);
        choices.push(Choice { gains: [action.series_saved.0, memory], price, group });
    }
    choices
}

fn price(chosen: &Chosen, goal: &Goal, after: Footprint) -> Price {
    Price {
        total: chosen.price,
        at_least: chosen.at_least,
        reaches: goal.is_reached_by(after),
        after,
    }
}
