//! Jobs with a server of their own, behind the shards of a plan.

use super::TargetLoad;
use super::plan::{ShardDetail, ShardGoal, ShardPlan};
use crate::units::Bytes;

/// Adds the servers for one job to the plan of all other targets.
pub(super) fn set_apart(
    plan: &mut ShardPlan,
    targets: &[TargetLoad],
    goal: &ShardGoal,
    resident: &dyn Fn(Bytes) -> Bytes,
) {
    let has_job = |job: &&String| targets.iter().any(|target| target.job == **job);
    for job in goal.dedicated.iter().filter(has_job) {
        if !plan.dedicated.contains(job) {
            plan.dedicated.push(job.clone());
        }
    }
    let server = |target: &TargetLoad| {
        let at = plan.dedicated.iter().position(|job| *job == target.job);
        at.map(|at| plan.shards + at as u64)
    };
    let mut shared = plan.assigned.iter();
    let assigned: Vec<u64> = targets
        .iter()
        .filter_map(|target| server(target).or_else(|| shared.next().copied()))
        .collect();
    let given: Vec<usize> =
        (0..targets.len()).filter(|at| server(&targets[*at]).is_none()).collect();
    for large in &mut plan.too_large {
        large.target = given[large.target];
    }
    for (job, index) in plan.dedicated.iter().zip(plan.shards..) {
        let own = || targets.iter().filter(|target| target.job == *job);
        let bytes: u64 = own().map(|target| target.bytes).sum();
        plan.detail.push(ShardDetail {
            index,
            targets: own().count() as u64 + goal.own.targets,
            series: own().map(|target| target.series).sum::<u64>() + goal.own.series,
            rss: resident(Bytes(bytes + goal.own.bytes)),
        });
    }
    plan.assigned = assigned;
}
