//! The view of a server that is to run a plan: what it does of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::optimize::STOP_JOB;

/// The server's counters that grow when two series of a target have become one.
const MERGES: [&str; 3] = [
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_target_scrapes_sample_out_of_order_total",
    "prometheus_tsdb_out_of_order_samples_total",
];

/// What is read of a plan.
#[derive(Debug, Deserialize)]
pub(crate) struct PlanFile {
    before: Footprint,
    after: Footprint,
    pub(crate) actions: Vec<PlannedAction>,
    pub(crate) metrics: Vec<PlannedMetric>,
}

/// What a plan expects a server to hold.
#[derive(Debug, Deserialize)]
struct Footprint {
    rss: u64,
}

/// An action of a plan.
#[derive(Debug, Deserialize)]
pub(crate) struct PlannedAction {
    kind: String,
    job: String,
    metrics: Vec<String>,
    labels: Vec<String>,
    values: Vec<String>,
    pub(crate) gone: Vec<String>,
    series_saved: u64,
    series_changed: u64,
}

/// Series of one metric of one job.
#[derive(Debug, Deserialize)]
pub(crate) struct PlannedMetric {
    job: String,
    pub(crate) metric: String,
    before: u64,
    after: u64,
}

/// What is read of an earlier answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Earlier {
    merges: Vec<EarlierCounter>,
    alerts: Option<EarlierAlerts>,
}

/// A counter of an earlier answer.
#[derive(Debug, Deserialize)]
struct EarlierCounter {
    name: String,
    total: u64,
}

/// Alerts of an earlier answer.
#[derive(Debug, Deserialize)]
struct EarlierAlerts {
    firing: BTreeSet<BTreeMap<String, String>>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its address.
    pub(crate) server: String,
    /// Jobs with targets that are up.
    pub(crate) jobs: BTreeSet<String>,
    /// For each action the series that it should have taken; none where the server refused.
    pub(crate) gone: Vec<Option<u64>>,
    /// Series by job and metric.
    pub(crate) metrics: BTreeMap<(String, String), u64>,
    /// The server's own metrics, added up by name.
    pub(crate) own: BTreeMap<String, f64>,
    /// The labels of what fires.
    pub(crate) firing: Option<Vec<BTreeMap<String, String>>>,
}

/// What a server does of a plan.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifyView {
    pub(crate) server: String,
    /// `runs` (all of it), `in_part`, `runs_not` (nothing of it) or `not_seen`, as of the actions.
    pub(crate) state: &'static str,
    pub(crate) actions: Vec<ActionCheck>,
    /// Every metric that the plan touches.
    pub(crate) metrics: Vec<MetricCheck>,
    /// Series of these metrics together.
    pub(crate) series: SeriesCheck,
    pub(crate) memory: MemoryCheck,
    /// Counters that grow when two series of a target have become one; those that the server has.
    pub(crate) merges: Vec<CounterCheck>,
    /// Null where the server tells no alerts.
    pub(crate) alerts: Option<AlertsCheck>,
}

/// One action on the server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ActionCheck {
    pub(crate) kind: String,
    pub(crate) job: String,
    pub(crate) metrics: Vec<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) values: Vec<String>,
    /// `runs`, `in_part`, `runs_not`, `not_seen` (no target of the job is up) or `unknown` (the server
    /// did not answer).
    pub(crate) state: &'static str,
    /// Series that the plan found to drop or to change.
    pub(crate) planned: u64,
    /// Series that are there all the same.
    pub(crate) left: Option<u64>,
}

/// Series of one metric of one job.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricCheck {
    pub(crate) job: String,
    pub(crate) metric: String,
    pub(crate) before: u64,
    pub(crate) predicted: u64,
    pub(crate) found: u64,
}

/// Series of all touched metrics.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SeriesCheck {
    pub(crate) before: u64,
    pub(crate) predicted: u64,
    pub(crate) found: u64,
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MemoryCheck {
    /// Anonymous resident memory that the plan expects without it.
    pub(crate) before: u64,
    /// Anonymous resident memory that the plan expects.
    pub(crate) predicted: u64,
    /// `process_resident_memory_bytes`, mapped files included; null where the server tells none.
    pub(crate) resident: Option<u64>,
    /// `go_memstats_heap_inuse_bytes`.
    pub(crate) heap: Option<u64>,
    /// `prometheus_tsdb_head_series`: dropped series count until the head is collected.
    pub(crate) head_series: Option<u64>,
}

/// One counter of the server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CounterCheck {
    pub(crate) name: &'static str,
    /// Since the server started.
    pub(crate) total: u64,
    /// Since the earlier answer; null without one.
    pub(crate) grown: Option<u64>,
}

/// Labels of alerts.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AlertsCheck {
    pub(crate) firing: Vec<BTreeMap<String, String>>,
    /// Those that did not fire in the earlier answer; null without one.
    pub(crate) began: Option<Vec<BTreeMap<String, String>>>,
    /// Those that fired in the earlier answer; null without one.
    pub(crate) ended: Option<Vec<BTreeMap<String, String>>>,
}

