//! The view of a census.

use promsieve_core::census::depth::{LabelValues, MetricValues};
use promsieve_core::census::{Census, Errors, MetricCensus, ShapeShare, Totals};
use promsieve_core::ingest::status::{Entry, TsdbStatus};
use promsieve_core::packs::{Layer, layer_of};
use promsieve_core::series::MetricType;
use serde::{Deserialize, Serialize};

use super::block::BlockView;
use super::bounds::BoundsView;
use super::depth::{DepthView, GroupsView, PairsView, ValueView};
use super::head::HeadView;
use super::over_time::OverTimeView;

/// A census, and what blocks, heads and statuses of servers tell.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CensusView {
    pub(crate) series: u64,
    pub(crate) samples: u64,
    pub(crate) exact: bool,
    pub(crate) targets: u64,
    pub(crate) label_pairs: u64,
    pub(crate) label_bytes: u64,
    pub(crate) unique_pairs: u64,
    /// Of `series` and, as that of values, of `unique_pairs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorView>,
    /// Metrics that were too many to be counted each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) others: Option<OthersView>,
    pub(crate) metrics: Vec<MetricView>,
    pub(crate) labels: Vec<LabelTotalView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) by: Vec<GroupsView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pairs: Option<PairsView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) over_time: Option<OverTimeView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) blocks: Vec<BlockView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) heads: Vec<HeadView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) status: Vec<StatusView>,
}

/// Relative standard errors of numbers that are estimates; 0 where a number is exact.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ErrorView {
    pub(crate) series: f64,
    pub(crate) values: f64,
    pub(crate) without: f64,
}

/// Metrics that were too many to be counted each.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OthersView {
    pub(crate) metrics: u64,
    pub(crate) series: u64,
    pub(crate) error: Option<ErrorView>,
}

/// One metric.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricView {
    pub(crate) name: String,
    pub(crate) r#type: &'static str,
    pub(crate) layer: Option<&'static str>,
    pub(crate) series: u64,
    pub(crate) samples: u64,
    pub(crate) duplicates: Option<u64>,
    /// Unknown in the summary of a block, whose metrics have no labels there.
    pub(crate) label_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorView>,
    pub(crate) labels: Vec<LabelView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) depth: Option<DepthView>,
}

/// One label of a metric.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelView {
    pub(crate) name: String,
    pub(crate) values: u64,
    pub(crate) series: u64,
    pub(crate) bytes: u64,
    pub(crate) without: Option<u64>,
    pub(crate) redundant: Option<bool>,
    pub(crate) shape: Option<&'static str>,
    pub(crate) shape_share: Option<f64>,
    pub(crate) shapes: Vec<ShapeView>,
    /// The values that most series have, ten at most: of the largest metrics of a review.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) top_values: Vec<ValueView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorView>,
}

/// A shape of values and the share of a label's values that have it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShapeView {
    pub(crate) shape: &'static str,
    pub(crate) share: f64,
}

/// One label name over all metrics.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelTotalView {
    pub(crate) name: String,
    pub(crate) values: u64,
    pub(crate) series: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorView>,
}

/// What a server's `/api/v1/status/tsdb` tells. Its lists hold the largest entries only.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct StatusView {
    pub(crate) source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) tenant: String,
    pub(crate) head_series: u64,
    pub(crate) head_chunks: i64,
    pub(crate) label_pairs: u64,
    pub(crate) series_by_metric: Vec<CountView>,
    pub(crate) values_by_label: Vec<CountView>,
    pub(crate) series_by_pair: Vec<CountView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) series_by_label: Vec<CountView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) series_by_focus_value: Vec<CountView>,
    pub(crate) bounds: BoundsView,
}

/// A name and its number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CountView {
    pub(crate) name: String,
    pub(crate) value: u64,
}

