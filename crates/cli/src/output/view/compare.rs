//! The view of two revisions side by side.

use promsieve_core::compare::{
    Change, Comparison, Driver, GroupChange, LabelChange, MetricChange, QueryChange, ScrapeChange,
    SelectorChange, SignalChange, Weight,
};
use serde::Serialize;

/// What is different between two revisions. Lists hold what changed and nothing else.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ComparisonView {
    /// The old one, as the user named it.
    pub(crate) old: String,
    /// The new one.
    pub(crate) new: String,
    /// Whether anything is different.
    pub(crate) changed: bool,
    /// What the server refuses of the new configuration and not of the old one.
    pub(crate) refused: Vec<String>,
    pub(crate) before: WeightView,
    pub(crate) after: WeightView,
    /// Series that only the new side has.
    pub(crate) came: u64,
    /// Series that only the old side has.
    pub(crate) went: u64,
    pub(crate) targets: CountsView,
    /// Series that became the same as another on their way: all but one of them are lost.
    pub(crate) merged: CountsView,
    /// What grew most first.
    pub(crate) jobs: Vec<JobChangeView>,
    /// By job and metric: what grew most first.
    pub(crate) metrics: Vec<MetricChangeView>,
    /// The label that drives most growth first.
    pub(crate) labels: Vec<LabelChangeView>,
    /// Scrapes that only one side loses.
    pub(crate) scrapes: Vec<ScrapeChangeView>,
    /// Signals that a job gives on one side alone: what is lost first.
    pub(crate) signals: Vec<SignalChangeView>,
    /// What is lost first.
    pub(crate) queries: Vec<QueryChangeView>,
    pub(crate) notes: Vec<String>,
}

/// What series weigh: bytes of resident memory and of blocks a day as expected, samples a second.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WeightView {
    pub(crate) series: u64,
    pub(crate) memory: u64,
    pub(crate) disk_per_day: u64,
    pub(crate) samples_per_second: f64,
}

/// A number of both sides.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CountsView {
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// A job whose series came or went.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JobChangeView {
    pub(crate) job: String,
    pub(crate) before: WeightView,
    pub(crate) after: WeightView,
    pub(crate) came: u64,
    pub(crate) went: u64,
}

/// A metric of a job whose series came or went.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricChangeView {
    pub(crate) job: String,
    pub(crate) metric: String,
    pub(crate) before: WeightView,
    pub(crate) after: WeightView,
    pub(crate) came: u64,
    pub(crate) went: u64,
    /// The labels that explain series that came, the one that explains most first.
    pub(crate) drivers: Vec<LabelDriverView>,
}

/// A label that explains why series are more, or others than before.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelDriverView {
    pub(crate) label: String,
    /// Distinct values that the metric has.
    pub(crate) values: CountsView,
    /// Series that came with a value that the metric did not have.
    pub(crate) new_series: u64,
    /// Series more than the metric would have grown by without the label.
    pub(crate) makes: u64,
    /// What its values look like on the new side.
    pub(crate) shape: Option<&'static str>,
    /// Whether values of this shape come without end.
    pub(crate) unbounded: bool,
}

/// A label over all metrics.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LabelChangeView {
    pub(crate) label: String,
    pub(crate) values: CountsView,
    pub(crate) series: CountsView,
    /// Growth, in series, of the metrics that it drives before all other labels.
    pub(crate) drives: u64,
}

/// A scrape that the server loses as a whole on one side alone.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ScrapeChangeView {
    /// `lost` or `mended`
    pub(crate) fate: &'static str,
    pub(crate) job: String,
    pub(crate) instance: String,
    pub(crate) reason: String,
}

/// A signal that a job gives on one side alone.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SignalChangeView {
    /// `lost` or `gained`
    pub(crate) fate: &'static str,
    pub(crate) layer: &'static str,
    /// Its row and signal: `cpu/utilisation`.
    pub(crate) cell: String,
    pub(crate) job: String,
}

/// A query that finds other series than before, or is asked on one side alone.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct QueryChangeView {
    /// `lost`, `fewer`, `gained`, `new` or `gone`
    pub(crate) fate: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) query: String,
    /// Its selectors that changed, all of them where it is new or gone.
    pub(crate) selectors: Vec<SelectorChangeView>,
}

