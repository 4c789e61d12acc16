//! The view of a plan.

use promsieve_core::optimize::{
    self, Action, ActionKind, Advice, Choices, Footprint, MetricCount, Planned, Portion,
};
use promsieve_core::units::SeriesCount;
use promsieve_core::usage::Usage;
use serde::Serialize;

use super::answers::{QueriesView, RewriteView, asker};
use super::rollout::PhaseView;

/// The kind of an action whose steps belong to the target chain.
pub(crate) const STOP_JOB: &str = ActionKind::StopJob.as_str();

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
    /// Series of every metric that an action touches, before and after; empty in a review.
    pub(crate) metrics: Vec<MetricView>,
    /// What any choice of the actions saves; of a review alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choices: Option<ChoicesView>,
    /// Actions that hold for what was seen, but are not proven; not part of the plan.
    pub(crate) not_applied: Vec<ActionView>,
    /// The cheapest losses that reach the budget; empty where the plan reaches it without. They are
    /// among the actions where losses are allowed.
    pub(crate) losses: Vec<ActionView>,
    /// What the losses cost; null where none are looked for.
    pub(crate) price: Option<PriceView>,
    /// How the plan is rolled out, one phase after the other; empty in a review.
    pub(crate) phases: Vec<PhaseView>,
    /// What to set besides, at the source and as limits; empty in a review.
    pub(crate) advice: Vec<AdviceView>,
    /// Kinds of consumers that were not given; what only they use looks unused.
    pub(crate) consumers_not_given: Vec<&'static str>,
    /// What the plan means for the queries that were given.
    pub(crate) queries: QueriesView,
    /// Snapshots that the plan was replayed over, the newest included.
    pub(crate) snapshots: usize,
    /// The configuration with the plan's steps, as YAML.
    pub(crate) config: String,
}

/// Series of one metric of one job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricView {
    pub(crate) job: String,
    pub(crate) metric: String,
    pub(crate) before: u64,
    pub(crate) after: u64,
}

impl MetricView {
    /// The view of a prediction.
    pub(crate) fn of(count: MetricCount) -> Self {
        let MetricCount { job, metric, before, after } = count;
        Self { job, metric, before: before.0, after: after.0 }
    }
}

/// Something to set by hand.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AdviceView {
    /// `source`, `aggregation`, `remote`, `native` or `limit`.
    pub(crate) kind: &'static str,
    pub(crate) job: String,
    /// What to set.
    pub(crate) set: String,
    pub(crate) reason: String,
    /// Of `aggregation`, `remote` and `native`: the series that it is about.
    pub(crate) series_before: Option<u64>,
    /// And what becomes of them.
    pub(crate) series_after: Option<u64>,
    /// Of `native`: the queries that change.
    pub(crate) queries: Vec<RewriteView>,
}

impl AdviceView {
    /// The view of advice.
    pub(crate) fn of(advice: &Advice, usage: &Usage) -> Self {
        let Advice { kind, job, set, reason, series, queries } = advice.clone();
        let (series_before, series_after) = series.unzip();
        let queries = queries.into_iter().map(|it| RewriteView::of(it, usage)).collect();
        Self { kind, job, set, reason, series_before, series_after, queries }
    }
}

/// What any choice of a plan's actions saves: the sum over the portions that it touches.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ChoicesView {
    pub(crate) portions: Vec<PortionView>,
    /// Why not every choice holds as the whole plan does; null where every choice does.
    pub(crate) caveat: Option<String>,
}

/// Series that the same actions touch; actions by their index in the plan.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PortionView {
    /// The actions that drop these series, each of them alone.
    pub(crate) dropped_by: Vec<usize>,
    pub(crate) series: u64,
    /// Live heap that dropping them saves.
    pub(crate) bytes: u64,
    /// What each action saves by taking a label away, where the series are not dropped.
    pub(crate) labels: Vec<LabelPortionView>,
}

/// What an action saves by taking a label away.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelPortionView {
    pub(crate) action: usize,
    pub(crate) bytes: u64,
}

impl ChoicesView {
    /// The view of choices.
    pub(crate) fn of(choices: Choices) -> Self {
        let view = |portion: Portion| PortionView {
            dropped_by: portion.dropped_by,
            series: portion.series.0,
            bytes: portion.bytes.0,
            labels: portion
                .labels
                .into_iter()
                .map(|(action, bytes)| LabelPortionView { action, bytes: bytes.0 })
                .collect(),
        };
        Self { portions: choices.portions.into_iter().map(view).collect(), caveat: choices.caveat }
    }
}

