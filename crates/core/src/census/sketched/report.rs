//! From counters to a census, each number with its error.

use std::collections::{BTreeMap, BTreeSet};

use super::{LabelSketch, MetricSketch, SketchedCensus};
use crate::census::shape::shapes;
use crate::census::{Census, Errors, LabelCensus, LabelTotal, MetricCensus, Others};
use crate::packs::layer_of;
use crate::series::{METRIC_NAME, MetricType};
use crate::sketch::{Count, Counter};

/// Series of a metric that the sample must hold before it is listed by them: then its error is at
/// most a quarter.
const LISTED_FROM: u64 = 16;

/// Sampled series, by metric and label: their distinct values.
type Values<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

impl SketchedCensus {
    /// The census, with the standard error of every number that is not exact.
    ///
    /// Label pairs and bytes are those of the samples read, scaled to the distinct series.
    pub fn census(&self) -> Census {
        let series = self.series.count();
        let pairs = self.pairs.count();
        let sampled = self.sampled_values();
        let none = Values::new();
        let mut metrics: Vec<MetricCensus> = self
            .metrics
            .iter()
            .map(|(_, metric)| metric.census(sampled.get(&*metric.name).unwrap_or(&none)))
            .collect();
        metrics.extend(self.sampled_metrics());
        metrics.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
        let labels = self.label_totals(&metrics);
        let scaled = Scale { series: series.value, samples: self.sums.samples };
        let (sizes, sum) = (self.pair_bytes.len() as u64, self.pair_bytes.iter());
        let sum: u64 = sum.map(|(_, &bytes)| u64::from(bytes)).sum();
        Census {
            stage: self.stage,
            series: series.value,
            samples: self.sums.samples,
            exact: false,
            targets: self.targets.count().value,
            label_pairs: scaled.of(self.sums.label_pairs),
            label_bytes: scaled.of(self.sums.label_bytes),
            exposed_bytes: self.sums.exposed_bytes,
            unique_pairs: pairs.value,
            unique_pair_bytes: Scale { series: pairs.value, samples: sizes }.of(sum),
            errors: Errors { series: series.error, values: pairs.error, without: 0.0 },
            others: self.others(),
            metrics,
            labels,
        }
    }

    /// The metrics past those that are tracked, where there are any.
    fn others(&self) -> Option<Others> {
        self.metrics.left().map(|_| {
            let (metrics, series) = (self.others.names.count(), self.others.series.count());
            Others {
                metrics: metrics.value,
                series: series.value,
                errors: Errors { series: series.error, values: metrics.error, without: 0.0 },
            }
        })
    }

