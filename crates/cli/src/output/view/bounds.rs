//! The view of what follows from totals and top lists alone.

use promsieve_core::census::{LabelBounds, Totals};
use serde::{Deserialize, Serialize};

/// Bounds that hold for every set of series of which a server could have told so.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BoundsView {
    pub(crate) listed_series: u64,
    pub(crate) listed_share: f64,
    pub(crate) metrics_at_least: u64,
    pub(crate) metrics_at_most: u64,
    pub(crate) largest_unlisted_metric: u64,
    pub(crate) label_names_at_least: Option<u64>,
    pub(crate) label_names_at_most: Option<u64>,
    pub(crate) largest_unlisted_label: u64,
    pub(crate) labels: Vec<LabelBoundsView>,
}

/// How many series may be left without a label.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelBoundsView {
    pub(crate) name: String,
    pub(crate) values: u64,
    pub(crate) without_at_least: u64,
    pub(crate) without_at_most: u64,
}

impl BoundsView {
    /// The view of what follows.
    pub(crate) fn of(totals: &Totals) -> Self {
        let names = totals.label_names.as_ref();
        Self {
            listed_series: totals.listed_series,
            listed_share: (totals.known_share() * 1000.0).round() / 1000.0,
            metrics_at_least: *totals.metrics.start(),
            metrics_at_most: *totals.metrics.end(),
            largest_unlisted_metric: totals.largest_unlisted_metric,
            label_names_at_least: names.map(|names| *names.start()),
            label_names_at_most: names.map(|names| *names.end()),
            largest_unlisted_label: totals.largest_unlisted_label,
            labels: totals.labels.iter().map(LabelBoundsView::of).collect(),
        }
    }
}

impl LabelBoundsView {
    fn of(label: &LabelBounds) -> Self {
        Self {
            name: label.name.clone(),
            values: label.values,
            without_at_least: *label.without.start(),
            without_at_most: *label.without.end(),
        }
    }
}