impl VerifyView {
    /// A plan held against what a server answered, and against an earlier answer.
    pub(crate) fn of(plan: &PlanFile, found: Found, earlier: Option<&Earlier>) -> Self {
        let actions = plan.actions.iter().zip(&found.gone);
        let actions: Vec<ActionCheck> =
            actions.map(|(action, left)| ActionCheck::of(action, *left, &found.jobs)).collect();
        let metrics: Vec<MetricCheck> =
            plan.metrics.iter().map(|metric| MetricCheck::of(metric, &found)).collect();
        let mut series = SeriesCheck::default();
        for metric in &metrics {
            series.before += metric.before;
            series.predicted += metric.predicted;
            series.found += metric.found;
        }
        Self {
            state: together(&actions),
            actions,
            metrics,
            series,
            memory: MemoryCheck::of(plan, &found.own),
            merges: MERGES.iter().filter_map(|name| counter(name, &found.own, earlier)).collect(),
            alerts: found.firing.map(|firing| AlertsCheck::of(firing, earlier)),
            server: found.server,
        }
    }

    /// Whether all of the plan is at work, and no series have become one.
    pub(crate) fn holds(&self) -> bool {
        self.state == "runs" && !self.has_merged()
    }

    /// Whether a metric has fewer series than predicted while the server counts samples that it has
    /// already. Either alone is no merge: targets go, and what the configuration merged before the
    /// plan is counted at every scrape.
    pub(crate) fn has_merged(&self) -> bool {
        let counted = self.merges.iter().any(|counter| counter.since() > 0);
        counted && self.metrics.iter().any(|metric| metric.found < metric.predicted)
    }
}

impl CounterCheck {
    /// Since the earlier answer, or else since the server started.
    pub(crate) fn since(&self) -> u64 {
        self.grown.unwrap_or(self.total)
    }
}

/// The state of the plan by those of its actions.
fn together(actions: &[ActionCheck]) -> &'static str {
    let first = actions.first().map_or("runs", |action| action.state);
    if actions.iter().all(|action| action.state == first) { first } else { "in_part" }
}

impl ActionCheck {
    fn of(action: &PlannedAction, left: Option<u64>, jobs: &BTreeSet<String>) -> Self {
        let planned = action.series_saved + action.series_changed;
        let state = match left {
            None => "unknown",
            Some(0) if !jobs.contains(&action.job) && action.kind != STOP_JOB => "not_seen",
            Some(0) => "runs",
            Some(left) if left < planned => "in_part",
            Some(_) => "runs_not",
        };
        Self {
            kind: action.kind.clone(),
            job: action.job.clone(),
            metrics: action.metrics.clone(),
            labels: action.labels.clone(),
            values: action.values.clone(),
            state,
            planned,
            left,
        }
    }
}

impl MetricCheck {
    fn of(metric: &PlannedMetric, found: &Found) -> Self {
        let key = (metric.job.clone(), metric.metric.clone());
        let count = found.metrics.get(&key).copied().unwrap_or_default();
        let (job, metric_name) = key;
        Self {
            job,
            metric: metric_name,
            before: metric.before,
            predicted: metric.after,
            found: count,
        }
    }
}

impl MemoryCheck {
    fn of(plan: &PlanFile, own: &BTreeMap<String, f64>) -> Self {
        let told = |name: &str| own.get(name).copied().map(whole);
        Self {
            before: plan.before.rss,
            predicted: plan.after.rss,
            resident: told("process_resident_memory_bytes"),
            heap: told("go_memstats_heap_inuse_bytes"),
            head_series: told("prometheus_tsdb_head_series"),
        }
    }
}

fn counter(
    name: &'static str,
    own: &BTreeMap<String, f64>,
    earlier: Option<&Earlier>,
) -> Option<CounterCheck> {
    let total = whole(*own.get(name)?);
    let before = earlier.map(|earlier| {
        let counter = earlier.merges.iter().find(|counter| counter.name == name);
        counter.map_or(0, |counter| counter.total)
    });
    // A server that was started again counts from nothing.
    let grown = before.map(|before| total.checked_sub(before).unwrap_or(total));
    Some(CounterCheck { name, total, grown })
}

/// A number of things as Prometheus shows it.
#[expect(clippy::cast_sign_loss, reason = "numbers of things are not negative")]
fn whole(value: f64) -> u64 {
    value as u64
}

impl AlertsCheck {
    fn of(firing: Vec<BTreeMap<String, String>>, earlier: Option<&Earlier>) -> Self {
        let earlier = earlier.and_then(|earlier| earlier.alerts.as_ref()).map(|it| &it.firing);
        let began = earlier.map(|earlier| {
            firing.iter().filter(|alert| !earlier.contains(*alert)).cloned().collect()
        });
        let ended = earlier.map(|earlier| {
            earlier.iter().filter(|alert| !firing.contains(alert)).cloned().collect()
        });
        Self { firing, began, ended }
    }
}
