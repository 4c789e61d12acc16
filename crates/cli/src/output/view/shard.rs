//! The view of a shard plan.

use promsieve_core::shard::ShardPlan;
use serde::Serialize;

/// How targets spread over servers.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShardView {
    pub(crate) shards: u64,
    pub(crate) source_labels: Vec<String>,
    /// Series of the largest shard over the mean.
    pub(crate) imbalance: f64,
    /// The same for an assignment by weight, and the least that any assignment can have.
    pub(crate) balanced_imbalance: f64,
    pub(crate) least_imbalance: f64,
    pub(crate) fits: bool,
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
    /// `shard` or `global`.
    pub(crate) verdict: &'static str,
    pub(crate) reason: Option<String>,
}

fn rounded(ratio: f64) -> f64 {
    (ratio * 1000.0).round() / 1000.0
}

impl ShardView {
    /// The view of a plan over targets that `name` names by their index.
    pub(crate) fn of(
        plan: &ShardPlan,
        name: impl Fn(usize) -> (String, String),
        rules: Vec<RuleView>,
    ) -> Self {
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
        let steps = promsieve_core::shard::steps(plan, 0);
        Self {
            shards: plan.shards,
            source_labels: plan.source_labels.clone(),
            imbalance: rounded(plan.imbalance),
            balanced_imbalance: rounded(plan.balanced_imbalance),
            least_imbalance: rounded(plan.least_imbalance),
            fits: plan.fits,
            shards_detail: detail.collect(),
            steps: steps.iter().map(promsieve_core::relabel::RawStep::to_yaml).collect(),
            rejected: rejected.collect(),
            too_large: too_large.collect(),
            rules,
        }
    }
}
