//! The load on a server as sums over its series: all that the cost model needs to know of them.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Sums over the series of a server's head; the loads of disjoint sets of series add up.
/// (Unique pairs that two sets share are then counted twice, an error on the safe side.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Series stored, those that have gone in the last hours among them.
    pub series: u64,
    /// Labels of all series, `__name__` and target labels among them.
    pub label_pairs: u64,
    /// Bytes of those labels: name, value and 2 for each.
    pub label_bytes: u64,
    /// Bytes of the series as exposed in the scrape, name and labels without value.
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

impl Add for Load {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            series: self.series + other.series,
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
