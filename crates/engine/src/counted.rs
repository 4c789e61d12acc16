//! Counts on their way to who asked for them, and the census that they make together.

use std::collections::BTreeMap;

use promsieve_core::census::{
    Census, Errors, LabelCensus, LabelTotal, MetricCensus, Shape, ShapeShare,
};
use promsieve_core::packs::layer_of;
use promsieve_core::series::{METRIC_NAME, MetricType, Stage};
use serde::{Deserialize, Serialize};

use crate::part::Part;
use crate::rows;

/// What was counted of a part.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Counted {
    Metric(Metric),
    /// How many values a label has, and their bytes.
    Label(u64, u64),
    /// How many targets a job has.
    Targets(u64),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Metric {
    stage: String,
    kind: String,
    series: u64,
    samples: u64,
    duplicates: Option<u64>,
    label_pairs: u64,
    label_bytes: u64,
    exposed_bytes: u64,
    labels: Vec<Label>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Label {
    name: String,
    values: u64,
    series: u64,
    bytes: u64,
    without: Option<u64>,
    /// Words of shapes, and their shares.
    shapes: Vec<(String, f64)>,
}

impl Counted {
    /// The counts of a part.
    pub(crate) fn of(part: &mut Part) -> Self {
        let stage = rows::stage_word(part.table.stage).to_owned();
        if let Some(metric) = part.metric() {
            return Self::Metric(Metric::of(metric, stage));
        }
        match part.targets() {
            0 => {
                let (values, bytes) = part.values();
                Self::Label(values, bytes)
            }
            targets => Self::Targets(targets),
        }
    }
}

impl Metric {
    fn of(metric: MetricCensus, stage: String) -> Self {
        let shape = |it: &ShapeShare| (it.shape.as_str().to_owned(), it.share);
        let label = |label: LabelCensus| Label {
            name: label.name,
            values: label.values,
            series: label.series,
            bytes: label.bytes,
            without: label.without,
            shapes: label.shapes.iter().map(shape).collect(),
        };
        Self {
            stage,
            kind: metric.kind.as_str().to_owned(),
            series: metric.series,
            samples: metric.samples,
            duplicates: metric.duplicates,
            label_pairs: metric.label_pairs,
            label_bytes: metric.label_bytes,
            exposed_bytes: metric.exposed_bytes,
            labels: metric.labels.into_iter().map(label).collect(),
        }
    }

    fn census(self, name: String) -> MetricCensus {
        MetricCensus {
            kind: MetricType::parse(&self.kind).unwrap_or_default(),
            layer: layer_of(&name),
            name,
            series: self.series,
            samples: self.samples,
            duplicates: self.duplicates,
            label_pairs: self.label_pairs,
            label_bytes: self.label_bytes,
            exposed_bytes: self.exposed_bytes,
            labels: self.labels.into_iter().map(Label::census).collect(),
            errors: Errors::default(),
        }
    }
}

impl Label {
    fn census(self) -> LabelCensus {
        let shape = |&(ref word, share): &(String, f64)| {
            let shape = Shape::ALL.into_iter().find(|shape| shape.as_str() == word)?;
            Some(ShapeShare { shape, share })
        };
        LabelCensus {
            name: self.name,
            values: self.values,
            series: self.series,
            bytes: self.bytes,
            without: self.without,
            shapes: self.shapes.iter().filter_map(shape).collect(),
            errors: Errors::default(),
        }
    }
}

/// Puts a census together of what was counted apart.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    metrics: Vec<MetricCensus>,
    /// By label its values and their bytes.
    labels: BTreeMap<String, (u64, u64)>,
    targets: u64,
    stage: Option<Stage>,
}

impl Assembly {
    /// Adds the counts of the metric, label or job of this name.
    ///
    /// # Errors
    /// When its series are at another stage of their way than those before.
    pub(crate) fn add(&mut self, name: String, counted: Counted) -> anyhow::Result<()> {
        match counted {
            Counted::Label(values, bytes) => {
                self.labels.insert(name, (values, bytes));
            }
            Counted::Targets(targets) => self.targets += targets,
            Counted::Metric(metric) => {
                let stage = rows::stage_of(&metric.stage);
                anyhow::ensure!(
                    self.stage.is_none() || self.stage == stage,
                    "scrapes and stored series are not of one stage: count them one by one"
                );
                self.stage = stage;
                self.metrics.push(metric.census(name));
            }
        }
        Ok(())
    }

    /// The census of it all.
    pub(crate) fn finish(self) -> Census {
        let Self { mut metrics, labels, targets, stage } = self;
        metrics.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
        let sum = |of: fn(&MetricCensus) -> u64| metrics.iter().map(of).sum();
        let mut series: BTreeMap<&str, u64> = BTreeMap::new();
        for label in metrics.iter().flat_map(|metric| &metric.labels) {
            *series.entry(&label.name).or_default() += label.series;
        }
        let all: u64 = sum(|metric| metric.series);
        series.insert(METRIC_NAME, all);
        let total = |(name, &(values, _)): (&String, &(u64, u64))| LabelTotal {
            name: name.clone(),
            values,
            series: series.get(name.as_str()).copied().unwrap_or_default(),
            errors: Errors::default(),
        };
        let mut totals: Vec<LabelTotal> = labels.iter().map(total).collect();
        totals.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
        let bytes =
            |(name, &(values, bytes)): (&String, &(u64, u64))| bytes + values * name.len() as u64;
        Census {
            stage: stage.unwrap_or(Stage::Attached),
            series: all,
            samples: sum(|metric| metric.samples),
            exact: true,
            targets,
            label_pairs: sum(|metric| metric.label_pairs),
            label_bytes: sum(|metric| metric.label_bytes),
            exposed_bytes: sum(|metric| metric.exposed_bytes),
            unique_pairs: labels.values().map(|(values, _)| values).sum(),
            unique_pair_bytes: labels.iter().map(bytes).sum(),
            labels: totals,
            errors: Errors::default(),
            others: None,
            metrics,
        }
    }
}
