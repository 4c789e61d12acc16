//! The whole way of a sample: exposed → attached → stored → written, each step as the server does
//! it ([`whole_way`]).
//!
//! ```text
//! static_configs ─ discovered labels ─ relabel_configs ─ checks ─ labels of the target ─┐
//!                                                                                       │
//! page ─ parse ─ le, quantile normalised (3.x) ─ histograms to NHCB (3.x) ──────────────┤
//!                                                                                       ▼
//!                                                    honor_labels, exported_ ─ [Attached]
//!                                                                                       │
//!        an empty label set goes, without a word ─ metric_relabel_configs ◄─────────────┘
//!                           │
//!        __name__ missing, names invalid, label limits, sample_limit: the whole scrape fails
//!                           │
//!        commit: of the same series at the same time the first sample stays ─ [Stored]
//!                                                                                │
//!        [Written], once a remote_write ◄─ write_relabel_configs ◄─ external labels
//!
//! alert ─ external labels ─ alert_relabel_configs ─ those of each Alertmanager: see `alert`
//! ```

mod alerts;
mod apply;
mod attach;
mod block;
mod bounds;
mod chain;
mod collisions;
mod columns;
mod copies;
mod details;
mod drive;
mod nhcb;
mod normalise;
mod report;
mod rows;
mod source;
mod stored;
mod targets;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod way_tests;
mod written;

pub use alerts::{Alerted, alert};
pub use apply::apply_table;
pub use attach::attach;
pub use normalise::normalise;
pub use report::{
    Collision, FailureCause, FlowReport, JobFlow, LabelPairs, ScrapeFailure, StepDetail, StepFlow,
};
pub use stored::{Stored, store, store_in_detail, store_more};
pub use targets::{Discovered, discover, discover_job, retarget, target_defaults};
pub use written::{Written, distinct, write, write_in_detail};

use crate::config::Project;
use crate::series::Table;

/// A table at every stage of its way.
#[derive(Debug)]
pub struct WholeWay {
    /// Before the metric chains.
    pub attached: Table,
    /// In the TSDB.
    pub stored: Stored,
    /// What is sent, one an item of `remote_write`.
    pub written: Vec<Written>,
}

/// Takes exposed series the whole way: into the TSDB and out of it again, as `project`'s server
/// would.
pub fn whole_way(project: &Project, exposed: &Table) -> WholeWay {
    let (attached, stored) = run(project, exposed);
    let remotes = project.remote_writes.iter();
    let written = remotes.map(|remote| write(project, remote, &stored.table)).collect();
    WholeWay { attached, stored, written }
}

/// The first part of [`whole_way`], into the TSDB; gives the series as they are before the metric
/// chains, too.
pub fn run(project: &Project, exposed: &Table) -> (Table, Stored) {
    let attached = scrape(project, exposed);
    let stored = store(project, &attached);
    (attached, stored)
}

/// What happens to exposed series before the metric chains: bounds are normalised, histograms
/// converted, and the labels that the configuration gives their targets are attached.
pub fn scrape(project: &Project, exposed: &Table) -> Table {
    let mut exposed = exposed.clone();
    normalise(&mut exposed, project.server);
    let mut exposed = nhcb::convert(exposed, project);
    retarget(&mut exposed, &discover(project));
    let honors = |job: &str| project.jobs.iter().any(|j| j.name == job && j.honor_labels);
    attach(exposed, &honors)
}
