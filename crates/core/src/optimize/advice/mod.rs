//! What a plan cannot do itself and somebody should: one file a kind of advice.

mod aggregation;
mod limits;
mod native;
mod sources;

use super::prove::Plan;
use super::{Evidence, steps_alone};
use crate::flow;
use crate::series::Table;

/// The kinds of advice.
const KINDS: [fn(&Advised<'_>) -> Vec<Advice>; 4] =
    [sources::advise, aggregation::advise, native::advise, limits::advise];

/// Something to set by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// `source`, `aggregation`, `remote` (as aggregation, for what is written away alone), `native` or
    /// `limit`.
    pub kind: &'static str,
    /// The job that it is about.
    pub job: String,
    /// What to set.
    pub set: String,
    /// Why.
    pub reason: String,
    /// How many series it is about, and how many of them there would be; of neither sources nor limits.
    pub series: Option<(u64, u64)>,
    /// The queries that change with it; of native histograms alone.
    pub queries: Vec<Rewrite>,
}

/// A query that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// Its index in the usage.
    pub query: usize,
    /// What it is to be, or why that cannot be told.
    pub becomes: Result<String, String>,
}

/// What advice is made of.
struct Advised<'a> {
    evidence: &'a Evidence<'a>,
    plan: &'a Plan,
    /// What the plan leaves of the newest snapshot.
    left: Table,
}

/// What should be set besides a plan: at the source of what it drops, and limits that keep what it
/// reached.
pub fn advise(evidence: &Evidence<'_>, plan: &Plan) -> Vec<Advice> {
    let Ok(steps) = steps_alone(evidence.project, plan.actions().iter()) else { return Vec::new() };
    let left = flow::store_more(&steps, &evidence.stored.table).table;
    let advised = Advised { evidence, plan, left };
    KINDS.iter().flat_map(|advise| advise(&advised)).collect()
}