/// What one selector finds.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SelectorChangeView {
    pub(crate) selector: String,
    /// Series that it selects, or may where a variable decides; of what rules record, 0.
    pub(crate) series: CountsView,
    /// Whether it finds anything now: series, or what a recording rule writes.
    pub(crate) finds: bool,
}

impl ComparisonView {
    /// The view of a comparison.
    pub(crate) fn of(names: &Change<String>, comparison: &Comparison) -> Self {
        Self {
            old: names.before.clone(),
            new: names.after.clone(),
            changed: !comparison.is_same(),
            refused: comparison.refused.clone(),
            before: WeightView::of(&comparison.total.before),
            after: WeightView::of(&comparison.total.after),
            came: comparison.came,
            went: comparison.went,
            targets: CountsView::of(comparison.targets),
            merged: CountsView::of(comparison.merged),
            jobs: comparison.jobs.iter().map(JobChangeView::of).collect(),
            metrics: comparison.metrics.iter().map(MetricChangeView::of).collect(),
            labels: comparison.labels.iter().map(LabelChangeView::of).collect(),
            scrapes: comparison.scrapes.iter().map(ScrapeChangeView::of).collect(),
            signals: comparison.signals.iter().map(SignalChangeView::of).collect(),
            queries: comparison.queries.iter().map(QueryChangeView::of).collect(),
            notes: Vec::new(),
        }
    }
}

impl WeightView {
    fn of(weight: &Weight) -> Self {
        Self {
            series: weight.series,
            memory: weight.memory.0,
            disk_per_day: weight.disk_per_day.0,
            samples_per_second: (weight.samples_per_second * 10.0).round() / 10.0,
        }
    }
}

impl CountsView {
    pub(crate) fn of(counts: Change<u64>) -> Self {
        Self { before: counts.before, after: counts.after }
    }
}

impl JobChangeView {
    fn of(job: &GroupChange) -> Self {
        Self {
            job: job.name.clone(),
            before: WeightView::of(&job.weight.before),
            after: WeightView::of(&job.weight.after),
            came: job.came,
            went: job.went,
        }
    }
}

impl MetricChangeView {
    /// The view of a metric's change.
    pub(crate) fn of(metric: &MetricChange) -> Self {
        Self {
            job: metric.job.clone(),
            metric: metric.metric.clone(),
            before: WeightView::of(&metric.weight.before),
            after: WeightView::of(&metric.weight.after),
            came: metric.came,
            went: metric.went,
            drivers: metric.drivers.iter().map(LabelDriverView::of).collect(),
        }
    }
}

impl LabelDriverView {
    fn of(driver: &Driver) -> Self {
        Self {
            label: driver.label.clone(),
            values: CountsView::of(driver.values),
            new_series: driver.new_series,
            makes: driver.makes,
            shape: driver.shape.map(promsieve_core::census::Shape::as_str),
            unbounded: driver.is_unbounded,
        }
    }
}

impl LabelChangeView {
    fn of(label: &LabelChange) -> Self {
        Self {
            label: label.name.clone(),
            values: CountsView::of(label.values),
            series: CountsView::of(label.series),
            drives: label.drives,
        }
    }
}

impl ScrapeChangeView {
    fn of(scrape: &ScrapeChange) -> Self {
        Self {
            fate: if scrape.is_lost { "lost" } else { "mended" },
            job: scrape.job.clone(),
            instance: scrape.instance.clone(),
            reason: scrape.reason.clone(),
        }
    }
}

impl SignalChangeView {
    fn of(signal: &SignalChange) -> Self {
        Self {
            fate: if signal.is_lost { "lost" } else { "gained" },
            layer: signal.layer.as_str(),
            cell: signal.cell.clone(),
            job: signal.job.clone(),
        }
    }
}

impl QueryChangeView {
    fn of(query: &QueryChange) -> Self {
        let selector = |selector: &SelectorChange| SelectorChangeView {
            selector: selector.text.clone(),
            series: CountsView::of(selector.series),
            finds: selector.finds.after,
        };
        Self {
            fate: query.fate.as_str(),
            kind: query.kind.as_str(),
            file: query.file.clone(),
            name: query.name.clone(),
            query: query.text.clone(),
            selectors: query.selectors.iter().map(selector).collect(),
        }
    }
}
