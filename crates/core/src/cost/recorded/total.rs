//! What all rules record together, and what became of each.

use std::collections::{BTreeMap, BTreeSet};

use super::vector::{LabelSet, MOST, Vector, distinct};
use super::{RuleKind, Run};
use crate::cost::Load;

/// Between so many series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Fewest at a time.
    pub least: u64,
    /// Most at a time.
    pub most: u64,
}

impl Tally {
    /// Whether the two are the same.
    pub fn is_exact(&self) -> bool {
        self.least == self.most
    }
}

/// What a rule records; of an alerting rule, the elements that may be active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSeries {
    /// What it does.
    pub kind: RuleKind,
    /// The metric or the alert.
    pub name: String,
    /// How many series.
    pub series: Tally,
    /// Why it is not known exactly.
    pub doubt: Option<String>,
    /// Why the server gets nothing of it: in its words, or so.
    pub refused: Option<String>,
    /// Whether more targets may add less than the first ones, as with `topk`.
    bends: bool,
}

/// What all rules record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Each rule, in the order given.
    pub rules: Vec<RuleSeries>,
    /// By the recorded metric, each series once, whichever rules write it.
    pub metrics: BTreeMap<String, Tally>,
    /// Label pairs and bytes of the most series, as far as labels are known, and their names.
    pub load: Load,
    /// Those of the most series whose labels values make.
    pub unlabelled: u64,
    /// Most series `ALERTS` and `ALERTS_FOR_STATE` at a time: two for each element that is active.
    pub alerts: u64,
}

impl Recorded {
    /// Series of all metrics.
    pub fn series(&self) -> Tally {
        let sum = |of: fn(&Tally) -> u64| self.metrics.values().map(of).sum();
        Tally { least: sum(|it| it.least), most: sum(|it| it.most) }
    }

    /// For so many targets in place of one, from what there is with one and with two.
    #[must_use]
    pub(super) fn continued(mut self, twice: &Self, replicas: u64) -> Self {
        let on = |one: u64, two: u64| {
            one.saturating_add((replicas - 1).saturating_mul(two.saturating_sub(one)))
        };
        let tally = |one: Tally, two: &Tally, bends: bool| {
            let most = on(one.most, two.most);
            let is_line = one.is_exact() && two.is_exact() && (!bends || one == *two);
            Tally { least: if is_line { most } else { one.least.min(two.least) }, most }
        };
        let mut bending: BTreeSet<&str> = BTreeSet::new();
        for (rule, two) in self.rules.iter_mut().zip(&twice.rules) {
            rule.series = tally(rule.series, &two.series, rule.bends);
            if !rule.series.is_exact() && rule.doubt.is_none() {
                let first = two.doubt.clone();
                rule.doubt = first.or_else(|| Some("more targets may add less".to_owned()));
            }
            if two.bends {
                bending.insert(&two.name);
            }
        }
        for (name, own) in &mut self.metrics {
            if let Some(two) = twice.metrics.get(name) {
                *own = tally(*own, two, bending.contains(name.as_str()));
            }
        }
        let load = |of: fn(&Load) -> u64| on(of(&self.load), of(&twice.load));
        self.load = Load {
            series: load(|it| it.series),
            label_pairs: load(|it| it.label_pairs),
            label_bytes: load(|it| it.label_bytes),
            ..self.load
        };
        self.unlabelled = on(self.unlabelled, twice.unlabelled).min(MOST);
        self.alerts = on(self.alerts, twice.alerts);
        self
    }
}

impl Run<'_> {
    pub(super) fn finish(self) -> Recorded {
        let mut all = Recorded { alerts: 2 * self.world.alerts, ..Recorded::default() };
        let mut written: BTreeMap<&str, Vec<&Vector>> = BTreeMap::new();
        let any_picks = self.outcomes.iter().any(|outcome| outcome.picks);
        for ((rule, outcome), result) in
            self.rules.iter().zip(self.outcomes).zip(&self.world.results)
        {
            if rule.kind == RuleKind::Record {
                written.entry(&rule.name).or_default().push(result);
            }
            let series = Tally { least: result.least, most: result.most };
            all.rules.push(RuleSeries {
                kind: rule.kind,
                name: rule.name.clone(),
                series,
                doubt: result.doubt.clone().filter(|_| !series.is_exact()),
                refused: outcome.refused,
                bends: outcome.picks || outcome.reads_rules && any_picks,
            });
        }
        for (name, results) in written {
            let (tally, sets) = together(&results);
            let bytes = |set: &LabelSet| self.world.label_bytes(set);
            let sum = |of: &dyn Fn(&LabelSet) -> u64| sets.iter().map(of).sum::<u64>();
            let known = Load {
                series: sets.len() as u64,
                label_pairs: sum(&|set| set.len() as u64),
                label_bytes: sum(&bytes),
                ..Load::default()
            };
            // Of those of which only some are there at a time, their mean.
            let share = tally.most.min(known.series) as f64 / known.series.max(1) as f64;
            let known = known.scaled(share);
            let pair_bytes = (crate::series::METRIC_NAME.len() + name.len() + 2) as u64;
            let named = u64::from(tally.most > 0);
            all.unlabelled += tally.most.saturating_sub(known.series);
            all.load +=
                Load { unique_pairs: named, unique_pair_bytes: named * pair_bytes, ..known };
            all.metrics.insert(name.to_owned(), tally);
        }
        all.unlabelled = all.unlabelled.min(MOST);
        all
    }
}

/// The series of a metric that several rules write, each once, and the known ones.
fn together(results: &[&Vector]) -> (Tally, Vec<LabelSet>) {
    let sets = distinct(results.iter().filter_map(|it| it.sets.clone()).flatten().collect());
    let sum: u64 = results.iter().map(|it| it.most).sum();
    let all_known = results.iter().all(|it| it.sets.is_some());
    let most = if all_known { sum.min(sets.len() as u64) } else { sum };
    let is_exact = results.iter().all(|it| it.is_exact());
    let least = match results {
        [one] => one.least,
        _ if is_exact => most,
        _ => results.iter().map(|it| it.least).max().unwrap_or_default(),
    };
    (Tally { least, most }, sets)
}
