//! The view of a plan.

use promsieve_core::optimize::{Action, Footprint, Plan};
use promsieve_core::units::SeriesCount;
use serde::Serialize;

/// What a plan saves, action by action, and the configuration with it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OptimizeView {
    pub(crate) before: FootprintView,
    /// While old and new series live side by side, until the head is collected.
    pub(crate) during: FootprintView,
    pub(crate) after: FootprintView,
    /// Actions of the plan: proven, and replayed together.
    pub(crate) actions: Vec<ActionView>,
    /// Actions that hold for what was seen, but are not proven; not part of the plan.
    pub(crate) not_applied: Vec<ActionView>,
    /// Kinds of consumers that were not given; what only they use looks unused.
    pub(crate) consumers_not_given: Vec<&'static str>,
    /// Snapshots that the plan was replayed over, the newest included.
    pub(crate) snapshots: usize,
    /// The configuration with the plan's steps, as YAML.
    pub(crate) config: String,
}

/// Series and anonymous resident memory in bytes.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FootprintView {
    pub(crate) series: u64,
    pub(crate) rss: u64,
}

/// One action.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ActionView {
    /// `drop_metrics`, `drop_values` or `drop_label`.
    pub(crate) kind: &'static str,
    pub(crate) job: String,
    /// The metric, where it is one; several are in `metrics`.
    pub(crate) metric: Option<String>,
    pub(crate) metrics: Vec<String>,
    pub(crate) labels: Vec<String>,
    /// The values seen of the label that are dropped.
    pub(crate) values: Vec<String>,
    /// The steps, as YAML.
    pub(crate) steps: Vec<String>,
    pub(crate) series_saved: u64,
    pub(crate) bytes_saved: u64,
    /// `proven` or `observed(n snapshots)`.
    pub(crate) proof: String,
    pub(crate) reason: String,
    pub(crate) replay: ReplayView,
}

/// What an action was tried on, over all snapshots. No two series became one, within a target or
/// across targets, and none went that is not among the dropped: else it would not be here.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ReplayView {
    /// Series of its metrics.
    pub(crate) series: u64,
    /// Of those, the ones that it drops.
    pub(crate) dropped: u64,
    /// Queries that select one of its metrics; none of them loses anything.
    pub(crate) queries: usize,
}

impl ReplayView {
    /// What was tried and what came of it.
    pub(crate) fn sentence(self) -> String {
        let dropped = match self.dropped {
            0 => "none goes".to_owned(),
            dropped => format!("{} go as said, no other", SeriesCount(dropped)),
        };
        let queries = match self.queries {
            0 => "no query selects these metrics".to_owned(),
            1 => "the query that selects these metrics loses nothing".to_owned(),
            queries => format!("the {queries} queries that select these metrics lose nothing"),
        };
        format!(
            "replayed over {} series: {dropped}, and no two become one; {queries}",
            SeriesCount(self.series)
        )
    }
}

impl FootprintView {
    fn of(footprint: Footprint) -> Self {
        Self { series: footprint.series.0, rss: footprint.rss.0 }
    }
}

impl ActionView {
    fn of(action: &Action) -> Self {
        let metrics = action.metrics.clone();
        Self {
            kind: action.kind.as_str(),
            job: action.job.clone(),
            metric: metrics.first().filter(|_| metrics.len() == 1).cloned(),
            metrics,
            labels: action.labels.clone(),
            values: action.values.clone(),
            steps: action.steps.iter().map(promsieve_core::relabel::RawStep::to_yaml).collect(),
            series_saved: action.series_saved.0,
            bytes_saved: action.bytes_saved.0,
            proof: action.proof.to_string(),
            reason: action.reason.clone(),
            replay: ReplayView {
                series: action.replay.series.0,
                dropped: action.replay.dropped.0,
                queries: action.replay.queries,
            },
        }
    }
}

impl OptimizeView {
    /// The view of a plan and of the configuration with it.
    pub(crate) fn of(plan: &Plan, consumers_not_given: Vec<&'static str>, config: String) -> Self {
        Self {
            before: FootprintView::of(plan.before()),
            during: FootprintView::of(plan.during()),
            after: FootprintView::of(plan.after()),
            actions: plan.actions().iter().map(ActionView::of).collect(),
            not_applied: plan.not_applied().iter().map(ActionView::of).collect(),
            consumers_not_given,
            snapshots: plan.snapshots(),
            config,
        }
    }
}
