//! What must stay: the metrics, labels and values that give a cell.

use std::collections::{BTreeMap, BTreeSet};

use super::giver::{Part, givers};
use super::seen::Seen;
use crate::packs::Cell;
use crate::series::Table;

/// What the cells that a table gives rest on: of several ways to a cell the first that a job has.
/// Whatever takes something away asks here first.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    parts: BTreeMap<&'static str, Vec<(&'static Cell, &'static Part)>>,
}

impl Pins {
    /// The pins of the cells that a table gives. What only a fault would show, such as a response
    /// flag, counts as given where its label is there.
    pub fn of(table: &Table) -> Self {
        let seen = Seen::of(table);
        let mut done: BTreeSet<(&Cell, &str)> = BTreeSet::new();
        let mut pins = Self::default();
        let jobs: BTreeSet<&str> = table.targets.iter().map(|t| t.job.as_str()).collect();
        for (at, giver) in givers().iter().enumerate() {
            for job in &jobs {
                let is_given = |(part_at, part): (usize, &Part)| {
                    seen.get(&(at, part_at, (*job).to_owned())).is_some_and(|count| {
                        let labels = part.labels.iter().zip(&count.having);
                        let mut examples = labels.filter(|(label, _)| {
                            part.example.iter().any(|(name, _)| name == *label)
                        });
                        let shown =
                            !part.example.is_empty() && examples.all(|(_, having)| *having > 0);
                        count.matching > 0 || shown
                    })
                };
                let given = giver.parts.iter().enumerate().all(is_given);
                if given && seen.is_spelt(at, job) && done.insert((giver.cell, job)) {
                    for part in &giver.parts {
                        pins.parts.entry(&part.metric).or_default().push((giver.cell, part));
                    }
                }
            }
        }
        pins
    }

    /// A cell that would be lost without `metric`.
    pub fn metric(&self, metric: &str) -> Option<&'static Cell> {
        self.first(metric, |_| true)
    }

    /// A cell that would be lost without `label` of `metric`.
    pub fn label(&self, metric: &str, label: &str) -> Option<&'static Cell> {
        self.first(metric, |part| part.labels.iter().any(|name| name == label))
    }

    /// A cell that looks for some values of `label` of `metric`: those that a fault would show are
    /// not there as long as all is well.
    pub fn values(&self, metric: &str, label: &str) -> Option<&'static Cell> {
        self.first(metric, |part| part.matches_by(label))
    }

    /// The pins of all cells but those named, as `cpu/errors`.
    #[must_use]
    pub fn without(mut self, cells: &[String]) -> Self {
        for parts in self.parts.values_mut() {
            parts.retain(|(cell, _)| !cells.contains(&cell.id()));
        }
        self
    }

    /// A cell that would be lost without the series of `metric` whose `label` has `value`.
    pub fn value(&self, metric: &str, label: &str, value: &str) -> Option<&'static Cell> {
        self.first(metric, |part| part.needs_value(label, value))
    }

    fn first(&self, metric: &str, test: impl Fn(&Part) -> bool) -> Option<&'static Cell> {
        let parts = self.parts.get(metric).into_iter().flatten();
        parts.filter(|(_, part)| test(part)).map(|&(cell, _)| cell).next()
    }
}
