//! The load on a server as sums over its series: all that the cost model needs to know of them.

use std::collections::BTreeSet;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use crate::census::groups::GroupCensus;
use crate::census::{Census, MetricCensus};
use crate::series::Table;

/// Bytes of `instance="10.0.0.1:8080"` and `job="app"`, and two for each.
const OWN_LABEL_BYTES: u64 = 31;

/// Sums over the series of a server's head; the loads of disjoint sets of series add up.
/// (Unique pairs that two sets share are then counted twice, an error on the safe side.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Load {
    /// Series stored, those that have gone in the last hours among them.
    pub series: u64,
    /// Those of them that are exposed no more.
    pub gone_series: u64,
    /// Labels of all series, `__name__` and target labels among them.
    pub label_pairs: u64,
    /// Bytes of those labels: name, value and 2 for each.
    pub label_bytes: u64,
    /// Bytes of the series that are still exposed, as in the scrape: name and labels without value.
    pub exposed_bytes: u64,
    /// Distinct label pairs.
    pub unique_pairs: u64,
    /// Bytes of the distinct label pairs: name, value and 2 for each.
    pub unique_pair_bytes: u64,
    /// Targets scraped.
    pub targets: u64,
    /// Series that `metric_relabel_configs` drop in each scrape.
    pub dropped_series: u64,
    /// Bytes of the dropped series as exposed.
    pub dropped_bytes: u64,
    /// Metric families with metadata, summed over targets.
    pub metric_families: u64,
}

impl Load {
    /// What a census counts, and how many families each target of its table has.
    pub fn of(census: &Census, table: &Table) -> Self {
        let mut families: BTreeSet<(u32, &str)> = BTreeSet::new();
        for group in &table.metrics {
            let metric = table.metric_name(group);
            let family = table.family_of(metric).map_or(metric, |(family, _)| family);
            families.extend(group.runs.iter().map(|run| (run.target.0, family)));
        }
        Self {
            series: census.series,
            label_pairs: census.label_pairs,
            label_bytes: census.label_bytes,
            exposed_bytes: census.exposed_bytes,
            unique_pairs: census.unique_pairs,
            unique_pair_bytes: census.unique_pair_bytes + 2 * census.unique_pairs,
            targets: census.targets,
            metric_families: families.len() as u64,
            ..Self::default()
        }
    }

    /// What one metric adds. Its label pairs are taken to be shared with others.
    pub fn of_metric(metric: &MetricCensus) -> Self {
        Self {
            series: metric.series,
            label_pairs: metric.label_pairs,
            label_bytes: metric.label_bytes,
            exposed_bytes: metric.exposed_bytes,
            ..Self::default()
        }
    }

    /// What a group of series adds. Its label pairs are taken to be shared with others.
    pub fn of_group(group: &GroupCensus) -> Self {
        Self {
            series: group.series,
            label_pairs: group.label_pairs,
            label_bytes: group.label_bytes,
            exposed_bytes: group.exposed_bytes,
            ..Self::default()
        }
    }

    /// What is left without the series of `part` and all that they add.
    #[must_use]
    pub fn without(self, part: &Self) -> Self {
        Self {
            series: self.series.saturating_sub(part.series),
            label_pairs: self.label_pairs.saturating_sub(part.label_pairs),
            label_bytes: self.label_bytes.saturating_sub(part.label_bytes),
            exposed_bytes: self.exposed_bytes.saturating_sub(part.exposed_bytes),
            unique_pairs: self.unique_pairs.saturating_sub(part.unique_pairs),
            unique_pair_bytes: self.unique_pair_bytes.saturating_sub(part.unique_pair_bytes),
            gone_series: self.gone_series.saturating_sub(part.gone_series),
            targets: self.targets.saturating_sub(part.targets),
            dropped_series: self.dropped_series.saturating_sub(part.dropped_series),
            dropped_bytes: self.dropped_bytes.saturating_sub(part.dropped_bytes),
            metric_families: self.metric_families.saturating_sub(part.metric_families),
        }
    }

    /// What one metric adds without a label: the series that only differ in it become one, where
    /// that was counted.
    pub fn of_metric_without(metric: &MetricCensus, label: &str) -> Self {
        let load = Self::of_metric(metric);
        let Some(label) = metric.labels.iter().find(|it| it.name == label) else { return load };
        let left = label.without.unwrap_or(metric.series) as f64 / metric.series.max(1) as f64;
        Self {
            label_pairs: load.label_pairs.saturating_sub(label.series),
            label_bytes: load.label_bytes.saturating_sub(label.bytes),
            ..load
        }
        .scaled(left)
    }

