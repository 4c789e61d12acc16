//! Spreads targets over servers, and gives the steps that each server's jobs need.

use promsieve_core::relabel::RawStep;
use promsieve_core::shard::{self, ShardGoal, ShardSize, TargetLoad};
use promsieve_core::units::Bytes;

fn main() {
    let target = |at: u64| TargetLoad {
        job: "app".to_owned(),
        labels: vec![("__address__".to_owned(), format!("10.0.0.{at}:9100"))],
        series: 1_000,
        bytes: 4_000_000,
        ..TargetLoad::default()
    };
    let targets: Vec<TargetLoad> = (0..200).map(target).collect();
    let candidates = shard::candidates(&targets);
    let goal = ShardGoal { candidates, ..ShardGoal::new(ShardSize::Shards(3)) };
    // What a server needs beyond its series: here a third, and 100 MB.
    let resident = |heap: Bytes| Bytes(heap.0 + heap.0 / 3 + 100_000_000);

    let plan = shard::plan(&targets, &goal, &resident);
    assert_eq!(plan.detail.iter().map(|shard| shard.targets).sum::<u64>(), 200);
    let steps = shard::steps(&plan, "0");
    let yaml: Vec<String> = steps.iter().map(RawStep::to_yaml).collect();
    assert!(yaml.iter().any(|step| step.contains("action: hashmod")));
}
