//! Which part of its targets a chain keeps by hash: the shard that a configuration is.

use std::collections::BTreeMap;

use crate::config::{Chain, Job, Project};
use crate::relabel::analysis::may_write;
use crate::relabel::{Action, Step, hash};

/// Largest modulus whose residues are tried one by one.
const LARGEST: u64 = 100_000;

/// A `hashmod` and the `keep` or `drop` that reads it.
#[derive(Debug, Clone)]
pub(crate) struct ShardFilter {
    /// Index of the `hashmod`.
    pub(crate) hash: usize,
    /// Index of the filter.
    pub(crate) filter: usize,
    /// What is hashed.
    pub(crate) sources: Vec<Box<str>>,
    /// What joins it.
    pub(crate) separator: Box<str>,
    /// The number of parts.
    pub(crate) modulus: u64,
    /// The parts that stay.
    pub(crate) residues: Vec<u64>,
}

impl ShardFilter {
    /// A filter that lets nothing through.
    pub(super) fn nothing() -> Self {
        let (sources, residues) = (Vec::new(), Vec::new());
        Self { hash: 0, filter: 0, sources, separator: "".into(), modulus: 1, residues }
    }
}

/// Every hash of a chain whose label a filter reads alone.
pub(crate) fn shard_filters(chain: &Chain) -> Vec<ShardFilter> {
    let steps = chain.steps.iter().enumerate();
    let steps = || steps.clone().filter_map(|(at, step)| Some((at, step.step.as_ref()?)));
    let mut found = Vec::new();
    for (at, hash) in steps().filter(|(_, step)| step.action() == Action::HashMod) {
        let (label, modulus) = (hash.target_label(), hash.modulus());
        for (filter, step) in steps().filter(|(filter, _)| *filter > at) {
            let reads = step.source_labels().iter().any(|source| **source == *label);
            let is_filter = matches!(step.action(), Action::Keep | Action::Drop);
            if reads && is_filter && step.source_labels().len() == 1 && modulus <= LARGEST {
                let keeps = |residue: &u64| {
                    let matches = step.pattern().is_match(&residue.to_string());
                    matches == (step.action() == Action::Keep)
                };
                found.push(ShardFilter {
                    hash: at,
                    filter,
                    sources: hash.source_labels().to_vec(),
                    separator: hash.separator().into(),
                    modulus,
                    residues: (0..modulus).filter(keeps).collect(),
                });
            }
            if reads || may_write(step, label) {
                break;
            }
        }
    }
    found
}

/// Whether a chain drops everything by a label that it gave a constant: what a job has on servers
/// that are not its own.
pub(crate) fn keeps_nothing(chain: &Chain) -> bool {
    let steps = || chain.steps.iter().filter_map(|step| Some((step.step.as_ref()?, &step.raw)));
    let mut constants: BTreeMap<&str, &str> = BTreeMap::new();
    for (step, raw) in steps() {
        let filters = matches!(step.action(), Action::Keep | Action::Drop);
        if let ([label], true) = (step.source_labels(), filters)
            && let Some(value) = constants.get(&**label)
            && step.pattern().is_match(value) != (step.action() == Action::Keep)
        {
            return true;
        }
        constants.retain(|label, _| !may_write(step, label));
        let literal = raw.replacement.value().filter(|text| !text.contains('$'));
        if let Some(value) = literal
            && step.action() == Action::Replace
            && step.source_labels().is_empty()
            && step.pattern().is_match("")
        {
            constants.insert(step.target_label(), value);
        }
    }
    false
}

/// Whether a step may change what is hashed.
pub(crate) fn changes(step: &Step, sources: &[Box<str>]) -> bool {
    sources.iter().any(|source| may_write(step, source))
}

/// A job of a configuration that keeps a part of its targets.
pub(crate) fn sharded(project: &Project) -> impl Iterator<Item = (&Job, ShardFilter)> {
    project.jobs.iter().filter_map(|job| {
        let mut filters = shard_filters(&job.target_chain);
        let is_part = filters.len() == 1
            && !filters[0].residues.is_empty()
            && (filters[0].residues.len() as u64) < filters[0].modulus;
        is_part.then(|| (job, filters.remove(0)))
    })
}

/// Whether a job watches what runs on the server's own machine, itself first: each shard has its
/// own, so that such a job is not shared out. One without any targets does not: what it scrapes
/// stands elsewhere.
pub fn watches_own_machine(job: &Job) -> bool {
    let mut addresses = job.static_targets.iter().flat_map(|group| &group.targets).peekable();
    let is_own = |address: &str| {
        ["localhost", "127.", "[::1]"].iter().any(|start| address.starts_with(start))
    };
    job.discoveries.is_empty()
        && addresses.peek().is_some()
        && addresses.all(|at| is_own(&at.value))
}

/// An address that falls to a residue.
pub(crate) fn address_of(residue: u64, modulus: u64) -> Option<String> {
    let addresses =
        (0..=255u32).flat_map(|a| (1..=254u32).map(move |b| format!("10.0.{a}.{b}:9100")));
    addresses.take(20_000).find(|address| hash(address) % modulus == residue)
}
