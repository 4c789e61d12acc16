//! What hashing gives: for each set of labels the load of every shard, and the least number of shards
//! whose loads fit.

use super::TargetLoad;
use super::assign::{
    balanced, hashed_values, largest_load, loads, lower_bound, rebalanced, target_hash,
};
use super::churn::churn;
use super::plan::{
    Assignment, Candidate, Mapped, OwnLoad, ShardDetail, ShardGoal, ShardPlan, ShardSize, TooLarge,
};
use super::split::{PlannedSplit, Split};
use crate::units::Bytes;

/// More shards than this are not planned; the largest fleets known have some hundreds.
pub(super) const MAX_SHARDS: u64 = 4096;

/// A label set with the hash of each target, taken once for all numbers of shards.
struct Hashed {
    source_labels: Vec<String>,
    hashes: Vec<u64>,
    incomplete: u64,
}

/// The targets as columns.
pub(super) struct Fleet<'a> {
    targets: &'a [TargetLoad],
    series: Vec<u64>,
    bytes: Vec<u64>,
    hashed: Vec<Hashed>,
    assignment: Assignment,
    own: OwnLoad,
    splits: &'a [Split],
    resident: &'a dyn Fn(Bytes) -> Bytes,
}

impl<'a> Fleet<'a> {
    pub(super) fn new(
        targets: &'a [TargetLoad],
        goal: &'a ShardGoal,
        resident: &'a dyn Fn(Bytes) -> Bytes,
    ) -> Self {
        let address = vec![vec!["__address__".to_owned()]];
        let sets = if goal.candidates.is_empty() { &address } else { &goal.candidates };
        let hashed = |set: &Vec<String>| Hashed {
            source_labels: set.clone(),
            hashes: targets.iter().map(|target| target_hash(target, set)).collect(),
            incomplete: targets.iter().filter(|target| !has_all(target, set)).count() as u64,
        };
        Self {
            targets,
            series: targets.iter().map(|target| target.series).collect(),
            bytes: targets.iter().map(|target| target.bytes).collect(),
            hashed: sets.iter().map(hashed).collect(),
            assignment: goal.assignment,
            own: goal.own,
            splits: &goal.splits,
            resident,
        }
    }

    /// The plan but for what is set apart and what moves.
    pub(super) fn plan(&self, goal: &ShardGoal) -> ShardPlan {
        let limit = limit(goal);
        let too_large = limit.map_or_else(Vec::new, |limit| self.too_large(limit));
        let (shards, best) = self.choose(goal, limit, &too_large);
        let assigned = self.assigned(best, shards);
        let splits = self.split(shards);
        let detail = self.detail(&assigned, &splits, shards);
        let Hashed { source_labels, hashes, .. } = &self.hashed[best];
        let by_weight = largest_load(&self.series, &balanced(&self.series, shards), shards);
        ShardPlan {
            shards,
            dedicated: Vec::new(),
            splits,
            imbalance: self.imbalance(best, shards),
            fits: limit.is_none_or(|limit| detail.iter().all(|shard| shard.rss <= limit)),
            detail,
            mapped: mapped(self.targets, source_labels, hashes, &assigned, shards),
            churn: churn(&self.series, hashes, shards),
            too_large,
            rejected: self.rejected(best, shards),
            balanced_imbalance: self.over_mean(by_weight, shards),
            least_imbalance: self.over_mean(lower_bound(&self.series, shards), shards),
            movement: None,
            source_labels: source_labels.clone(),
            assigned,
        }
    }

    fn split(&self, shards: u64) -> Vec<PlannedSplit> {
        self.splits.iter().map(|split| split.among(shards)).collect()
    }

    fn too_large(&self, limit: Bytes) -> Vec<TooLarge> {
        let alone = |target: usize| TooLarge {
            target,
            series: self.series[target],
            rss: self.resident(self.bytes[target]),
        };
        (0..self.bytes.len()).map(alone).filter(|target| target.rss > limit).collect()
    }

    /// The number of shards and the index of the label set.
    fn choose(&self, goal: &ShardGoal, limit: Option<Bytes>, apart: &[TooLarge]) -> (u64, usize) {
        let Some(limit) = limit else {
            let ShardSize::Shards(shards) = goal.size else { return (1, 0) };
            let shards = shards.clamp(1, MAX_SHARDS);
            return (shards, self.best(shards));
        };
        // A target that fits nowhere must not drive the number of shards for all others.
        let mut bytes = self.bytes.clone();
        for target in apart {
            bytes[target.target] = 0;
        }
        let total: u64 = bytes.iter().sum();
        let most = if self.splits.is_empty() { 2 * bytes.len() as u64 } else { MAX_SHARDS };
        let most = most.clamp(1, MAX_SHARDS);
        let fits = |bytes: u64| self.resident(bytes) <= limit;
        let mean = |shards: u64| {
            let split = self.splits.iter().map(|split| split.mean_bytes(shards)).sum::<u64>();
            total.div_ceil(shards) + split
        };
        for shards in (1..=most).filter(|shards| fits(mean(*shards))) {
            let splits = self.split(shards);
            let fitting = |set: &usize| {
                let assigned = self.assigned(*set, shards);
                let loads = loads(&bytes, &assigned, shards).into_iter().enumerate();
                let loads = loads.map(|(at, load)| load + part_of(&splits, at, |it| &it.bytes));
                loads.into_iter().all(fits)
            };
            let best = self.ranked(shards).into_iter().find(fitting);
            if let Some(best) = best {
                return (shards, best);
            }
        }
        (most, self.best(most))
    }

