//! The relabel steps of a plan: what each job gets in its chains, on each server.

use super::assign::HOST_LABEL;
use super::plan::ShardPlan;
use super::split::{FAMILY_LABEL, PlannedSplit};
use crate::regexp;
use crate::relabel::{Field, RawStep};
use crate::series::METRIC_NAME;

/// The label that holds the hash between the two steps. A server drops it from targets after
/// relabeling, and from series where a step does.
const HASH_LABEL: &str = "__tmp_hash";

/// The steps that put `shard` of a plan, its index, in front of a job's `relabel_configs`: hashmod
/// and keep, with the host derived first where the plan hashes it, and what is mapped put right
/// between them. A single shard needs none.
pub fn steps(plan: &ShardPlan, shard: &str) -> Vec<RawStep> {
    if plan.servers() <= 1 {
        return Vec::new();
    }
    let mut steps = Vec::new();
    if plan.source_labels.iter().any(|name| name == HOST_LABEL) {
        steps.push(RawStep {
            source_labels: Field::Set(vec!["__address__".to_owned()]),
            regex: set(r"(.*?)(?::\d+)?"),
            target_label: set(HOST_LABEL),
            ..RawStep::default()
        });
    }
    steps.push(RawStep {
        source_labels: Field::Set(plan.source_labels.clone()),
        modulus: Field::Set(plan.shards),
        target_label: set(HASH_LABEL),
        action: set("hashmod"),
        ..RawStep::default()
    });
    for list in plan.mapped.chunk_by(|a, b| a.shard == b.shard) {
        let values: Vec<String> = list.iter().map(|mapped| regexp::quote(&mapped.value)).collect();
        steps.push(RawStep {
            source_labels: Field::Set(plan.source_labels.clone()),
            regex: Field::Set(values.join("|")),
            target_label: set(HASH_LABEL),
            replacement: Field::Set(list[0].shard.to_string()),
            ..RawStep::default()
        });
    }
    steps.push(keep(shard));
    steps
}

/// The steps of a job that has a server of its own, the one with this index: none of its targets
/// stay elsewhere.
pub(super) fn dedicated_steps(index: u64, shard: &str) -> Vec<RawStep> {
    vec![constant(shard), keep(&index.to_string())]
}

/// The steps by which a job that is split leaves its targets to the shards: servers for other jobs
/// have no part in it.
pub(super) fn undedicated_steps(plan: &ShardPlan, shard: &str) -> Vec<RawStep> {
    let shards: Vec<String> = (0..plan.shards).map(|shard| shard.to_string()).collect();
    match &plan.dedicated[..] {
        [] => Vec::new(),
        _ => vec![constant(shard), keep(&shards.join("|"))],
    }
}

/// The steps behind all others of a job's `metric_relabel_configs` that leave `shard` its part of the
/// series. The name of a family stands for the names of its series, so that a histogram stays in
/// one piece.
pub fn split_steps(split: &PlannedSplit, shard: &str) -> Vec<RawStep> {
    let by_family = split.source_labels.iter().any(|label| label == FAMILY_LABEL);
    let mut steps = Vec::new();
    if by_family {
        steps.push(RawStep {
            source_labels: Field::Set(vec![METRIC_NAME.to_owned()]),
            regex: set("(.+?)(?:_bucket|_count|_sum)?"),
            target_label: set(FAMILY_LABEL),
            ..RawStep::default()
        });
    }
    steps.push(RawStep {
        source_labels: Field::Set(split.source_labels.clone()),
        modulus: Field::Set(split.series.len() as u64),
        target_label: set(HASH_LABEL),
        action: set("hashmod"),
        ..RawStep::default()
    });
    steps.push(keep(shard));
    let temporary =
        if by_family { format!("{HASH_LABEL}|{FAMILY_LABEL}") } else { HASH_LABEL.into() };
    steps.push(RawStep {
        regex: Field::Set(temporary),
        action: set("labeldrop"),
        ..RawStep::default()
    });
    steps
}

/// Keeps what has that hash.
fn keep(hash: &str) -> RawStep {
    RawStep {
        source_labels: Field::Set(vec![HASH_LABEL.to_owned()]),
        regex: set(hash),
        action: set("keep"),
        ..RawStep::default()
    }
}

/// Gives everything the same hash.
fn constant(hash: &str) -> RawStep {
    RawStep { target_label: set(HASH_LABEL), replacement: set(hash), ..RawStep::default() }
}

fn set(text: &str) -> Field<String> {
    Field::Set(text.to_owned())
}
