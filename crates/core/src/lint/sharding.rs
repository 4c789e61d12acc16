//! Which part of its targets a chain keeps by hash: the shard that a configuration is.

use super::At;
use crate::config::{Chain, Job, Project};
use crate::relabel::{Action, Step, hash};

use super::filters;

/// Largest modulus whose residues are tried one by one.
const LARGEST: u64 = 100_000;

/// A `hashmod` and the `keep` or `drop` that reads it.
#[derive(Debug, Clone)]
pub(super) struct ShardFilter {
    /// Index of the `hashmod`.
    pub(super) hash: usize,
    /// Index of the filter.
    pub(super) filter: usize,
    /// What is hashed.
    pub(super) sources: Vec<Box<str>>,
    /// What joins it.
    pub(super) separator: Box<str>,
    /// The number of parts.
    pub(super) modulus: u64,
    /// The parts that stay.
    pub(super) residues: Vec<u64>,
}

/// Every hash of a chain whose label a filter reads alone.
pub(super) fn shard_filters(chain: &Chain) -> Vec<ShardFilter> {
    let steps = || (0..chain.steps.len()).filter_map(|index| At::new(chain, index));
    let mut found = Vec::new();
    for at in steps().filter(|at| at.step.action() == Action::HashMod) {
        let (label, modulus) = (at.step.target_label(), at.step.modulus());
        for filter in steps().skip(at.index + 1) {
            let reads = filter.step.source_labels().iter().any(|source| **source == *label);
            let is_filter = matches!(filter.step.action(), Action::Keep | Action::Drop);
            if reads && is_filter && filter.step.source_labels().len() == 1 && modulus <= LARGEST {
                let keeps = |residue: &u64| {
                    let matches = filter.step.pattern().is_match(&residue.to_string());
                    matches == (filter.step.action() == Action::Keep)
                };
                found.push(ShardFilter {
                    hash: at.index,
                    filter: filter.index,
                    sources: at.step.source_labels().to_vec(),
                    separator: at.step.separator().into(),
                    modulus,
                    residues: (0..modulus).filter(keeps).collect(),
                });
            }
            if reads || filters::may_write(filter.step, label) {
                break;
            }
        }
    }
    found
}

/// Whether a step may change what is hashed.
pub(super) fn changes(step: &Step, sources: &[Box<str>]) -> bool {
    sources.iter().any(|source| filters::may_write(step, source))
}

/// A job of a configuration that keeps a part of its targets.
pub(super) fn sharded(project: &Project) -> impl Iterator<Item = (&Job, ShardFilter)> {
    project.jobs.iter().filter_map(|job| {
        let mut filters = shard_filters(&job.target_chain);
        let is_part = filters.len() == 1
            && !filters[0].residues.is_empty()
            && (filters[0].residues.len() as u64) < filters[0].modulus;
        is_part.then(|| (job, filters.remove(0)))
    })
}

/// An address that falls to a residue.
pub(super) fn address_of(residue: u64, modulus: u64) -> Option<String> {
    let addresses =
        (0..=255u32).flat_map(|a| (1..=254u32).map(move |b| format!("10.0.{a}.{b}:9100")));
    addresses.take(20_000).find(|address| hash(address) % modulus == residue)
}
