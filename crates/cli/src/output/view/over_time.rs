//! The view of several snapshots: what came and went, what drives it, how it goes on.

use promsieve_core::census::time::growth::{Explosion, Forecast};
use promsieve_core::census::time::{Driver, LabelOverTime, MetricOverTime, OverTime, PairChurn};
use serde::Serialize;

/// What happened over snapshots. Times and rates are in `unit`: `seconds`, or `snapshots` where
/// nothing tells when they were taken.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OverTimeView {
    pub(crate) unit: &'static str,
    pub(crate) snapshots: Vec<SnapshotView>,
    pub(crate) seen: u64,
    pub(crate) compared: u64,
    pub(crate) unchanged: u64,
    pub(crate) forecast: Option<ForecastView>,
    pub(crate) explosion: Option<ExplosionView>,
    pub(crate) metrics: Vec<MetricOverTimeView>,
    pub(crate) labels: Vec<LabelOverTimeView>,
    pub(crate) pairs: Vec<PairChurnView>,
}

/// One snapshot.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SnapshotView {
    pub(crate) source: String,
    pub(crate) time: f64,
    pub(crate) series: u64,
    pub(crate) came: u64,
    pub(crate) went: u64,
}

/// Where a count is expected to be, `ahead` after the last snapshot: in nine of ten cases from
/// `low` to `high`, which need three snapshots.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ForecastView {
    pub(crate) growth: f64,
    pub(crate) ahead: f64,
    pub(crate) expected: u64,
    pub(crate) low: Option<u64>,
    pub(crate) high: Option<u64>,
}

/// A count that left its history.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExplosionView {
    pub(crate) before: u64,
    pub(crate) now: u64,
    pub(crate) expected_at_most: Option<u64>,
}

/// One metric over all snapshots.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricOverTimeView {
    pub(crate) name: String,
    pub(crate) series: Vec<u64>,
    pub(crate) came: u64,
    pub(crate) went: u64,
    pub(crate) seen: u64,
    pub(crate) compared: u64,
    pub(crate) unchanged: u64,
    pub(crate) drivers: Vec<DriverView>,
    pub(crate) forecast: Option<ForecastView>,
    pub(crate) explosion: Option<ExplosionView>,
}

/// New series that a label's new values explain.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DriverView {
    pub(crate) label: String,
    pub(crate) new_series: u64,
    pub(crate) new_values: u64,
}

/// One label over all snapshots.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelOverTimeView {
    pub(crate) name: String,
    pub(crate) values: Vec<u64>,
    pub(crate) new_values: u64,
    pub(crate) gone_values: u64,
    pub(crate) drives: u64,
    pub(crate) forecast: Option<ForecastView>,
    pub(crate) explosion: Option<ExplosionView>,
}

/// A label value and the series that came and went with it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PairChurnView {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) came: u64,
    pub(crate) went: u64,
}

impl OverTimeView {
    /// The view of snapshots; `unit` is what their times count, `sources` are their names.
    pub(crate) fn of(over_time: OverTime, unit: &'static str, sources: Vec<String>) -> Self {
        let snapshot = |(source, moment): (String, promsieve_core::census::time::Moment)| {
            let promsieve_core::census::time::Moment { time, series, came, went } = moment;
            SnapshotView { source, time, series, came, went }
        };
        let pair =
            |PairChurn { label, value, came, went }| PairChurnView { label, value, came, went };
        Self {
            unit,
            snapshots: sources.into_iter().zip(over_time.moments).map(snapshot).collect(),
            seen: over_time.seen,
            compared: over_time.compared,
            unchanged: over_time.unchanged,
            forecast: over_time.forecast.map(ForecastView::of),
            explosion: over_time.explosion.map(ExplosionView::of),
            metrics: over_time.metrics.into_iter().map(MetricOverTimeView::of).collect(),
            labels: over_time.labels.into_iter().map(LabelOverTimeView::of).collect(),
            pairs: over_time.pairs.into_iter().map(pair).collect(),
        }
    }
}

impl ForecastView {
    fn of(forecast: Forecast) -> Self {
        Self {
            growth: forecast.per_second,
            ahead: forecast.ahead,
            expected: whole(forecast.expected),
            low: forecast.range.map(|(low, _)| whole(low)),
            high: forecast.range.map(|(_, high)| whole(high)),
        }
    }
}

/// A count without its fraction.
#[expect(clippy::cast_sign_loss, reason = "forecasts end at 0")]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

impl ExplosionView {
    fn of(explosion: Explosion) -> Self {
        let expected_at_most = explosion.expected_at_most.map(whole);
        Self { before: explosion.before, now: explosion.now, expected_at_most }
    }
}

impl MetricOverTimeView {
    fn of(metric: MetricOverTime) -> Self {
        let driver =
            |Driver { label, new_series, new_values }| DriverView { label, new_series, new_values };
        Self {
            name: metric.name,
            series: metric.series,
            came: metric.came,
            went: metric.went,
            seen: metric.seen,
            compared: metric.compared,
            unchanged: metric.unchanged,
            drivers: metric.drivers.into_iter().map(driver).collect(),
            forecast: metric.forecast.map(ForecastView::of),
            explosion: metric.explosion.map(ExplosionView::of),
        }
    }
}

impl LabelOverTimeView {
    fn of(label: LabelOverTime) -> Self {
        Self {
            name: label.name,
            values: label.values,
            new_values: label.new_values,
            gone_values: label.gone_values,
            drives: label.drives,
            forecast: label.forecast.map(ForecastView::of),
            explosion: label.explosion.map(ExplosionView::of),
        }
    }
}
