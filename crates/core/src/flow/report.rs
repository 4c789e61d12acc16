//! What the way of the samples did to them, step by step, and what it broke.

use std::fmt;

use crate::relabel::Action;
use crate::units::{Bytes, SeriesCount};

/// Label names and values, sorted by name.
pub type LabelPairs = Vec<(String, String)>;

/// What happened to the series of every job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowReport {
    /// By job, in the order of the configuration.
    pub jobs: Vec<JobFlow>,
    /// Series that became one: every one but the first is lost, or they interleave, silently.
    pub collisions: Vec<Collision>,
    /// Targets whose scrape the server would lose, by target.
    pub failures: Vec<ScrapeFailure>,
}

impl FlowReport {
    /// Series that steps dropped, over all jobs.
    pub fn dropped(&self) -> SeriesCount {
        SeriesCount(self.jobs.iter().map(|job| job.dropped().0).sum())
    }
}

/// A scrape that the server loses as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeFailure {
    /// The target's job.
    pub job: String,
    /// The target's instance.
    pub instance: String,
    /// Why.
    pub cause: FailureCause,
    /// Why, for the user.
    pub reason: String,
    /// The step that made it so, counted from zero; `None` where the chain has no part in it.
    pub step: Option<usize>,
    /// The labels of the first guilty series before the chain; empty where it is not one series.
    pub example: LabelPairs,
}

/// Why a server loses a whole scrape (scrape.go, `append` at 3.5): one series is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureCause {
    /// A series is left without `__name__`.
    NoMetricName,
    /// This cannot name a metric.
    MetricName(String),
    /// This cannot name a label.
    LabelName(String),
    /// More samples than `sample_limit`, which is this.
    SampleLimit(u64),
    /// More labels than `label_limit`, which is this.
    LabelLimit(u64),
    /// A label's name is longer than `label_name_length_limit`.
    LabelNameLength {
        /// The label.
        label: String,
        /// The limit.
        limit: Bytes,
    },
    /// A label's value is longer than `label_value_length_limit`.
    LabelValueLength {
        /// The label.
        label: String,
        /// How long its value is.
        length: Bytes,
        /// The limit.
        limit: Bytes,
    },
    /// More targets in the job than `target_limit`, which is this: none of them is scraped.
    TargetLimit(u64),
}

impl FailureCause {
    /// Whether it is about names, rather than a limit.
    pub fn is_about_names(&self) -> bool {
        matches!(self, Self::NoMetricName | Self::MetricName(_) | Self::LabelName(_))
    }
}

impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMetricName => write!(f, "a series without `__name__`"),
            Self::MetricName(name) => write!(f, "`{name}` cannot name a metric"),
            Self::LabelName(name) => write!(f, "`{name}` cannot name a label"),
            Self::SampleLimit(limit) => write!(f, "more samples than `sample_limit: {limit}`"),
            Self::LabelLimit(limit) => write!(f, "more labels than `label_limit: {limit}`"),
            Self::LabelNameLength { label, limit } => {
                write!(f, "`{label}` is longer than `label_name_length_limit: {}`", limit.0)
            }
            Self::LabelValueLength { label, length, limit } => write!(
                f,
                "a value of `{label}` has {length}, more than `label_value_length_limit: {}`",
                limit.0
            ),
            Self::TargetLimit(limit) => write!(f, "more targets than `target_limit: {limit}`"),
        }
    }
}

/// What happened to one job's series in its metric chain, or to all of them in a write chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFlow {
    /// The job's name; empty for a write chain, which all jobs share.
    pub job: String,
    /// Series before the chain.
    pub attached: SeriesCount,
    /// Series that the chain left, those that collide counted once.
    pub stored: SeriesCount,
    /// One a step of the chain.
    pub steps: Vec<StepFlow>,
    /// One a step where details were asked for, else none.
    pub details: Vec<StepDetail>,
    /// Series whose metric name or label names are refused after the chain: a server loses the
    /// whole scrape over one of them, a receiver of remote writes leaves them out.
    pub refused: SeriesCount,
}

impl JobFlow {
    /// Series that a step dropped: they still cost an entry in the scrape cache.
    pub fn dropped(&self) -> SeriesCount {
        SeriesCount(self.steps.iter().map(|step| step.dropped.0).sum())
    }
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepFlow {
    /// Series that reached the step.
    pub reached: SeriesCount,
    /// Series that it dropped.
    pub dropped: SeriesCount,
    /// Series in which it wrote or removed a label, those that were so already included.
    pub wrote: SeriesCount,
    /// Series whose labels it changed.
    pub changed: SeriesCount,
}

impl StepFlow {
    /// Series that a step of this action matched: a filter's condition held, or a label was
    /// written or removed.
    pub fn matched(&self, action: Action) -> SeriesCount {
        match action {
            Action::Keep | Action::KeepEqual => SeriesCount(self.reached.0 - self.dropped.0),
            Action::Drop | Action::DropEqual => self.dropped,
            _ => self.wrote,
        }
    }

    /// Whether it left every series as it was.
    pub fn does_nothing(&self) -> bool {
        self.dropped.0 == 0 && self.changed.0 == 0
    }
}

/// What one step merged, and the first series that it dropped, changed and merged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepDetail {
    /// Series that are the same as another one after it and were not before; only those that pass
    /// the whole chain count.
    pub merged: SeriesCount,
    /// The labels with which the first series that it dropped came to it.
    pub dropped: Option<LabelPairs>,
    /// The first series that it changed, before and after it.
    pub changed: Option<[LabelPairs; 2]>,
    /// The first two series that it made one, before it.
    pub made_one: Option<[LabelPairs; 2]>,
}

/// Series of one metric that a chain made the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collision {
    /// The job whose chain did it.
    pub job: String,
    /// The metric's name after the chain.
    pub metric: String,
    /// Series before.
    pub before: SeriesCount,
    /// Series left.
    pub after: SeriesCount,
    /// Of those that are gone, the ones whose samples come from another target than the first's,
    /// or bring a timestamp of their own: they are stored too, and interleave with the first's.
    /// The samples of the others are dropped.
    pub interleaved: SeriesCount,
    /// The step after which they are the same, where one step alone makes them so.
    pub step: Option<usize>,
    /// Whether series of different targets became one: then values interleave without any error.
    pub across_targets: bool,
    /// Two label sets before the chain that became one.
    pub example: [LabelPairs; 2],
    /// What they became.
    pub becomes: LabelPairs,
}

impl Collision {
    /// Series whose samples the server drops without a word: those of the same target and the same
    /// time as the first's.
    pub fn lost(&self) -> SeriesCount {
        SeriesCount(self.before.0 - self.after.0 - self.interleaved.0)
    }
}
