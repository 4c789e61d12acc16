//! The views of metrics in depth, of groups of series, and of the largest label values.

use std::collections::BTreeMap;

use promsieve_core::census::depth::{
    Collisions, IdleBucket, LabelDepth, LabelSet, MetricDepth, Redundancy, ValueCount,
};
use promsieve_core::census::groups::{Dimension, GroupCensus};
use promsieve_core::census::pairs::{Pair, Pairs};
use serde::Serialize;

/// A series: its labels with their values.
pub(crate) type SeriesView = BTreeMap<String, String>;

/// What the labels of one metric make of it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DepthView {
    pub(crate) labels: Vec<LabelDepthView>,
    pub(crate) sets: Vec<LabelSetView>,
    pub(crate) removable: Vec<String>,
    pub(crate) removable_bytes: u64,
    pub(crate) idle_buckets: Vec<IdleBucketView>,
    pub(crate) duplicate: Option<SeriesView>,
}

/// What one label makes of a metric.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelDepthView {
    pub(crate) name: String,
    pub(crate) values: Vec<ValueView>,
    pub(crate) heaviest: Vec<ValueView>,
    pub(crate) redundancy: Option<RedundancyView>,
    pub(crate) collisions: Option<CollisionsView>,
}

/// A value of a label.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ValueView {
    pub(crate) value: String,
    pub(crate) series: u64,
    pub(crate) bytes: u64,
}

/// Why nothing merges without a label: it is `constant`, or labels of the `target` or other
/// `labels` determine it, each of the sets in `by`.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RedundancyView {
    pub(crate) kind: &'static str,
    pub(crate) by: Vec<Vec<String>>,
}

/// Series that would merge.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CollisionsView {
    pub(crate) groups: u64,
    pub(crate) largest: u64,
    pub(crate) example: [SeriesView; 2],
}

/// Labels that go together.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelSetView {
    pub(crate) labels: Vec<String>,
    pub(crate) without: u64,
    pub(crate) collisions: Option<CollisionsView>,
}

/// Two neighbouring bounds between which no histogram has an observation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct IdleBucketView {
    pub(crate) above: String,
    pub(crate) le: String,
    pub(crate) histograms: u64,
}

/// The series by something that they have in common.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GroupsView {
    pub(crate) dimension: String,
    pub(crate) groups: Vec<GroupView>,
}

/// Series that have something in common.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GroupView {
    pub(crate) key: BTreeMap<String, String>,
    pub(crate) series: u64,
    pub(crate) samples: u64,
    pub(crate) label_bytes: u64,
}

/// The largest label values over all metrics.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PairsView {
    pub(crate) by_series: Vec<PairView>,
    pub(crate) by_bytes: Vec<PairView>,
}

/// A label value.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PairView {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) series: u64,
    pub(crate) bytes: u64,
}

impl DepthView {
    /// The view of one metric in depth.
    pub(crate) fn of(depth: MetricDepth) -> Self {
        Self {
            labels: depth.labels.into_iter().map(LabelDepthView::of).collect(),
            sets: depth.sets.into_iter().map(LabelSetView::of).collect(),
            removable: depth.removable,
            removable_bytes: depth.removable_bytes,
            idle_buckets: depth.idle_buckets.into_iter().map(IdleBucketView::of).collect(),
            duplicate: depth.duplicate.map(|labels| labels.into_iter().collect()),
        }
    }
}

impl LabelDepthView {
    fn of(label: LabelDepth) -> Self {
        Self {
            name: label.name,
            values: label.values.into_iter().map(ValueView::of).collect(),
            heaviest: label.heaviest.into_iter().map(ValueView::of).collect(),
            redundancy: label.redundancy.map(RedundancyView::of),
            collisions: label.collisions.map(CollisionsView::of),
        }
    }
}

impl ValueView {
    /// The view of a value.
    pub(crate) fn of(ValueCount { value, series, bytes }: ValueCount) -> Self {
        Self { value, series, bytes }
    }
}

impl RedundancyView {
    fn of(redundancy: Redundancy) -> Self {
        match redundancy {
            Redundancy::Constant => Self { kind: "constant", by: Vec::new() },
            Redundancy::Target(by) => Self { kind: "target", by: vec![by] },
            Redundancy::Labels(by) => Self { kind: "labels", by },
        }
    }
}

impl CollisionsView {
    fn of(collisions: Collisions) -> Self {
        Self {
            groups: collisions.groups,
            largest: collisions.largest,
            example: collisions.example.map(|labels| labels.into_iter().collect()),
        }
    }
}

impl LabelSetView {
    fn of(set: LabelSet) -> Self {
        Self {
            labels: set.labels,
            without: set.without,
            collisions: set.collisions.map(CollisionsView::of),
        }
    }
}

impl IdleBucketView {
    fn of(IdleBucket { above, le, histograms }: IdleBucket) -> Self {
        Self { above, le, histograms }
    }
}

impl GroupsView {
    /// The view of the series by a dimension.
    pub(crate) fn of(dimension: &Dimension, groups: Vec<GroupCensus>) -> Self {
        let parts = dimension.parts();
        let view = |group: GroupCensus| GroupView {
            key: parts.iter().map(|&part| part.to_owned()).zip(group.key).collect(),
            series: group.series,
            samples: group.samples,
            label_bytes: group.label_bytes,
        };
        Self {
            dimension: dimension.as_str().to_owned(),
            groups: groups.into_iter().map(view).collect(),
        }
    }
}

impl PairsView {
    /// The view of the largest label values.
    pub(crate) fn of(pairs: Pairs) -> Self {
        let view = |Pair { label, value, series, bytes }| PairView { label, value, series, bytes };
        Self {
            by_series: pairs.by_series.into_iter().map(view).collect(),
            by_bytes: pairs.by_bytes.into_iter().map(view).collect(),
        }
    }
}