    /// Resident memory of a shard whose targets take so much live heap.
    fn resident(&self, bytes: u64) -> Bytes {
        (self.resident)(Bytes(bytes + self.own.bytes))
    }

    fn assigned(&self, set: usize, shards: u64) -> Vec<u64> {
        let hashes = &self.hashed[set].hashes;
        match self.assignment {
            Assignment::Hashmod => hashes.iter().map(|hash| hash % shards).collect(),
            Assignment::Mapped => self.mapped(hashes, shards),
        }
    }

    /// What hashes alike is moved as one.
    fn mapped(&self, hashes: &[u64], shards: u64) -> Vec<u64> {
        let mut units: Vec<u64> = hashes.to_vec();
        units.sort_unstable();
        units.dedup();
        let unit = |hash: &u64| units.binary_search(hash).unwrap_or(0);
        let mut weights = vec![0; units.len()];
        for (hash, series) in hashes.iter().zip(&self.series) {
            weights[unit(hash)] += series;
        }
        let hashed: Vec<u64> = units.iter().map(|hash| hash % shards).collect();
        let assigned = rebalanced(&weights, &hashed, shards);
        hashes.iter().map(|hash| assigned[unit(hash)]).collect()
    }

    fn imbalance(&self, set: usize, shards: u64) -> f64 {
        let largest = largest_load(&self.series, &self.assigned(set, shards), shards);
        self.over_mean(largest, shards)
    }

    fn over_mean(&self, largest: u64, shards: u64) -> f64 {
        let total: u64 = self.series.iter().sum();
        if total == 0 { 1.0 } else { largest as f64 * shards as f64 / total as f64 }
    }

    fn best(&self, shards: u64) -> usize {
        self.ranked(shards).first().copied().unwrap_or(0)
    }

    /// Label sets, best balanced first.
    fn ranked(&self, shards: u64) -> Vec<usize> {
        let mut ranked: Vec<(f64, usize)> =
            (0..self.hashed.len()).map(|set| (self.imbalance(set, shards), set)).collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ranked.into_iter().map(|(_, set)| set).collect()
    }

    fn rejected(&self, best: usize, shards: u64) -> Vec<Candidate> {
        let candidate = |set: usize| Candidate {
            source_labels: self.hashed[set].source_labels.clone(),
            imbalance: self.imbalance(set, shards),
            incomplete: self.hashed[set].incomplete,
        };
        self.ranked(shards).into_iter().filter(|set| *set != best).map(candidate).collect()
    }

    fn detail(&self, assigned: &[u64], splits: &[PlannedSplit], shards: u64) -> Vec<ShardDetail> {
        let counts = loads(&vec![1; assigned.len()], assigned, shards);
        let series = loads(&self.series, assigned, shards);
        let bytes = loads(&self.bytes, assigned, shards);
        let split: u64 = splits.iter().map(|split| split.targets).sum();
        let detail = |at: usize| ShardDetail {
            index: at as u64,
            targets: counts[at] + split + self.own.targets,
            series: series[at] + part_of(splits, at, |it| &it.series) + self.own.series,
            rss: self.resident(bytes[at] + part_of(splits, at, |it| &it.bytes)),
        };
        (0..counts.len()).map(detail).collect()
    }
}

/// What a shard has of all splits.
pub(super) fn part_of(
    splits: &[PlannedSplit],
    shard: usize,
    of: fn(&PlannedSplit) -> &Vec<u64>,
) -> u64 {
    splits.iter().map(|split| of(split)[shard]).sum()
}

/// The values that are not on the shard of their hash, by shard and value.
fn mapped(
    targets: &[TargetLoad],
    source_labels: &[String],
    hashes: &[u64],
    assigned: &[u64],
    shards: u64,
) -> Vec<Mapped> {
    let away = (0..targets.len()).filter(|at| hashes[*at] % shards != assigned[*at]);
    let mut mapped: Vec<Mapped> = away
        .map(|at| Mapped { shard: assigned[at], value: hashed_values(&targets[at], source_labels) })
        .collect();
    mapped.sort_unstable();
    mapped.dedup();
    mapped
}

/// The budget less its headroom.
fn limit(goal: &ShardGoal) -> Option<Bytes> {
    let ShardSize::Budget(budget) = goal.size else { return None };
    #[expect(clippy::cast_sign_loss, reason = "clamped to 0..=1")]
    Some(Bytes((budget.0 as f64 * (1.0 - goal.headroom.clamp(0.0, 1.0))) as u64))
}

/// Whether a target has all labels of a set.
pub(super) fn has_all(target: &TargetLoad, set: &[String]) -> bool {
    set.iter().all(|name| !target.label(name).is_empty())
}
