//! The view of a server's head.

use promsieve_core::ingest::wal::{HeadMetric, Interval};
use serde::{Deserialize, Serialize};

use crate::input::kinds::Head;

/// A head as a server has it once it has replayed its log; times in seconds since the epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct HeadView {
    pub(crate) source: String,
    pub(crate) checkpoint: Option<u64>,
    pub(crate) segments: u64,
    pub(crate) skipped_segments: u64,
    pub(crate) series: u64,
    pub(crate) created: u64,
    pub(crate) active: u64,
    pub(crate) unchanging: u64,
    pub(crate) samples: u64,
    pub(crate) histogram_samples: u64,
    pub(crate) late_samples: u64,
    pub(crate) old_samples: u64,
    pub(crate) unknown_samples: u64,
    pub(crate) exemplars: u64,
    pub(crate) tombstones: u64,
    pub(crate) mapped_chunks: u64,
    pub(crate) mapped_samples: u64,
    pub(crate) start: Option<f64>,
    pub(crate) end: Option<f64>,
    pub(crate) intervals: Vec<IntervalView>,
    pub(crate) metrics: Vec<HeadMetricView>,
}

/// When series came and went.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct IntervalView {
    pub(crate) start: f64,
    pub(crate) seconds: f64,
    pub(crate) appeared: u64,
    pub(crate) vanished: u64,
}

/// One metric in the head.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct HeadMetricView {
    pub(crate) name: String,
    pub(crate) series: u64,
    pub(crate) active: u64,
    pub(crate) appeared: u64,
    pub(crate) unchanging: u64,
}

impl HeadView {
    /// The view of one head.
    pub(crate) fn of(head: &Head) -> Self {
        let counts = &head.counts;
        Self {
            source: head.name.clone(),
            checkpoint: head.checkpoint,
            segments: head.segments,
            skipped_segments: head.skipped_segments,
            series: counts.series,
            created: counts.created,
            active: counts.active,
            unchanging: counts.unchanging,
            samples: counts.samples,
            histogram_samples: counts.histogram_samples,
            late_samples: counts.late_samples,
            old_samples: counts.old_samples,
            unknown_samples: counts.unknown_samples,
            exemplars: counts.exemplars,
            tombstones: counts.tombstones,
            mapped_chunks: counts.mapped_chunks,
            mapped_samples: counts.mapped_samples,
            start: counts.times.map(|(oldest, _)| seconds(oldest)),
            end: counts.times.map(|(_, newest)| seconds(newest)),
            intervals: counts.intervals.iter().map(IntervalView::of).collect(),
            metrics: counts.metrics.iter().map(HeadMetricView::of).collect(),
        }
    }
}

impl IntervalView {
    fn of(interval: &Interval) -> Self {
        Self {
            start: seconds(interval.start),
            seconds: seconds(interval.length),
            appeared: interval.appeared,
            vanished: interval.vanished,
        }
    }
}

impl HeadMetricView {
    fn of(metric: &HeadMetric) -> Self {
        let HeadMetric { name, series, active, appeared, unchanging } = metric.clone();
        Self { name, series, active, appeared, unchanging }
    }
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