    /// Large ones of the metrics that are not tracked, by their part of the sample.
    fn sampled_metrics(&self) -> Vec<MetricCensus> {
        if self.metrics.left().is_none() {
            return Vec::new();
        }
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, row) in self.rows.iter() {
            *counts.entry(row.label(METRIC_NAME)).or_default() += 1;
        }
        let tracked: BTreeSet<&str> =
            self.metrics.iter().map(|(_, metric)| &*metric.name).collect();
        counts
            .into_iter()
            .filter(|(name, count)| *count >= LISTED_FROM && !tracked.contains(name))
            .map(|(name, count)| {
                let series = self.share(count);
                MetricCensus {
                    name: name.to_owned(),
                    kind: MetricType::Unknown,
                    layer: layer_of(name),
                    series: series.value,
                    samples: 0,
                    duplicates: None,
                    label_pairs: 0,
                    label_bytes: 0,
                    exposed_bytes: 0,
                    labels: Vec::new(),
                    errors: Errors { series: series.error, ..Errors::default() },
                }
            })
            .collect()
    }

    /// How many series there are of a kind that `count` of the sampled ones are of.
    fn share(&self, count: u64) -> Count {
        let (all, sampled) = (self.series.count(), self.rows.len().max(1) as f64);
        if self.rows.left().is_none() {
            return Count { value: count, error: 0.0 };
        }
        let share = count as f64 / sampled;
        let sampling = (1.0 - share) / count.max(1) as f64;
        #[expect(clippy::cast_sign_loss, reason = "a share of a count is not negative")]
        let value = (all.value as f64 * share).round() as u64;
        Count { value, error: (sampling + all.error * all.error).sqrt() }
    }

    fn label_totals(&self, metrics: &[MetricCensus]) -> Vec<LabelTotal> {
        let mut series: BTreeMap<&str, Sum> = BTreeMap::new();
        for metric in metrics {
            series.entry(METRIC_NAME).or_default().add(metric.series, metric.errors.series);
            for label in &metric.labels {
                series.entry(&label.name).or_default().add(label.series, label.errors.series);
            }
        }
        let sampled = self.sampled_labels();
        let mut labels: Vec<LabelTotal> = self
            .labels
            .iter()
            .map(|(_, label)| {
                let values = label.values.count();
                // Summed over the metrics where all are tracked, else by the sample.
                let series = match &sampled {
                    None => series.get(&*label.name).map_or(Count::default(), Sum::count),
                    Some(sampled) => self.share(sampled.get(&*label.name).copied().unwrap_or(0)),
                };
                LabelTotal {
                    name: label.name.to_string(),
                    values: values.value,
                    series: series.value,
                    errors: Errors { series: series.error, values: values.error, without: 0.0 },
                }
            })
            .collect();
        labels.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
        labels
    }

    /// How many sampled series have each label, where metrics or labels are not tracked.
    fn sampled_labels(&self) -> Option<BTreeMap<&str, u64>> {
        let all_tracked = self.metrics.left().is_none()
            && self.metrics.iter().all(|(_, metric)| metric.labels.left().is_none());
        (!all_tracked).then(|| {
            let mut counts = BTreeMap::new();
            for (name, _) in self.rows.iter().flat_map(|(_, row)| &row.0) {
                *counts.entry(&**name).or_default() += 1;
            }
            counts
        })
    }

    fn sampled_values(&self) -> BTreeMap<&str, Values<'_>> {
        let mut found: BTreeMap<&str, Values<'_>> = BTreeMap::new();
        for (_, row) in self.rows.iter() {
            let metric = found.entry(row.label(METRIC_NAME)).or_default();
            for (name, value) in &row.0 {
                metric.entry(name).or_default().insert(value);
            }
        }
        found
    }
}

impl MetricSketch {
    fn census(&self, sampled: &Values<'_>) -> MetricCensus {
        let series = self.series.count();
        let scaled = Scale { series: series.value, samples: self.sums.samples };
        let mut labels: Vec<LabelCensus> =
            self.labels.iter().map(|(_, label)| label.census(series, sampled)).collect();
        labels.sort_by(|a, b| (a.without, b.values, &a.name).cmp(&(b.without, a.values, &b.name)));
        MetricCensus {
            name: self.name.to_string(),
            kind: self.kind,
            layer: layer_of(&self.name),
            series: series.value,
            samples: self.sums.samples,
            duplicates: None,
            label_pairs: scaled.of(self.sums.label_pairs),
            label_bytes: scaled.of(self.sums.label_bytes),
            exposed_bytes: self.sums.exposed_bytes,
            labels,
            errors: Errors { series: series.error, ..Errors::default() },
        }
    }
}

impl LabelSketch {
    fn census(&self, all: Count, sampled: &Values<'_>) -> LabelCensus {
        let values = self.values.count();
        let series = self.having.as_ref().map_or(all, Counter::count);
        let without = self.without.count();
        let sampled = sampled.get(&*self.name);
        LabelCensus {
            name: self.name.to_string(),
            values: values.value,
            // Two estimates may cross where what they count does not.
            series: series.value.min(all.value),
            bytes: Scale { series: series.value, samples: self.samples }.of(self.bytes),
            without: Some(without.value.min(all.value)),
            shapes: sampled.map_or_else(Vec::new, |values| shapes(values.iter().copied())),
            errors: Errors { series: series.error, values: values.error, without: without.error },
        }
    }
}

/// From a sum over samples to one over distinct series.
struct Scale {
    series: u64,
    samples: u64,
}

impl Scale {
    fn of(&self, sum: u64) -> u64 {
        let (series, samples) = (u128::from(self.series), u128::from(self.samples.max(1)));
        let scaled = (u128::from(sum) * series + samples / 2) / samples;
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }
}

/// Counts of sets that have nothing in common, so that their errors are independent.
#[derive(Default)]
struct Sum {
    value: u64,
    variance: f64,
}

impl Sum {
    fn add(&mut self, value: u64, error: f64) {
        self.value = self.value.saturating_add(value);
        self.variance += (value as f64 * error).powi(2);
    }

    fn count(&self) -> Count {
        Count { value: self.value, error: self.variance.sqrt() / self.value.max(1) as f64 }
    }
}
