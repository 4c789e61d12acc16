//! Which labels of the stored series tell their shard: what a rule must keep to be safe on one.

use std::collections::HashMap;

use super::TargetLoad;
use super::assign::HOST_LABEL;
use super::plan::{NAMESPACE, POD, SERVICE, ShardPlan};

/// The label that usually holds what is hashed.
const STORED: [(&str, &str); 6] = [
    ("__address__", "instance"),
    (HOST_LABEL, "instance"),
    ("__param_target", "instance"),
    (POD, "pod"),
    (SERVICE, "service"),
    (NAMESPACE, "namespace"),
];

/// Labels of the stored series that decide on their shard: the fewest known ones of which no two
/// targets share the values and differ in the shard. Empty where none do, so that no rule which
/// combines series is safe.
pub fn shard_key(targets: &[TargetLoad], plan: &ShardPlan) -> Vec<&'static str> {
    let stored =
        |source: &String| STORED.iter().find(|(name, _)| name == source).map(|(_, label)| *label);
    let mut hashed: Vec<&str> = plan.source_labels.iter().filter_map(stored).collect();
    hashed.sort_unstable();
    hashed.dedup();
    let keys = [hashed, vec!["instance"], vec!["instance", "job"]];
    keys.into_iter().find(|key| decides(targets, &plan.assigned, key)).unwrap_or_default()
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
        assert_eq!(shard_key(&targets, &plan(&targets, &goal, &|bytes| bytes)), key);
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