    /// With so many series dropped in each scrape, out of a table before metric relabeling.
    #[must_use]
    pub fn with_dropped(self, series: u64, attached: &Table) -> Self {
        let exposed: u64 = attached.metrics.iter().map(|group| group.exposed_bytes).sum();
        let dropped_bytes =
            if series == 0 { 0 } else { exposed.saturating_sub(self.exposed_bytes) };
        Self { dropped_series: series, dropped_bytes, ..self }
    }

    /// So many targets in place of each, which differ in `instance` alone. A page without a target is
    /// one; it gets the two labels that the server attaches.
    #[must_use]
    pub fn replicated(mut self, replicas: u64) -> Self {
        if self.targets == 0 {
            self.targets = 1;
            self.label_pairs += 2 * self.series;
            self.label_bytes += OWN_LABEL_BYTES * self.series;
            self.unique_pairs += 2;
        }
        let more = self.targets * replicas.saturating_sub(1);
        Self { unique_pairs: self.unique_pairs + more, ..self.multiplied(replicas as f64) }
    }

    /// With this many times as many series that have come and gone as there are: all but the scrape
    /// cache still holds them.
    #[must_use]
    pub fn with_gone(self, times: f64) -> Self {
        let head = self.scaled(1.0 + times.max(0.0));
        Self {
            exposed_bytes: self.exposed_bytes,
            gone_series: head.series - self.series + self.gone_series,
            targets: self.targets,
            dropped_series: self.dropped_series,
            dropped_bytes: self.dropped_bytes,
            metric_families: self.metric_families,
            ..head
        }
    }

    /// A share of it, rounded; of its series, not of its targets.
    #[must_use]
    pub fn scaled(self, share: f64) -> Self {
        let part = |count| times(count, share);
        Self {
            series: part(self.series),
            gone_series: part(self.gone_series),
            label_pairs: part(self.label_pairs),
            label_bytes: part(self.label_bytes),
            exposed_bytes: part(self.exposed_bytes),
            unique_pairs: part(self.unique_pairs),
            unique_pair_bytes: part(self.unique_pair_bytes),
            ..Self::default()
        }
    }

    /// So many times the same: its targets and dropped series, too.
    #[must_use]
    pub fn multiplied(self, factor: f64) -> Self {
        Self {
            targets: times(self.targets, factor),
            dropped_series: times(self.dropped_series, factor),
            dropped_bytes: times(self.dropped_bytes, factor),
            metric_families: times(self.metric_families, factor),
            ..self.scaled(factor)
        }
    }
}

#[expect(clippy::cast_sign_loss, reason = "factors are not negative")]
fn times(count: u64, factor: f64) -> u64 {
    (count as f64 * factor).round() as u64
}

impl Add for Load {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            series: self.series + other.series,
            gone_series: self.gone_series + other.gone_series,
            label_pairs: self.label_pairs + other.label_pairs,
            label_bytes: self.label_bytes + other.label_bytes,
            exposed_bytes: self.exposed_bytes + other.exposed_bytes,
            unique_pairs: self.unique_pairs + other.unique_pairs,
            unique_pair_bytes: self.unique_pair_bytes + other.unique_pair_bytes,
            targets: self.targets + other.targets,
            dropped_series: self.dropped_series + other.dropped_series,
            dropped_bytes: self.dropped_bytes + other.dropped_bytes,
            metric_families: self.metric_families + other.metric_families,
        }
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Load {
    fn sum<I: Iterator<Item = Self>>(loads: I) -> Self {
        loads.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load {
        series: 100,
        gone_series: 0,
        label_pairs: 400,
        label_bytes: 6000,
        exposed_bytes: 5000,
        unique_pairs: 50,
        unique_pair_bytes: 700,
        targets: 2,
        dropped_series: 10,
        dropped_bytes: 500,
        metric_families: 20,
    };

    #[test]
    fn replicas_share_all_pairs_but_their_instance() {
        let many = LOAD.replicated(40);
        assert_eq!((many.series, many.targets, many.dropped_series), (4000, 80, 400));
        assert_eq!(many.unique_pairs, 50 + 78);
        let page = Load { targets: 0, ..LOAD }.replicated(1);
        assert_eq!((page.targets, page.label_pairs, page.series), (1, 600, 100));
    }

    #[test]
    fn series_that_have_gone_are_in_the_head_and_in_no_scrape() {
        let churned = LOAD.with_gone(0.6);
        assert_eq!((churned.series, churned.gone_series), (160, 60));
        assert_eq!((churned.label_bytes, churned.exposed_bytes), (9600, 5000));
        assert_eq!((churned.targets, churned.dropped_series), (2, 10));
        assert_eq!(LOAD.with_gone(0.0), LOAD);
    }
}
