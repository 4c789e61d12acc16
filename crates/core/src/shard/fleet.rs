//! An existing sharded fleet: which part of a job's targets or series nobody scrapes, and which several
//! do.
//!
//! What a hash keeps is a set of residues, so that the configurations of a fleet can be compared on
//! all targets there could be, by the residues modulo the least common multiple of their moduli.
//! Hashes of different labels are taken for independent of one another.

use std::collections::{BTreeMap, BTreeSet};

use super::filter::{ShardFilter, address_of, keeps_nothing, shard_filters, watches_own_machine};
use super::reasons::reasons;
use crate::config::{Job, Project};
use crate::relabel::RawStep;

/// More combinations of residues than this are not compared.
const MOST_CELLS: u64 = 1_000_000;

/// One configuration of those that were given together.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its file, as the user knows it.
    pub name: &'a str,
    /// What it says.
    pub project: &'a Project,
}

/// What is wrong with how a job is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// Nobody scrapes a part of the targets.
    Gap,
    /// Several that are no replicas of one another scrape a part.
    Overlap,
    /// Servers that share other jobs out each scrape all of this one.
    Whole,
    /// Servers of a sharded fleet have the same external labels.
    Labels,
    /// There are too many residues to say.
    Unknown,
}

/// A fault of a job, or of a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetFault {
    /// The job; none for the external labels.
    pub job: Option<String>,
    /// What is wrong.
    pub kind: FaultKind,
    /// The share of the targets that it concerns, 0 to 1; of the series, where those are hashed.
    pub share: f64,
    /// Whether series are hashed, not targets alone.
    pub of_series: bool,
    /// The configurations that scrape such targets, or that have the job where none does.
    pub members: Vec<String>,
    /// An address that falls there, where addresses are hashed.
    pub example: Option<String>,
    /// What in the configurations leads to it, as far as that is known.
    pub reasons: Vec<String>,
}

/// The faults of a fleet, by job in the order in which they first appear, those of external labels
/// last. Configurations that keep the same part are replicas; jobs that watch the server's own
/// machine belong on every one.
pub fn check_fleet(members: &[Member<'_>]) -> Vec<FleetFault> {
    let mut names: Vec<&str> = Vec::new();
    for job in members.iter().flat_map(|member| &member.project.jobs) {
        if !watches_own_machine(job) && !names.contains(&job.name.as_str()) {
            names.push(&job.name);
        }
    }
    let kept: Vec<Option<Kept>> = names.iter().map(|name| Kept::of(members, name)).collect();
    let mut faults = Vec::new();
    for (name, own) in names.iter().zip(&kept) {
        let found = match own {
            Some(job) => job.faults(members, &kept_parts(&names, name, &kept)),
            None => vec![fault(members, FaultKind::Unknown, 1.0, &[])],
        };
        if !found.is_empty() {
            let reasons = reasons(members, name);
            let job = Some((*name).to_owned());
            let told = |fault| FleetFault { job: job.clone(), reasons: reasons.clone(), ..fault };
            faults.extend(found.into_iter().map(told));
        }
    }
    if !kept_parts(&names, "", &kept).is_empty() || kept.contains(&None) {
        faults.extend(alike_labels(members));
    }
    faults
}

/// Configurations that have the same external labels: neither shards nor replicas may.
fn alike_labels(members: &[Member<'_>]) -> Vec<FleetFault> {
    let mut alike: BTreeMap<Vec<(&str, &str)>, Vec<usize>> = BTreeMap::new();
    for (at, member) in members.iter().enumerate() {
        alike.entry(external_labels(member.project)).or_default().push(at);
    }
    let alike = alike.into_iter().filter(|(_, members)| members.len() > 1);
    let told = |(labels, of): (Vec<(&str, &str)>, Vec<usize>)| {
        let pairs: Vec<String> = labels.iter().map(|(n, v)| format!("{n}={v:?}")).collect();
        let reason = match &pairs[..] {
            [] => "they have no external labels".to_owned(),
            pairs => format!("all of them are `{{{}}}`", pairs.join(", ")),
        };
        FleetFault { reasons: vec![reason], ..fault(members, FaultKind::Labels, 1.0, &of) }
    };
    alike.map(told).collect()
}

/// The external labels of a configuration, sorted.
pub(crate) fn external_labels(project: &Project) -> Vec<(&str, &str)> {
    let labels = project.global.external_labels.iter();
    let mut labels: Vec<_> =
        labels.map(|(name, value)| (name.value.as_str(), value.value.as_str())).collect();
    labels.sort_unstable();
    labels
}

/// What each member keeps of the other jobs that are shared out: members that differ there are no
/// replicas.
fn kept_parts<'k>(names: &[&str], own: &str, kept: &'k [Option<Kept>]) -> Vec<&'k Kept> {
    let others = names.iter().zip(kept).filter(|(name, _)| **name != own);
    let is_split = |kept: &&Kept| kept.cells.iter().flatten().any(|cells| cells.contains(&false));
    others.filter_map(|(_, kept)| kept.as_ref()).filter(is_split).collect()
}

