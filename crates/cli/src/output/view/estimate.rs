//! The view of an estimate.

use promsieve_core::cost::{
    Breakdown, Estimate, Fit, Fitting, Network, Observed, Range, Share, Verdict,
};
use promsieve_core::server::Server;
use promsieve_core::units::Bytes;
use serde::Serialize;

use super::recorded::RulesView;

/// What a load needs. Bytes unless named otherwise.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EstimateView {
    pub(crate) series: u64,
    /// Whether the server is an agent, which has no blocks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) agent: bool,
    /// Peak heap before a collection.
    pub(crate) memory: RangeView,
    /// Anonymous resident memory, what the OOM killer counts.
    pub(crate) rss: RangeView,
    /// The highest of it while the server starts over its log, as after a kill; none for an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<RangeView>,
    /// Heap in use after a collection.
    pub(crate) live_heap: RangeView,
    pub(crate) disk_per_day: u64,
    pub(crate) disk: RangeView,
    pub(crate) wal: RangeView,
    pub(crate) samples_per_second: f64,
    pub(crate) server: String,
    /// What the expected live heap is made of.
    pub(crate) parts: Vec<PartView>,
    pub(crate) notes: Vec<String>,
    /// What metrics and labels cost, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) breakdown: Option<BreakdownView>,
    /// For a container that holds the server.
    pub(crate) container: ContainerView,
    /// What goes over the network in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<NetworkView>,
    /// What rules among the inputs record, where there are any; the series above have the most of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rules: Option<RulesView>,
    /// What a running server says, where one was asked; all else follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) live: Option<LiveView>,
    /// How it stands to a memory limit, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fit: Option<FitView>,
}

/// Network in a second.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NetworkView {
    /// Bytes of scraped pages before compression.
    pub(crate) scraped: u64,
    /// Samples of all remote-write queues.
    pub(crate) sent_samples: f64,
    /// Bytes of those, compressed.
    pub(crate) sent: RangeView,
}

/// Memory of a container.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ContainerView {
    /// The expected resident memory.
    pub(crate) request: u64,
    /// The high end of it, and a tenth of headroom, which Prometheus 3 leaves below GOMEMLIMIT.
    pub(crate) limit: u64,
}

/// A running server beside the estimate of its load.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LiveView {
    /// Series of its head.
    pub(crate) series: u64,
    /// How far its heap may grow.
    pub(crate) memory: u64,
    /// What the measured model expects of that.
    pub(crate) expected_memory: u64,
    /// What its resident memory is, file pages included.
    pub(crate) resident: u64,
    /// What the model's prices were multiplied with to give that heap.
    pub(crate) factor: f64,
}

/// What the dearest metrics and labels cost.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BreakdownView {
    pub(crate) metrics: Vec<ShareView>,
    /// The text of each label, and the series that only differ in it; these don't add up.
    pub(crate) labels: Vec<ShareView>,
}

/// A metric or a label.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShareView {
    pub(crate) name: String,
    pub(crate) series: u64,
    /// Live heap that would not be needed without it.
    pub(crate) bytes: u64,
}

/// The series against a memory limit.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FitView {
    pub(crate) limit: u64,
    /// `fits`, `uncertain` or `exceeds`
    pub(crate) verdict: &'static str,
    /// Series of this kind that fit, at the high end of memory, as expected, and at the low end.
    pub(crate) series: RangeView,
    /// Targets of this kind that fit, in the same order.
    pub(crate) targets: RangeView,
    /// Days until the limit at the given growth, in the same order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<RangeView>,
}

/// A quantity with the calibration's error.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RangeView {
    pub(crate) low: u64,
    pub(crate) expected: u64,
    pub(crate) high: u64,
}

/// A part of the live heap.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PartView {
    pub(crate) name: &'static str,
    pub(crate) bytes: u64,
}

impl RangeView {
    fn of(range: Range) -> Self {
        Self { low: range.low.0, expected: range.expected.0, high: range.high.0 }
    }
}

impl EstimateView {
    /// The view of an estimate for so many series on this server.
    pub(crate) fn of(series: u64, estimate: &Estimate, server: Server) -> Self {
        let part =
            |part: &promsieve_core::cost::Part| PartView { name: part.name, bytes: part.bytes.0 };
        Self {
            series,
            memory: RangeView::of(estimate.memory),
            rss: RangeView::of(estimate.rss),
            agent: false,
            start: estimate.start.map(RangeView::of),
            live_heap: RangeView::of(estimate.live_heap),
            disk_per_day: estimate.disk_per_day.expected.0,
            disk: RangeView::of(estimate.disk),
            wal: RangeView::of(estimate.wal),
            samples_per_second: (estimate.samples_per_second * 10.0).round() / 10.0,
            server: server.to_string(),
            parts: estimate.parts.iter().map(part).collect(),
            notes: estimate.notes.clone(),
            breakdown: None,
            container: ContainerView {
                request: estimate.request().0,
                limit: estimate.limit(server).0,
            },
            network: None,
            rules: None,
            live: None,
            fit: None,
        }
    }
}

impl NetworkView {
    /// The view of what is read and sent.
    pub(crate) fn of(network: &Network) -> Self {
        Self {
            scraped: network.scraped.0,
            sent_samples: (network.sent_samples * 10.0).round() / 10.0,
            sent: RangeView::of(network.sent),
        }
    }
}

impl LiveView {
    /// The view of a server whose heap was expected to grow so far.
    pub(crate) fn of(observed: &Observed, expected: Bytes, factor: f64) -> Self {
        Self {
            series: observed.series,
            memory: observed.next_gc.0,
            expected_memory: expected.0,
            resident: observed.resident.0,
            factor: (factor * 1000.0).round() / 1000.0,
        }
    }
}

impl BreakdownView {
    /// The view of the first so many metrics and labels.
    pub(crate) fn of(breakdown: &Breakdown, top: usize) -> Self {
        let share = |share: &Share| ShareView {
            name: share.name.clone(),
            series: share.series,
            bytes: share.bytes.0,
        };
        let first = |shares: &[Share]| shares.iter().take(top).map(share).collect();
        Self { metrics: first(&breakdown.metrics), labels: first(&breakdown.labels) }
    }
}

impl FitView {
    /// The view of a fit of so many series, which grow by so many a day, at least one.
    pub(crate) fn of(fit: &Fit, limit: Bytes, series: u64, growth: Option<u64>) -> Self {
        let all = |Fitting { low, expected, high }| RangeView { low, expected, high };
        let days = |a_day: u64| {
            let until = |fits: u64| fits.saturating_sub(series) / a_day;
            let Fitting { low, expected, high } = fit.series;
            RangeView { low: until(low), expected: until(expected), high: until(high) }
        };
        Self {
            limit: limit.0,
            verdict: match fit.verdict {
                Verdict::Fits => "fits",
                Verdict::Uncertain => "uncertain",
                Verdict::Exceeds => "exceeds",
            },
            series: all(fit.series),
            targets: all(fit.targets),
            days: growth.map(days),
        }
    }
}
