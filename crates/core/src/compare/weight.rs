//! What a set of series weighs on a server, and the same before and after.

use super::Revision;
use crate::cost::{Load, estimate};
use crate::units::Bytes;

/// The same of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change<T> {
    /// Of the old side.
    pub before: T,
    /// Of the new side.
    pub after: T,
}

impl<T> Change<T> {
    /// The same question asked of both.
    pub fn map<U>(self, ask: impl Fn(T) -> U) -> Change<U> {
        Change { before: ask(self.before), after: ask(self.after) }
    }
}

impl<T: PartialEq> Change<T> {
    /// Whether it did not change.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }
}

/// What series weigh: what a server would save without them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weight {
    /// Distinct series.
    pub series: u64,
    /// Anonymous resident memory, as expected.
    pub memory: Bytes,
    /// Blocks of a day, as expected.
    pub disk_per_day: Bytes,
    /// Samples a second, at the mean interval of all series.
    pub samples_per_second: f64,
}

impl Change<Weight> {
    /// Series more; 0 where it shrank.
    pub fn growth(&self) -> u64 {
        self.after.series.saturating_sub(self.before.series)
    }
}

impl Revision<'_> {
    /// What everything weighs that is stored, the server itself included.
    pub fn total(&self) -> Weight {
        Weight {
            series: self.census.series,
            memory: self.estimate.rss.expected,
            disk_per_day: self.estimate.disk_per_day.expected,
            samples_per_second: self.estimate.samples_per_second,
        }
    }

    /// What a part of the series weighs.
    pub fn weigh(&self, part: &Load) -> Weight {
        let rest = estimate(&self.load.without(part), self.model, self.settings);
        let less = |all: Bytes, rest: Bytes| Bytes(all.0.saturating_sub(rest.0));
        let total = self.total();
        Weight {
            series: part.series,
            memory: less(total.memory, rest.rss.expected),
            disk_per_day: less(total.disk_per_day, rest.disk_per_day.expected),
            samples_per_second: (total.samples_per_second - rest.samples_per_second).max(0.0),
        }
    }
}
