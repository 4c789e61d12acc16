//! Limits with headroom over what the plan leaves, for jobs that have none: they keep what was reached.

use std::collections::{BTreeMap, BTreeSet};

use super::{Advice, Advised};
use crate::config::{Job, Limits, Located};
use crate::series::Table;

/// What one job has at most.
#[derive(Debug, Default)]
struct Most {
    /// Samples of each target.
    samples: BTreeMap<u32, u64>,
    labels: u64,
    value_bytes: u64,
}

pub(super) fn advise(advised: &Advised<'_>) -> Vec<Advice> {
    let most = by_job(&advised.left);
    let global = &advised.evidence.project.global.limits;
    let jobs = advised.evidence.project.jobs.iter();
    jobs.filter_map(|job| Some((job, most.get(job.name.as_str())?)))
        .filter_map(|(job, most)| of_job(job, global, most))
        .collect()
}

fn of_job(job: &Job, global: &Limits, most: &Most) -> Option<Advice> {
    type Pick = fn(&Limits) -> &Option<Located<u64>>;
    let samples = most.samples.values().copied().max().unwrap_or(0);
    let limits: [(&str, Pick, u64, &str); 4] = [
        ("sample_limit", |it| &it.sample, samples, "samples of a target"),
        ("label_limit", |it| &it.label, most.labels, "labels of a series"),
        (
            "label_value_length_limit",
            |it| &it.label_value_length,
            most.value_bytes,
            "bytes of a value",
        ),
        ("target_limit", |it| &it.target, most.samples.len() as u64, "targets"),
    ];
    let is_missing = |pick: Pick| pick(&job.limits).is_none() && pick(global).is_none();
    let missing: Vec<_> = limits.into_iter().filter(|limit| is_missing(limit.1)).collect();
    let set: Vec<String> = missing
        .iter()
        .map(|(name, _, most, _)| format!("{name}: {}", with_headroom(*most)))
        .collect();
    let seen: Vec<String> =
        missing.iter().map(|(_, _, most, what)| format!("{most} {what}")).collect();
    (!missing.is_empty()).then(|| Advice {
        kind: "limit",
        job: job.name.clone(),
        set: set.join(", "),
        reason: format!("half more than the most that the plan leaves: {}", seen.join(", ")),
        series: None,
        queries: Vec::new(),
    })
}

/// Half more, in two digits.
fn with_headroom(most: u64) -> u64 {
    let more = most.saturating_mul(3).div_ceil(2).max(1);
    let unit = 10u64.pow(more.ilog10().saturating_sub(1));
    more.div_ceil(unit) * unit
}

fn by_job(table: &Table) -> BTreeMap<&str, Most> {
    let mut jobs: BTreeMap<&str, Most> = BTreeMap::new();
    for group in &table.metrics {
        for (target, rows) in group.run_ranges() {
            let most = jobs.entry(table.target(target).job.as_str()).or_default();
            *most.samples.entry(target.0).or_default() += rows.len() as u64;
            // The name is a label, too.
            let labels =
                |row| 1 + group.columns.iter().filter(|it| it.codes[row] != 0).count() as u64;
            most.labels = rows.clone().map(labels).max().unwrap_or(0).max(most.labels);
            for column in &group.columns {
                let codes: BTreeSet<u32> = column.codes[rows.clone()].iter().copied().collect();
                let values = table.values(column.name);
                let bytes = codes.into_iter().map(|code| values.value_bytes(code) as u64);
                most.value_bytes = bytes.max().unwrap_or(0).max(most.value_bytes);
            }
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::with_headroom;

    #[test]
    fn headroom_is_half_and_round() {
        assert_eq!([0, 1, 4, 10, 101, 1234].map(with_headroom), [1, 2, 6, 15, 160, 1900]);
    }
}
