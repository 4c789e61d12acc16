//! What can be given up when nothing else reaches a goal: each loss with a price, one file a kind.
//!
//! A price is what the queries that are touched are worth ([`super::goal::Worth`]), times the share
//! of their answers that is lost, in thousandths.

mod buckets;
mod sacrifice;

use super::action::{Action, Loss};
use super::candidates::JobView;
use super::goal::Goal;

/// The kinds of losses; each reads one job of what the plan leaves.
const KINDS: [fn(&JobView<'_>, &Goal) -> Vec<Action>; 2] = [buckets::propose, sacrifice::propose];

/// Everything that could be given up of a job, with its price.
pub(super) fn propose(view: &JobView<'_>, goal: &Goal) -> Vec<Action> {
    KINDS.iter().flat_map(|propose| propose(view, goal)).collect()
}

/// The loss of a share of the answers of everything that selects these metrics.
fn loss(view: &JobView<'_>, goal: &Goal, metrics: &[String], share: f64, what: String) -> Loss {
    let selected = |metric: &String| view.evidence.usage.selected(metric).queries();
    let queries: std::collections::BTreeSet<usize> = metrics.iter().flat_map(selected).collect();
    let worth = metrics.iter().map(|metric| goal.worth.of(crate::packs::layer_of(metric))).max();
    let price = queries.len().max(1) as f64 * f64::from(worth.unwrap_or(0)) * share * 1000.0;
    #[expect(clippy::cast_sign_loss, reason = "neither worth nor share is negative")]
    let price = price.ceil() as u64;
    Loss { price: price.max(1), queries: queries.into_iter().collect(), what }
}
