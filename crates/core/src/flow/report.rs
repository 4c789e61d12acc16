//! What the way of the samples did to them, step by step.

use crate::relabel::Action;
use crate::units::SeriesCount;

/// What happened to the series of every job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowReport {
    /// By job, in the order of the configuration.
    pub jobs: Vec<JobFlow>,
    /// Series that became one: every one but the first is lost, silently.
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
    /// Why, for the user.
    pub reason: String,
}

/// What happened to one job's series.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFlow {
    /// The job's name.
    pub job: String,
    /// Series before the metric chain.
    pub attached: SeriesCount,
    /// Series that the metric chain left, those that collide counted once.
    pub stored: SeriesCount,
    /// One a step of the metric chain.
    pub steps: Vec<StepFlow>,
    /// Series whose metric name or label names the server refuses after the chain; it loses the
    /// whole scrape over one of them.
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

/// Series of one metric that a chain made the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The job whose chain did it.
    pub job: String,
    /// The metric's name after the chain.
    pub metric: String,
    /// Series before.
    pub before: SeriesCount,
    /// Series left.
    pub after: SeriesCount,
    /// The step after which they are the same, where one step alone makes them so.
    pub step: Option<usize>,
    /// Whether series of different targets became one: then values interleave without any error.
    pub across_targets: bool,
    /// Two label sets before the chain that became one.
    pub example: [Vec<(String, String)>; 2],
    /// What they became.
    pub becomes: Vec<(String, String)>,
}
