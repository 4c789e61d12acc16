//! Budgets: which series, measured how, may be how many or how many more.

use std::collections::BTreeMap;

use super::{Revision, Weight};
use crate::census::groups::{self, Dimension};
use crate::census::{Census, CensusOptions, MetricCensus};
use crate::cost::Load;
use crate::regexp::Pattern;
use crate::series::{Table, Target};
use crate::watch::Unwatched;

use super::Level;

/// Limits on a set of series.
#[derive(Debug, Clone)]
pub struct Budget {
    /// What it is called.
    pub name: String,
    /// Which series it is about.
    pub scope: Scope,
    /// Whether each of something has this budget; else all of them share one.
    pub each: Option<Each>,
    /// What has fewer series than this on the new side is left alone.
    pub above: u64,
    /// What is limited.
    pub limits: Vec<Limit>,
}

/// Which series count: those that every list lets pass; an empty one lets all pass.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Scrape jobs of their targets.
    pub jobs: Vec<Pattern>,
    /// Metric names.
    pub metrics: Vec<Pattern>,
    /// Label `instance` of their targets.
    pub targets: Vec<Pattern>,
    /// Labels of their targets, such as a team.
    pub labels: Vec<(String, Pattern)>,
}

/// What has a budget each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Each {
    /// Every metric.
    Metric,
    /// Every value of a label, every target, and the like.
    Group(Dimension),
}

/// A limit, and how much it matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// What is measured.
    pub measure: Measure,
    /// What passing it means: [`Level::Pass`] is never exceeded.
    pub level: Level,
    /// How much there may be.
    pub bound: Bound,
}

/// What is measured of a set of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Distinct series.
    Series,
    /// Resident memory in bytes.
    Memory,
    /// Bytes of blocks a day.
    DiskPerDay,
    /// Samples a second.
    SamplesPerSecond,
}

/// How much there may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// At most so much.
    Most(f64),
    /// At most so much more than before.
    More(f64),
    /// At most this share more than before: 0.1 is a tenth. What was not there has no share.
    MoreBy(f64),
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 4] =
        [Self::Series, Self::Memory, Self::DiskPerDay, Self::SamplesPerSecond];

    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Series => "series",
            Self::Memory => "memory",
            Self::DiskPerDay => "disk_per_day",
            Self::SamplesPerSecond => "samples_per_second",
        }
    }

    /// What it measures of a weight.
    pub fn of(self, weight: &Weight) -> f64 {
        match self {
            Self::Series => weight.series as f64,
            Self::Memory => weight.memory.0 as f64,
            Self::DiskPerDay => weight.disk_per_day.0 as f64,
            Self::SamplesPerSecond => weight.samples_per_second,
        }
    }
}

impl Bound {
    /// The most that is allowed after so much before; `None` where it says nothing.
    pub fn allowed(self, before: f64) -> Option<f64> {
        match self {
            Self::Most(most) => Some(most),
            Self::More(more) => Some(before + more),
            Self::MoreBy(share) => (before > 0.0).then_some(before * (1.0 + share)),
        }
    }
}

impl Scope {
    /// Whether it lets everything pass.
    pub fn is_all(&self) -> bool {
        let Self { jobs, metrics, targets, labels } = self;
        jobs.is_empty() && metrics.is_empty() && targets.is_empty() && labels.is_empty()
    }

    /// Whether metrics of this name pass.
    pub fn has_metric(&self, metric: &str) -> bool {
        passes(&self.metrics, metric)
    }

    /// Whether jobs of this name pass.
    pub fn has_job(&self, job: &str) -> bool {
        passes(&self.jobs, job)
    }

    fn has_target(&self, target: &Target) -> bool {
        self.has_job(&target.job)
            && passes(&self.targets, target.label("instance"))
            && self.labels.iter().all(|(name, value)| value.is_match(target.label(name)))
    }

    fn cut(&self, table: &Table) -> Table {
        let has_metric =
            |group: &crate::series::MetricRows| self.has_metric(table.metric_name(group));
        table.select_metrics(&has_metric, &|target| self.has_target(target))
    }
}

fn passes(patterns: &[Pattern], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.is_match(text))
}

impl Budget {
    /// What everything weighs that has this budget, by name; "" where all of it shares one.
    pub(super) fn weigh(&self, side: &Revision<'_>) -> BTreeMap<String, Weight> {
        if self.scope.is_all() {
            return match &self.each {
                None => [(String::new(), side.total())].into(),
                Some(each) => each.weigh(side, &side.stored.table, Some(&side.census.metrics)),
            };
        }
        let part = self.scope.cut(&side.stored.table);
        match &self.each {
            None => [(String::new(), side.weigh(&Load::of(&summary(&part), &part)))].into(),
            Some(each) => each.weigh(side, &part, None),
        }
    }
}

impl Each {
    fn weigh(
        &self,
        side: &Revision<'_>,
        table: &Table,
        counted: Option<&[MetricCensus]>,
    ) -> BTreeMap<String, Weight> {
        let of_metric =
            |metric: &MetricCensus| (metric.name.clone(), side.weigh(&Load::of_metric(metric)));
        match (self, counted) {
            (Self::Metric, Some(metrics)) => metrics.iter().map(of_metric).collect(),
            (Self::Metric, None) => summary(table).metrics.iter().map(of_metric).collect(),
            (Self::Group(dimension), _) => groups::by(table, dimension, &Unwatched)
                .iter()
                .map(|group| (group.key.join("/"), side.weigh(&Load::of_group(group))))
                .collect(),
        }
    }
}

fn summary(table: &Table) -> Census {
    Census::of(table, CensusOptions { summary: true }, &Unwatched)
}