impl CensusView {
    /// The view of a census, if samples were read, and of statuses.
    pub(crate) fn of(census: Option<&Census>, status: Vec<StatusView>) -> Self {
        let Some(census) = census else { return Self { status, ..Self::default() } };
        let labels = census.labels.iter().map(|label| LabelTotalView {
            name: label.name.clone(),
            values: label.values,
            series: label.series,
            error: ErrorView::of(label.errors),
        });
        let others = census.others.map(|others| OthersView {
            metrics: others.metrics,
            series: others.series,
            error: ErrorView::of(others.errors),
        });
        Self {
            series: census.series,
            samples: census.samples,
            exact: census.exact,
            targets: census.targets,
            label_pairs: census.label_pairs,
            label_bytes: census.label_bytes,
            unique_pairs: census.unique_pairs,
            error: ErrorView::of(census.errors),
            others,
            metrics: census.metrics.iter().map(MetricView::of).collect(),
            labels: labels.collect(),
            status,
            ..Self::default()
        }
    }
}

impl MetricView {
    /// Adds the values of its labels.
    pub(crate) fn add_values(&mut self, values: MetricValues) {
        for LabelValues { name, values } in values.labels {
            let label = self.labels.iter_mut().find(|label| label.name == name);
            if let Some(label) = label {
                label.top_values = values.into_iter().map(ValueView::of).collect();
            }
        }
    }
}

impl ErrorView {
    /// `None` where every number is exact.
    fn of(errors: Errors) -> Option<Self> {
        let rounded = |error: f64| (error * 1e5).round() / 1e5;
        (!errors.is_exact()).then(|| Self {
            series: rounded(errors.series),
            values: rounded(errors.values),
            without: rounded(errors.without),
        })
    }
}

impl MetricView {
    fn of(metric: &MetricCensus) -> Self {
        let labels = metric.labels.iter().map(|label| LabelView {
            name: label.name.clone(),
            values: label.values,
            series: label.series,
            bytes: label.bytes,
            without: label.without,
            // Two estimates that are equal prove nothing.
            redundant: label
                .without
                .filter(|_| label.errors.is_exact() && metric.errors.is_exact())
                .map(|_| label.is_redundant(metric.series)),
            shape: label.shape().map(|shape| shape.shape.as_str()),
            shape_share: label.shape().map(|shape| rounded(shape.share)),
            shapes: label.shapes.iter().map(ShapeView::of).collect(),
            top_values: Vec::new(),
            error: ErrorView::of(label.errors),
        });
        Self {
            name: metric.name.clone(),
            r#type: metric.kind.as_str(),
            layer: metric.layer.map(Layer::as_str),
            series: metric.series,
            samples: metric.samples,
            duplicates: metric.duplicates,
            label_bytes: Some(metric.label_bytes),
            error: ErrorView::of(metric.errors),
            labels: labels.collect(),
            depth: None,
        }
    }

    /// A metric of which nothing is known but its name and number of series.
    pub(crate) fn named(name: &str, series: u64) -> Self {
        Self {
            name: name.to_owned(),
            r#type: MetricType::Unknown.as_str(),
            layer: layer_of(name).map(Layer::as_str),
            series,
            samples: series,
            duplicates: None,
            label_bytes: None,
            error: None,
            labels: Vec::new(),
            depth: None,
        }
    }
}

impl ShapeView {
    fn of(share: &ShapeShare) -> Self {
        Self { shape: share.shape.as_str(), share: rounded(share.share) }
    }
}

/// A share with the digits that mean something.
fn rounded(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}

impl StatusView {
    /// The view of one server's status.
    pub(crate) fn of(source: &str, status: &TsdbStatus) -> Self {
        let list = |entries: &[Entry]| -> Vec<CountView> {
            let view = |entry: &Entry| CountView { name: entry.name.clone(), value: entry.value };
            entries.iter().map(view).collect()
        };
        Self {
            source: source.to_owned(),
            tenant: status.tenant.clone(),
            head_series: status.head_stats.num_series,
            head_chunks: status.head_stats.chunk_count,
            label_pairs: status.head_stats.num_label_pairs,
            series_by_metric: list(&status.series_count_by_metric_name),
            values_by_label: list(&status.label_value_count_by_label_name),
            series_by_pair: list(&status.series_count_by_label_value_pair),
            series_by_label: list(&status.series_count_by_label_name),
            series_by_focus_value: list(&status.series_count_by_focus_label_value),
            bounds: BoundsView::of(&Totals::of(status)),
        }
    }
}