/// Series and anonymous resident memory in bytes.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FootprintView {
    pub(crate) series: u64,
    pub(crate) rss: u64,
}

/// What losses cost together, in thousandths of queries times what those are worth.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PriceView {
    pub(crate) total: u64,
    /// No other choice that saves as much costs less.
    pub(crate) at_least: u64,
    /// The share of the price that another choice could save at most.
    pub(crate) gap: f64,
    /// Whether the losses reach the budget; if not, nothing does.
    pub(crate) reaches: bool,
    /// What is stored with the losses.
    pub(crate) after: FootprintView,
}

/// What an action loses.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LossView {
    pub(crate) price: u64,
    /// How the answers change.
    pub(crate) what: String,
    /// The queries whose answers change: `FILE: NAME`.
    pub(crate) queries: Vec<String>,
}

/// One action.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ActionView {
    /// `drop_metrics`, `drop_values`, `drop_label` or `stop_job`.
    pub(crate) kind: &'static str,
    pub(crate) job: String,
    /// The metric, where it is one; several are in `metrics`.
    pub(crate) metric: Option<String>,
    pub(crate) metrics: Vec<String>,
    pub(crate) labels: Vec<String>,
    /// The values seen of the label that are dropped.
    pub(crate) values: Vec<String>,
    /// The steps, as YAML: of the metric chain, and of the target chain where the job is stopped.
    pub(crate) steps: Vec<String>,
    /// Selectors that find nothing once the steps are at work, by the job's name.
    pub(crate) gone: Vec<String>,
    pub(crate) series_saved: u64,
    /// Series whose labels change.
    pub(crate) series_changed: u64,
    pub(crate) bytes_saved: u64,
    /// `proven`, `observed(n snapshots)` or `lossy`.
    pub(crate) proof: String,
    pub(crate) reason: String,
    pub(crate) replay: ReplayView,
    /// What is lost by it; null where nobody misses anything.
    pub(crate) loss: Option<LossView>,
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
    pub(super) fn of(footprint: Footprint) -> Self {
        Self { series: footprint.series.0, rss: footprint.rss.0 }
    }
}

impl ActionView {
    pub(super) fn of(action: &Action, usage: &Usage) -> Self {
        let metrics = action.metrics.clone();
        Self {
            kind: action.kind.as_str(),
            job: action.job.clone(),
            metric: metrics.first().filter(|_| metrics.len() == 1).cloned(),
            metrics,
            labels: action.labels.clone(),
            values: action.values.clone(),
            steps: action.steps.iter().map(promsieve_core::relabel::RawStep::to_yaml).collect(),
            gone: optimize::gone(action),
            series_saved: action.series_saved.0,
            series_changed: action.series_changed.0,
            bytes_saved: action.bytes_saved.0,
            proof: action.proof.to_string(),
            reason: action.reason.clone(),
            replay: ReplayView {
                series: action.replay.series.0,
                dropped: action.replay.dropped.0,
                queries: action.replay.queries,
            },
            loss: action.loss.as_ref().map(|loss| LossView {
                price: loss.price,
                what: loss.what.clone(),
                queries: loss.queries.iter().map(|&at| asker(usage, at)).collect(),
            }),
        }
    }
}

impl OptimizeView {
    /// The view of a plan and of the configuration with it.
    pub(crate) fn of(planned: &Planned, usage: &Usage, config: String) -> Self {
        let plan = &planned.plan;
        let views = |actions: &[Action]| {
            actions.iter().map(|action| ActionView::of(action, usage)).collect::<Vec<_>>()
        };
        Self {
            before: FootprintView::of(plan.before()),
            during: FootprintView::of(plan.during()),
            after: FootprintView::of(plan.after()),
            actions: views(plan.actions()),
            metrics: Vec::new(),
            choices: None,
            not_applied: views(plan.not_applied()),
            losses: views(&planned.losses),
            price: planned.price.map(|price| PriceView {
                total: price.total,
                at_least: price.at_least,
                gap: price.gap(),
                reaches: price.reaches,
                after: FootprintView::of(price.after),
            }),
            phases: Vec::new(),
            advice: Vec::new(),
            consumers_not_given: usage.kinds_missing().iter().map(|kind| kind.as_str()).collect(),
            queries: QueriesView::of(plan.actions(), usage),
            snapshots: plan.snapshots(),
            config,
        }
    }
}
