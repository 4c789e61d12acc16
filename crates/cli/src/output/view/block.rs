//! The view of a TSDB block: what `promtool tsdb analyze` tells of it, with its numbers.

use promsieve_core::ingest::index::{Churn, PairCount};
use serde::{Deserialize, Serialize};

use super::census::{CensusView, CountView, LabelTotalView, MetricView};
use crate::input::kinds::Block;

/// A block. Its lists hold the largest entries only, as many as `--top` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BlockView {
    pub(crate) source: String,
    pub(crate) ulid: String,
    /// Seconds since the epoch; the end is the first moment behind the block.
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// How often its samples were merged with others.
    pub(crate) level: u64,
    pub(crate) samples: u64,
    pub(crate) chunks: u64,
    /// Series in the index, deleted ones included.
    pub(crate) series: u64,
    /// Series of which some samples are deleted, or all.
    pub(crate) series_with_deletions: u64,
    /// Series of which all samples are deleted; they stay until the block is merged.
    pub(crate) deleted_series: Option<u64>,
    pub(crate) label_names: u64,
    pub(crate) unique_pairs: u64,
    pub(crate) label_pairs: u64,
    /// Series that came or went within the block, as shares of its time, rounded down.
    pub(crate) churn_by_pair: Option<Vec<CountView>>,
    pub(crate) churn_by_label: Option<Vec<CountView>>,
    pub(crate) series_by_pair: Vec<CountView>,
    pub(crate) value_bytes_by_label: Vec<CountView>,
    pub(crate) values_by_label: Vec<CountView>,
    pub(crate) series_by_metric: Vec<CountView>,
}

impl BlockView {
    /// The view of a block with lists of `top` entries; of all for 0.
    pub(crate) fn of(block: &Block, top: usize) -> Self {
        let top = if top == 0 { usize::MAX } else { top };
        let (meta, summary, walked) = (&block.meta, &block.summary, block.walked.as_ref());
        let mut bytes: Vec<_> = summary.labels.iter().collect();
        bytes.sort_by(|a, b| b.value_bytes.cmp(&a.value_bytes).then_with(|| a.name.cmp(&b.name)));
        let churn = |of: fn(&Churn, usize) -> Vec<CountView>| walked.map(|it| of(&it.churn, top));
        Self {
            source: block.name.clone(),
            ulid: meta.ulid.clone(),
            start: meta.min_time as f64 / 1e3,
            end: meta.max_time as f64 / 1e3,
            level: meta.compaction.level,
            samples: meta.stats.num_samples,
            chunks: walked.map_or(meta.stats.num_chunks, |walked| walked.chunks),
            series: summary.series,
            series_with_deletions: block.with_deletions,
            deleted_series: walked.map(|walked| walked.deleted),
            label_names: summary.labels.len() as u64,
            unique_pairs: summary.unique_pairs,
            label_pairs: summary.label_pairs,
            churn_by_pair: churn(|churn, top| pairs(&churn.pairs, top)),
            churn_by_label: churn(|churn, top| counts(&churn.labels, top)),
            series_by_pair: pairs(&summary.pairs, top),
            value_bytes_by_label: bytes
                .iter()
                .take(top)
                .map(|label| count(&label.name, label.value_bytes))
                .collect(),
            values_by_label: summary
                .labels
                .iter()
                .take(top)
                .map(|label| count(&label.name, label.values))
                .collect(),
            series_by_metric: counts(&summary.metrics, top),
        }
    }
}

impl CensusView {
    /// The census that a block's summary makes: nothing of the labels of a single metric.
    pub(crate) fn of_summary(block: &Block) -> Self {
        let summary = &block.summary;
        let metric = |(name, series): &(String, u64)| MetricView::named(name, *series);
        let label = |label: &promsieve_core::ingest::index::LabelSummary| LabelTotalView {
            name: label.name.clone(),
            values: label.values,
            series: label.series,
            error: None,
        };
        Self {
            series: summary.series,
            samples: summary.series,
            exact: true,
            label_pairs: summary.label_pairs,
            label_bytes: summary.label_bytes,
            unique_pairs: summary.unique_pairs,
            metrics: summary.metrics.iter().map(metric).collect(),
            labels: summary.labels.iter().map(label).collect(),
            ..Self::default()
        }
    }
}

fn count(name: &str, value: u64) -> CountView {
    CountView { name: name.to_owned(), value }
}

fn counts(list: &[(String, u64)], top: usize) -> Vec<CountView> {
    list.iter().take(top).map(|(name, value)| count(name, *value)).collect()
}

/// Pairs as promtool writes them.
fn pairs(list: &[PairCount], top: usize) -> Vec<CountView> {
    let pair = |pair: &PairCount| count(&format!("{}={}", pair.name, pair.value), pair.count);
    list.iter().take(top).map(pair).collect()
}
