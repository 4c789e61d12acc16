//! An existing sharded fleet: which part of a job's targets nobody scrapes, and which several do.
//!
//! What a hash keeps is a set of residues, so that the configurations of a fleet can be compared on
//! all targets there could be, by the residues modulo the least common multiple of their moduli.
//! Hashes of different labels are taken for independent of one another.

use std::collections::BTreeSet;

use super::filter::{ShardFilter, address_of, shard_filters, watches_own_machine};
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
    /// There are too many residues to say.
    Unknown,
}

/// A fault of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetFault {
    /// The job.
    pub job: String,
    /// What is wrong.
    pub kind: FaultKind,
    /// The share of the targets that it concerns, 0 to 1.
    pub share: f64,
    /// The configurations that scrape such targets, or that have the job where none does.
    pub members: Vec<String>,
    /// An address that falls there, where addresses are hashed.
    pub example: Option<String>,
}

/// The faults of a fleet, by job in the order in which they first appear. Configurations that keep the
/// same part are replicas; jobs that watch the server's own machine belong on every one.
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
        let Some(job) = own else {
            faults.push(fault(members, name, FaultKind::Unknown, 1.0, &[], None));
            continue;
        };
        faults.extend(job.faults(members, name, &kept_parts(&names, name, &kept)));
    }
    faults
}

/// What each member keeps of the other jobs that are shared out: members that differ there are no
/// replicas.
fn kept_parts<'k>(names: &[&str], own: &str, kept: &'k [Option<Kept>]) -> Vec<&'k Kept> {
    let others = names.iter().zip(kept).filter(|(name, _)| **name != own);
    let is_split = |kept: &&Kept| kept.cells.iter().flatten().any(|cells| cells.contains(&false));
    others.filter_map(|(_, kept)| kept.as_ref()).filter(is_split).collect()
}

/// A hash that members take, with the residues that it can have.
#[derive(Debug)]
struct Axis {
    hashed: Hashed,
    modulus: u64,
}

/// What is hashed: the labels, what joins them, and the steps that may have changed them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hashed {
    sources: Vec<Box<str>>,
    separator: Box<str>,
    before: Vec<RawStep>,
}

/// The cells (a residue of each axis) that each member keeps of a job.
#[derive(Debug)]
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

    fn faults(&self, members: &[Member<'_>], name: &str, others: &[&Self]) -> Vec<FleetFault> {
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
        let kind = if self.axes.is_empty() { FaultKind::Whole } else { FaultKind::Overlap };
        let example = |cells: &[usize]| self.example(*cells.first()?);
        let gap = (!gaps.is_empty())
            .then(|| fault(members, name, FaultKind::Gap, share(&gaps), &having, example(&gaps)));
        let overlap = (!overlaps.is_empty())
            .then(|| fault(members, name, kind, share(&overlaps), &doubled, example(&overlaps)));
        gap.into_iter().chain(overlap).collect()
    }

    /// Whether two members keep the same of this job and of all others that are shared out.
    fn are_replicas(&self, a: usize, b: usize, others: &[&Self]) -> bool {
        let same = |kept: &Self| kept.cells[a] == kept.cells[b];
        same(self) && others.iter().all(|kept| same(kept))
    }

    fn example(&self, cell: usize) -> Option<String> {
        let [axis] = &self.axes[..] else { return None };
        let by_address = *axis.hashed.sources == [Box::from("__address__")];
        let plain = by_address && axis.hashed.before.is_empty();
        plain.then(|| address_of(cell as u64, axis.modulus)).flatten()
    }
}

/// The filters of all jobs of that name; `None` when there is none.
fn filters(project: &Project, name: &str) -> Option<Vec<(Hashed, ShardFilter)>> {
    let job = project.jobs.iter().find(|job| job.name == name)?;
    let filters = shard_filters(&job.target_chain).into_iter();
    Some(filters.map(|filter| (hashed(job, &filter), filter)).collect())
}

fn hashed(job: &Job, filter: &ShardFilter) -> Hashed {
    let before = job.target_chain.steps[..filter.hash].iter();
    let before = before.filter(|step| {
        step.step.as_ref().is_none_or(|step| super::filter::changes(step, &filter.sources))
    });
    Hashed {
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

fn fault(
    members: &[Member<'_>],
    job: &str,
    kind: FaultKind,
    share: f64,
    of: &[usize],
    example: Option<String>,
) -> FleetFault {
    let members = of.iter().map(|at| members[*at].name.to_owned()).collect();
    FleetFault { job: job.to_owned(), kind, share, members, example }
}
