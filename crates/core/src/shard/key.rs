//! Which labels of the stored series tell their shard: what a rule must keep to be safe on one.

use std::collections::{BTreeSet, HashMap};

use super::TargetLoad;
use super::assign::HOST_LABEL;
use super::plan::{NAMESPACE, POD, SERVICE, ShardPlan};
use super::split::{FAMILY_LABEL, PlannedSplit};
use crate::promql::{Expr, Name};
use crate::series::{METRIC_NAME, MetricRows, REPORTS, Table};

/// The label that usually holds what is hashed.
const STORED: [(&str, &str); 6] = [
    ("__address__", "instance"),
    (HOST_LABEL, "instance"),
    ("__param_target", "instance"),
    (POD, "pod"),
    (SERVICE, "service"),
    (NAMESPACE, "namespace"),
];

/// What tells the shard of a stored series: what a rule must keep to be safe on one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShardKey {
    /// Labels that tell it for all series.
    pub labels: Vec<String>,
    /// Where jobs are split, what tells it for metrics that no two of them have.
    parts: Vec<Part>,
}

/// Metrics that jobs have which are sharded alike, and no other job.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    labels: Vec<String>,
    metrics: BTreeSet<String>,
}

impl ShardKey {
    /// Of labels that tell the shard of every series.
    pub fn of(labels: &[&str]) -> Self {
        Self { labels: labels.iter().map(|label| (*label).to_owned()).collect(), parts: Vec::new() }
    }

    /// What an expression must keep: less where all that it reads is sharded alike.
    pub fn for_expr(&self, expr: &Expr) -> Vec<&str> {
        let is_part = |part: &&Part| {
            let has = |name: &Name| part.metrics.contains(&*name.text);
            expr.selectors().into_iter().all(|selector| selector.name.as_ref().is_some_and(has))
        };
        let part = self.parts.iter().find(is_part);
        part.map_or(&self.labels, |part| &part.labels).iter().map(String::as_str).collect()
    }

    /// Metrics that are the same on several shards: what a server says of the scrapes of a job that is
    /// split.
    pub(super) fn repeated(&self) -> &'static [&'static str] {
        if self.parts.is_empty() { &[] } else { &REPORTS }
    }
}

/// The key of a plan: the fewest known labels of which no two targets share the values and differ in
/// the shard, and those by which jobs are split. Without labels no rule that combines series is
/// safe. `stored` is where the metrics' names come from.
pub fn shard_key(targets: &[TargetLoad], plan: &ShardPlan, stored: Option<&Table>) -> ShardKey {
    let of_source =
        |source: &String| STORED.iter().find(|(name, _)| name == source).map(|(_, label)| *label);
    let mut hashed: Vec<&str> = plan.source_labels.iter().filter_map(of_source).collect();
    hashed.sort_unstable();
    hashed.dedup();
    let keys = [hashed, vec!["instance"], vec!["instance", "job"]];
    let found = keys.into_iter().find(|key| decides(targets, &plan.assigned, key));
    let key = ShardKey::of(&found.unwrap_or_default());
    match (&plan.splits[..], stored) {
        (splits @ [_, ..], Some(stored)) if plan.shards > 1 => with_splits(key, splits, stored),
        _ => key,
    }
}

/// Series of different parts agree on `job` and `instance` never, so that those tell them apart.
fn with_splits(key: ShardKey, splits: &[PlannedSplit], stored: &Table) -> ShardKey {
    let is_split = |job: &str| splits.iter().any(|split| split.job == job);
    let part = |labels: Vec<String>, has: &dyn Fn(&str) -> bool| {
        let runs = |group: &&MetricRows, wanted: bool| {
            let mut targets = group.runs.iter().map(|run| stored.target(run.target));
            targets.any(|target| has(&target.job) == wanted)
        };
        let own = stored.metrics.iter().filter(|group| runs(group, true) && !runs(group, false));
        Part { labels, metrics: own.map(|group| stored.metric_name(group).to_owned()).collect() }
    };
    let hashed = |split: &PlannedSplit| {
        let label = |label: &String| match label.as_str() {
            FAMILY_LABEL => METRIC_NAME.to_owned(),
            label => label.to_owned(),
        };
        split.source_labels.iter().map(label).collect::<Vec<String>>()
    };
    let mut labels: BTreeSet<String> = splits.iter().flat_map(hashed).collect();
    labels.extend(["instance", "job"].map(str::to_owned));
    labels.extend(key.labels.iter().cloned());
    let all = if key.labels.is_empty() { Vec::new() } else { labels.into_iter().collect() };
    let whole = part(key.labels, &|job| !is_split(job));
    let split = splits.iter().map(|split| part(hashed(split), &|job| job == split.job));
    ShardKey { labels: all, parts: std::iter::once(whole).chain(split).collect() }
}

fn decides(targets: &[TargetLoad], assigned: &[u64], key: &[&str]) -> bool {
    let mut shards: HashMap<Vec<&str>, u64> = HashMap::new();
    !key.is_empty()
        && targets.iter().zip(assigned).all(|(target, shard)| {
            let values = key.iter().map(|name| stored_label(target, name)).collect();
            *shards.entry(values).or_insert(*shard) == *shard
        })
}

fn stored_label<'t>(target: &'t TargetLoad, name: &str) -> &'t str {
    target.stored.iter().find(|label| label.0 == name).map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::{ShardGoal, ShardSize, plan};

    #[track_caller]
    fn check(targets: &[[&str; 3]], source: &str, key: &[&str]) {
        let target = |[job, address, instance]: &[&str; 3]| TargetLoad {
            job: (*job).to_owned(),
            labels: vec![("__address__".to_owned(), (*address).to_owned())],
            stored: vec![
                ("instance".to_owned(), (*instance).to_owned()),
                ("job".to_owned(), (*job).to_owned()),
            ],
            series: 1,
            bytes: 1,
        };
        let targets: Vec<_> = targets.iter().map(target).collect();
        let goal = ShardGoal {
            candidates: vec![vec![source.to_owned()]],
            ..ShardGoal::new(ShardSize::Shards(2))
        };
        let plan = plan(&targets, &goal, &|bytes| bytes);
        assert_eq!(shard_key(&targets, &plan, None), ShardKey::of(key));
    }

    #[test]
    fn the_key_is_what_no_two_shards_share() {
        // The hashes of `a` and `b` are odd, that of `e` is even.
        check(&[["x", "a", "a"], ["y", "e", "e"]], "__address__", &["instance"]);
        check(&[["x", "a", "n"], ["y", "e", "n"]], "__address__", &["instance", "job"]);
        check(&[["x", "a", "n"], ["x", "e", "n"]], "__address__", &[]);
        check(&[["x", "a", "n"], ["x", "b", "n"]], "__address__", &["instance"]);
    }
}
