//! The view of a whole review: what the page embeds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use promsieve_core::census::groups::GroupCensus;
use serde::Serialize;

use super::census::{CensusView, CountView};
use super::estimate::EstimateView;
use super::lint::LintView;
use super::optimize::OptimizeView;
use super::shard::ShardView;
use super::signals::SignalsView;
use super::usage::UsageView;

/// Everything that `review` finds.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ReviewView {
    /// What was reviewed, as the user named it.
    pub(crate) title: String,
    pub(crate) server: String,
    pub(crate) inputs: InputsView,
    /// What the targets expose, before any metric chain.
    pub(crate) exposed_series: u64,
    /// What the configuration stores of it.
    pub(crate) census: CensusView,
    pub(crate) jobs: Vec<JobView>,
    /// The series stored of each metric, by the job that they say they are of.
    pub(crate) by_job: Vec<JobMetricsView>,
    pub(crate) estimate: EstimateView,
    pub(crate) lint: LintView,
    pub(crate) usage: UsageView,
    pub(crate) optimize: Option<OptimizeView>,
    pub(crate) shard: Option<ShardView>,
    /// Which signals the data gives; what is to come is the plan.
    pub(crate) signals: SignalsView,
    /// Why a part is missing, and what would make it better.
    pub(crate) notes: Vec<String>,
}

/// The metrics of one job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JobMetricsView {
    /// The value of label `job`; empty where series have none.
    pub(crate) job: String,
    /// Series by metric, most first.
    pub(crate) metrics: Vec<CountView>,
}

impl JobMetricsView {
    /// The views of all jobs, those with most series first.
    pub(crate) fn all(by_metric: Vec<(&str, Vec<GroupCensus>)>) -> Vec<Self> {
        let mut jobs: BTreeMap<String, Vec<CountView>> = BTreeMap::new();
        for (metric, groups) in by_metric {
            for GroupCensus { key, series, .. } in groups {
                let metrics = jobs.entry(key.concat()).or_default();
                metrics.push(CountView { name: metric.to_owned(), value: series });
            }
        }
        let mut jobs: Vec<Self> =
            jobs.into_iter().map(|(job, metrics)| Self { job, metrics }).collect();
        for job in &mut jobs {
            job.metrics.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.name.cmp(&b.name)));
        }
        jobs.sort_by_key(|job| Reverse(job.metrics.iter().map(|metric| metric.value).sum::<u64>()));
        jobs
    }
}

/// What was read.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct InputsView {
    pub(crate) configs: usize,
    pub(crate) rule_files: usize,
    pub(crate) dashboards: usize,
    pub(crate) scrapes: usize,
    pub(crate) snapshots: usize,
    pub(crate) bad_lines: u64,
}

/// What happens to one job's series.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JobView {
    pub(crate) job: String,
    pub(crate) targets: u64,
    /// Series that the targets expose.
    pub(crate) exposed: u64,
    /// Series that are stored.
    pub(crate) stored: u64,
    /// Series lost because they became the same as another.
    pub(crate) merged: u64,
    /// Targets whose scrape the server loses, with the reason of the first.
    pub(crate) failing_targets: u64,
    pub(crate) failure: Option<String>,
}
