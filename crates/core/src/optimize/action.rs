//! One change of a plan, and what it saves.

use std::fmt;

use crate::relabel::RawStep;
use crate::units::{Bytes, SeriesCount};

/// What an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKind {
    /// Drops whole metrics that nobody needs.
    DropMetrics,
    /// Drops the series of some metrics whose label has a value that nobody selects.
    DropValues,
    /// Takes a label away that nobody needs and that tells no two series apart.
    DropLabel,
    /// Scrapes none of a job's targets any more. Its steps belong to the target chain.
    StopJob,
}

impl ActionKind {
    /// The word used in outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DropMetrics => "drop_metrics",
            Self::DropValues => "drop_values",
            Self::DropLabel => "drop_label",
            Self::StopJob => "stop_job",
        }
    }
}

/// How far an action can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It holds by construction, and the replay agrees.
    Proven,
    /// It holds in so many snapshots and may not in the next.
    Observed(usize),
    /// Something is lost by it, and the replay agrees that it is no more than is said.
    Lossy,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven => f.write_str("proven"),
            Self::Lossy => f.write_str("lossy"),
            Self::Observed(1) => f.write_str("observed(1 snapshot)"),
            Self::Observed(snapshots) => write!(f, "observed({snapshots} snapshots)"),
        }
    }
}

/// One change of one of a job's chains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What it does.
    pub kind: ActionKind,
    /// Whose chain it is appended to.
    pub job: String,
    /// The metrics it touches, sorted.
    pub metrics: Vec<String>,
    /// The labels it takes away, or whose values it drops.
    pub labels: Vec<String>,
    /// The values seen that it drops, sorted.
    pub values: Vec<String>,
    /// Patterns of the values that it drops: those seen, and where they are many, all that begin so.
    pub patterns: Vec<String>,
    /// The steps it appends.
    pub steps: Vec<RawStep>,
    /// Series that are no longer stored.
    pub series_saved: SeriesCount,
    /// Series whose labels change.
    pub series_changed: SeriesCount,
    /// Live heap that is no longer needed.
    pub bytes_saved: Bytes,
    /// How far it can be trusted.
    pub proof: Proof,
    /// Why nobody misses it.
    pub reason: String,
    /// What is lost by it; `None` where nobody misses anything.
    pub loss: Option<Loss>,
    /// What the replay of it went over; nothing before [`super::Proposal::prove`].
    pub replay: Replay,
}

/// What is given up to reach a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What it costs, to be compared with other losses alone.
    pub price: u64,
    /// The queries whose answers change, by their index in the usage.
    pub queries: Vec<usize>,
    /// How they change.
    pub what: String,
}

/// How much an action was tried on. Every series of its metrics either went as claimed or stayed, and
/// no two became one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replay {
    /// Series of the metrics that it touches, over all snapshots.
    pub series: SeriesCount,
    /// Of those, the ones that it drops.
    pub dropped: SeriesCount,
    /// Queries that select one of its metrics: none selects a series that goes, none needs a label
    /// that goes.
    pub queries: usize,
}

impl Action {
    /// An action of a job that does nothing yet.
    pub(super) fn new(kind: ActionKind, job: &str) -> Self {
        Self {
            kind,
            job: job.to_owned(),
            metrics: Vec::new(),
            labels: Vec::new(),
            values: Vec::new(),
            patterns: Vec::new(),
            steps: Vec::new(),
            series_saved: SeriesCount(0),
            series_changed: SeriesCount(0),
            bytes_saved: Bytes(0),
            proof: Proof::Proven,
            reason: String::new(),
            loss: None,
            replay: Replay::default(),
        }
    }
}

/// Series and what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Footprint {
    /// Series stored.
    pub series: SeriesCount,
    /// Expected anonymous resident memory.
    pub rss: Bytes,
}
