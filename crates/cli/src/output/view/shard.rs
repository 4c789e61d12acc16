//! The view of a shard plan.

use promsieve_core::relabel::RawStep;
use promsieve_core::shard::{self, Movement, PlacedRule, PlannedSplit, RulePlace, ShardPlan};
use serde::Serialize;

/// How targets spread over servers.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShardView {
    pub(crate) shards: u64,
    /// Jobs with a server of their own, in order behind the shards.
    pub(crate) dedicated: Vec<String>,
    /// Jobs that all shards scrape, each for a part of the series.
    pub(crate) splits: Vec<SplitView>,
    pub(crate) source_labels: Vec<String>,
    /// Series of the largest shard over the mean.
    pub(crate) imbalance: f64,
    /// The same for an assignment by weight, and the least that any assignment can have.
    pub(crate) balanced_imbalance: f64,
    pub(crate) least_imbalance: f64,
    /// Imbalance of hashmod when all targets are replaced.
    pub(crate) churn: ChurnView,
    pub(crate) fits: bool,
    /// Servers that scrape the same.
    pub(crate) replicas: u64,
    /// Labels of stored series that tell their shard: what a rule must keep to be safe on one.
    pub(crate) key: Vec<String>,
    /// Values that a generated list moves away from the shard of their hash.
    pub(crate) mapped: u64,
    /// What moves from today's shards.
    pub(crate) movement: Option<MovementView>,
    pub(crate) shards_detail: Vec<ShardDetailView>,
    /// The steps of shard 0, as YAML; the others differ in the residue alone.
    pub(crate) steps: Vec<String>,
    pub(crate) rejected: Vec<CandidateView>,
    pub(crate) too_large: Vec<TooLargeView>,
    pub(crate) rules: Vec<RuleView>,
}

/// One shard.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShardDetailView {
    pub(crate) index: u64,
    pub(crate) targets: u64,
    pub(crate) series: u64,
    pub(crate) rss: u64,
}

/// A job that all shards scrape.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SplitView {
    pub(crate) job: String,
    /// Its targets, each scraped by every shard.
    pub(crate) targets: u64,
    /// What is hashed of each series.
    pub(crate) source_labels: Vec<String>,
    /// Series of each shard, those that a server adds to a scrape included.
    pub(crate) series: Vec<u64>,
    /// Live heap that all shards together spend on remembering what they drop.
    pub(crate) dropped_bytes: u64,
    /// The steps of shard 0 behind its `metric_relabel_configs`, as YAML.
    pub(crate) steps: Vec<String>,
}

impl SplitView {
    fn of(split: &PlannedSplit) -> Self {
        let steps = shard::split_steps(split, "0");
        Self {
            job: split.job.clone(),
            targets: split.targets,
            source_labels: split.source_labels.clone(),
            series: split.series.clone(),
            dropped_bytes: split.dropped_bytes,
            steps: steps.iter().map(RawStep::to_yaml).collect(),
        }
    }
}

/// How uneven the shards get, largest over mean: half of the times less, 19 of 20 times less, ever.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ChurnView {
    pub(crate) median: f64,
    pub(crate) p95: f64,
    pub(crate) worst: f64,
}

/// The way from today's shards to the planned ones.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MovementView {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) targets: u64,
    pub(crate) series: u64,
    /// Series that move over all series.
    pub(crate) share: f64,
    /// Resident memory of the fullest server while it has old and new series in its head.
    pub(crate) during: u64,
    pub(crate) procedure: Vec<String>,
}

impl MovementView {
    fn of(movement: &Movement) -> Self {
        Self {
            from: movement.from,
            to: movement.to,
            targets: movement.targets,
            series: movement.series,
            share: rounded(movement.share),
            during: movement.during.0,
            procedure: shard::procedure(movement),
        }
    }
}

/// Labels that were tried and spread worse.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CandidateView {
    pub(crate) source_labels: Vec<String>,
    pub(crate) imbalance: f64,
}

/// A target that no shard can hold.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TooLargeView {
    pub(crate) job: String,
    pub(crate) address: String,
    pub(crate) series: u64,
    pub(crate) rss: u64,
}

/// Whether a rule can run on each shard.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RuleView {
    pub(crate) name: String,
    pub(crate) file: String,
    /// `shard`, `two_level` (each shard has a part, the global view puts them together) or `global`.
    pub(crate) verdict: &'static str,
    pub(crate) reason: Option<String>,
    /// What the global view evaluates, where that is not the rule's own expression.
    pub(crate) expr: Option<String>,
}

impl RuleView {
    /// The view of a rule of a file.
    pub(crate) fn of(rule: &PlacedRule, file: String) -> Self {
        let (verdict, reason, expr) = match &rule.place {
            RulePlace::Shard => ("shard", None, None),
            RulePlace::TwoLevel { levels, reason } => {
                ("two_level", Some(reason.clone()), Some(levels.expr.clone()))
            }
            RulePlace::Global { reason } => ("global", Some(reason.clone()), None),
        };
        Self { name: rule.name.clone(), file, verdict, reason, expr }
    }
}

fn rounded(ratio: f64) -> f64 {
    (ratio * 1000.0).round() / 1000.0
}

impl ShardView {
    /// The view of a plan over targets that `name` names by their index, one server a shard and
    /// without rules.
    pub(crate) fn of(plan: &ShardPlan, name: impl Fn(usize) -> (String, String)) -> Self {
        let detail = plan.detail.iter().map(|shard| ShardDetailView {
            index: shard.index,
            targets: shard.targets,
            series: shard.series,
            rss: shard.rss.0,
        });
        let rejected = plan.rejected.iter().map(|candidate| CandidateView {
            source_labels: candidate.source_labels.clone(),
            imbalance: rounded(candidate.imbalance),
        });
        let too_large = plan.too_large.iter().map(|target| {
            let (job, address) = name(target.target);
            TooLargeView { job, address, series: target.series, rss: target.rss.0 }
        });
        let steps = shard::steps(plan, "0");
        Self {
            shards: plan.shards,
            dedicated: plan.dedicated.clone(),
            splits: plan.splits.iter().map(SplitView::of).collect(),
            source_labels: plan.source_labels.clone(),
            imbalance: rounded(plan.imbalance),
            balanced_imbalance: rounded(plan.balanced_imbalance),
            least_imbalance: rounded(plan.least_imbalance),
            churn: ChurnView {
                median: rounded(plan.churn.median),
                p95: rounded(plan.churn.p95),
                worst: rounded(plan.churn.worst),
            },
            fits: plan.fits,
            replicas: 1,
            key: Vec::new(),
            mapped: plan.mapped.len() as u64,
            movement: plan.movement.as_ref().map(MovementView::of),
            shards_detail: detail.collect(),
            steps: steps.iter().map(RawStep::to_yaml).collect(),
            rejected: rejected.collect(),
            too_large: too_large.collect(),
            rules: Vec::new(),
        }
    }
}