/// A hash that members take, with the residues that it can have.
#[derive(Debug, PartialEq)]
struct Axis {
    hashed: Hashed,
    modulus: u64,
}

/// What is hashed: the labels of a target or a series, what joins them, and the steps that may have
/// changed them. Of nothing, where a chain drops everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Hashed {
    pub(super) of_series: bool,
    pub(super) sources: Vec<Box<str>>,
    pub(super) separator: Box<str>,
    before: Vec<RawStep>,
}

/// The cells (a residue of each axis) that each member keeps of a job.
#[derive(Debug, PartialEq)]
struct Kept {
    axes: Vec<Axis>,
    /// Of each member that has the job, the cells it keeps.
    cells: Vec<Option<Vec<bool>>>,
}

impl Kept {
    fn of(members: &[Member<'_>], name: &str) -> Option<Self> {
        let filters: Vec<Option<Vec<(Hashed, ShardFilter)>>> =
            members.iter().map(|member| filters(member.project, name)).collect();
        let mut axes: Vec<Axis> = Vec::new();
        for (hashed, filter) in filters.iter().flatten().flatten() {
            match axes.iter_mut().find(|axis| axis.hashed == *hashed) {
                Some(axis) => axis.modulus = least_common_multiple(axis.modulus, filter.modulus)?,
                None => axes.push(Axis { hashed: hashed.clone(), modulus: filter.modulus }),
            }
        }
        let count = axes.iter().try_fold(1u64, |cells, axis| cells.checked_mul(axis.modulus));
        let count = count.filter(|cells| *cells <= MOST_CELLS)?;
        let keeps = |filters: &Vec<(Hashed, ShardFilter)>, mut cell: u64| {
            axes.iter().all(|axis| {
                let residue = cell % axis.modulus;
                cell /= axis.modulus;
                let mut own = filters.iter().filter(|(hashed, _)| *hashed == axis.hashed);
                own.all(|(_, filter)| filter.residues.contains(&(residue % filter.modulus)))
            })
        };
        let cells = |filters: Option<Vec<(Hashed, ShardFilter)>>| {
            filters.map(|filters| (0..count).map(|cell| keeps(&filters, cell)).collect())
        };
        let cells = filters.into_iter().map(cells).collect();
        Some(Self { axes, cells })
    }

    fn faults(&self, members: &[Member<'_>], others: &[&Self]) -> Vec<FleetFault> {
        let count = self.axes.iter().map(|axis| axis.modulus).product::<u64>() as usize;
        let owners = |cell: usize| -> Vec<usize> {
            let keeps = |at: &usize| self.cells[*at].as_ref().is_some_and(|cells| cells[cell]);
            (0..members.len()).filter(keeps).collect()
        };
        let (mut gaps, mut overlaps, mut doubled) = (Vec::new(), Vec::new(), BTreeSet::new());
        for cell in 0..count {
            let owners = owners(cell);
            let Some(first) = owners.first() else {
                gaps.push(cell);
                continue;
            };
            if owners.iter().any(|owner| !self.are_replicas(*first, *owner, others)) {
                overlaps.push(cell);
                doubled.extend(owners);
            }
        }
        let share = |cells: &[usize]| cells.len() as f64 / count as f64;
        let having: Vec<usize> =
            (0..members.len()).filter(|at| self.cells[*at].is_some()).collect();
        let doubled: Vec<usize> = doubled.into_iter().collect();
        let is_whole = self.axes.iter().all(|axis| axis.modulus == 1);
        let kind = if is_whole { FaultKind::Whole } else { FaultKind::Overlap };
        let of_series = self.axes.iter().any(|axis| axis.hashed.of_series);
        let found = |kind, cells: &[usize], of: &[usize]| {
            let example = self.example(*cells.first()?);
            Some(FleetFault { of_series, example, ..fault(members, kind, share(cells), of) })
        };
        let gap = found(FaultKind::Gap, &gaps, &having);
        gap.into_iter().chain(found(kind, &overlaps, &doubled)).collect()
    }

    /// Whether two members keep the same of this job and of all others that are shared out.
    fn are_replicas(&self, a: usize, b: usize, others: &[&Self]) -> bool {
        let same = |kept: &Self| kept.cells[a] == kept.cells[b];
        same(self) && others.iter().all(|kept| same(kept))
    }

    fn example(&self, cell: usize) -> Option<String> {
        let [axis] = &self.axes[..] else { return None };
        let by_address = *axis.hashed.sources == [Box::from("__address__")];
        let plain = by_address && axis.hashed.before.is_empty() && !axis.hashed.of_series;
        plain.then(|| address_of(cell as u64, axis.modulus)).flatten()
    }
}

/// The filters of the job of that name; `None` when there is none.
pub(super) fn filters(project: &Project, name: &str) -> Option<Vec<(Hashed, ShardFilter)>> {
    let job = project.jobs.iter().find(|job| job.name == name)?;
    let of_chain = |of_series: bool| {
        let chain = if of_series { &job.metric_chain } else { &job.target_chain };
        let filters = shard_filters(chain).into_iter();
        filters.map(move |filter| (hashed(job, &filter, of_series), filter))
    };
    let nothing = keeps_nothing(&job.target_chain) || keeps_nothing(&job.metric_chain);
    let nothing = nothing.then(|| (Hashed::default(), ShardFilter::nothing()));
    Some(of_chain(false).chain(of_chain(true)).chain(nothing).collect())
}

fn hashed(job: &Job, filter: &ShardFilter, of_series: bool) -> Hashed {
    let (targets, metrics) = (&job.target_chain.steps, &job.metric_chain.steps);
    let (targets, series) = if of_series {
        (&targets[..], &metrics[..filter.hash])
    } else {
        (&targets[..filter.hash], &[][..])
    };
    let before = targets.iter().chain(series).filter(|step| {
        step.step.as_ref().is_none_or(|step| super::filter::changes(step, &filter.sources))
    });
    Hashed {
        of_series,
        sources: filter.sources.clone(),
        separator: filter.separator.clone(),
        before: before.map(|step| step.raw.clone()).collect(),
    }
}

fn least_common_multiple(a: u64, b: u64) -> Option<u64> {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).checked_mul(b)
}

fn fault(members: &[Member<'_>], kind: FaultKind, share: f64, of: &[usize]) -> FleetFault {
    let members = of.iter().map(|at| members[*at].name.to_owned()).collect();
    let (job, example, reasons) = (None, None, Vec::new());
    FleetFault { job, kind, share, of_series: false, members, example, reasons }
}
