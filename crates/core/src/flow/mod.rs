//! The whole way of a sample: exposed → attached → stored → written, each step as the server does
//! it.
//!
//! ```text
//! target labels ─ target chain ─┐
//!                               ▼
//! page ─ parse (3.x: le, quantile normalised) ─ honor_labels, exported_ ─ metric chain
//!      ─ empty set drops ─ name checks ─ label limits ─ sample_limit ─ commit (duplicates)
//!      ─ external labels ─ write chain
//! ```

mod apply;
mod attach;
mod block;
mod bounds;
mod chain;
mod collisions;
mod normalise;
mod report;
mod rows;
mod stored;
mod targets;
#[cfg(test)]
mod tests;

pub use apply::apply_table;
pub use attach::attach;
pub use normalise::normalise;
pub use report::{Collision, FlowReport, JobFlow, ScrapeFailure, StepFlow};
pub use stored::{Stored, store};
pub use targets::{Discovered, discover, retarget, target_defaults};

use crate::config::Project;
use crate::series::Table;

/// Takes exposed series all the way into the TSDB as `project`'s server would; gives them as they
/// are before the metric chains, too.
pub fn run(project: &Project, exposed: &Table) -> (Table, Stored) {
    let attached = scrape(project, exposed);
    let stored = store(project, &attached);
    (attached, stored)
}

/// What happens to exposed series before the metric chains: bounds are normalised, and the labels
/// that the configuration gives their targets are attached.
pub fn scrape(project: &Project, exposed: &Table) -> Table {
    let mut exposed = exposed.clone();
    normalise(&mut exposed, project.server);
    retarget(&mut exposed, &discover(project));
    let honors = |job: &str| project.jobs.iter().any(|j| j.name == job && j.honor_labels);
    attach(exposed, &honors)
}
