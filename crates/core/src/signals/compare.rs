//! What the chains leave: the series before them compared with those after, cell by cell.

use std::collections::{BTreeMap, BTreeSet};

use super::blame;
use super::giver::{Giver, Part, exporters_at_hand, givers};
use super::probe::{probes, without_limits};
use super::report::{CellReport, GiverReport, JobReport, Loss, PartReport, Report, State, What};
use super::seen::{Count, Seen};
use crate::config::Project;
use crate::flow::{self, Stored};
use crate::packs::{Cell, cells};
use crate::series::Table;

/// What is at hand at one point of the way.
pub(super) struct View {
    seen: Seen,
    probes: Seen,
    merged: BTreeSet<(String, String)>,
}

impl View {
    pub(super) fn new(stored: &Stored, probed: &Stored) -> Self {
        let collisions = stored.report.collisions.iter();
        Self {
            seen: Seen::of(&stored.table),
            probes: Seen::of(&probed.table),
            merged: collisions.map(|c| (c.job.clone(), c.metric.clone())).collect(),
        }
    }

    fn count(&self, key: &(usize, usize, String), example: bool) -> Option<&Count> {
        if example { self.probes.get(key) } else { self.seen.get(key) }
    }
}

/// What is compared: the series before the metric chains with those after them.
pub(super) struct Compared {
    before: View,
    pub(super) probes: Table,
}

impl Compared {
    fn new(project: &Project, attached: &Table) -> Self {
        let seen = Seen::of(attached);
        let probes = probes(project, attached, &seen);
        let before = View { probes: Seen::of(&probes), seen, merged: BTreeSet::new() };
        Self { before, probes }
    }

    /// The jobs that give a giver before the chains.
    fn jobs(&self, at: usize) -> Vec<&str> {
        let parts = givers()[at].parts.len();
        let first =
            self.before.seen.iter().filter(|((giver, part, _), _)| (*giver, *part) == (at, 0));
        let jobs = first.map(|((_, _, job), _)| job.as_str());
        let spelt = jobs.filter(|job| self.before.seen.is_spelt(at, job));
        spelt
            .filter(|job| {
                (0..parts).all(|part| self.given(&(at, part, (*job).to_owned())).is_some())
            })
            .collect()
    }

    /// The count of a selector that selects something, and whether it is an example's.
    fn given(&self, key: &(usize, usize, String)) -> Option<(&Count, bool)> {
        let selects = |count: &&Count| count.matching > 0;
        let real = self.before.count(key, false).filter(selects).map(|count| (count, false));
        real.or_else(|| self.before.count(key, true).filter(selects).map(|count| (count, true)))
    }

    /// What is lost of a giver in a job that gives it.
    pub(super) fn losses(&self, at: usize, job: &str, after: &View) -> Vec<Loss> {
        let mut losses = Vec::new();
        for (part_at, part) in givers()[at].parts.iter().enumerate() {
            let key = (at, part_at, job.to_owned());
            let Some((before, example)) = self.given(&key) else { continue };
            let merged = after.merged.contains(&(job.to_owned(), part.metric.clone()));
            let lost = lost_of(before, after.count(&key, example), part, merged);
            let loss = |what| Loss { metric: &part.metric, what, step: None };
            for loss in lost.into_iter().map(loss) {
                if !losses.contains(&loss) {
                    losses.push(loss);
                }
            }
        }
        losses
    }

    fn part_reports(&self, at: usize, job: &str, after: &View) -> Vec<PartReport> {
        let parts = givers()[at].parts.iter().enumerate();
        parts
            .filter_map(|(part_at, part)| {
                let key = (at, part_at, job.to_owned());
                let (count, example) = self.given(&key)?;
                let labels = part.labels.iter().zip(&count.matching_having);
                let none = labels.filter(|(_, having)| **having == 0);
                let real = |count: Option<&Count>| count.map_or(0, |count| count.matching);
                Some(PartReport {
                    metric: &part.metric,
                    before: if example { 0 } else { count.matching },
                    after: if example { 0 } else { real(after.count(&key, false)) },
                    without: none.map(|(label, _)| label.as_str()).collect(),
                })
            })
            .collect()
    }
}

/// What a selector loses from one count to the other.
fn lost_of(before: &Count, after: Option<&Count>, part: &'static Part, merged: bool) -> Vec<What> {
    let labels = &part.labels;
    let Some(after) = after.filter(|after| after.rows > 0) else { return vec![What::Metric] };
    let had = |at: &usize| before.matching_having[*at] > 0;
    let gone: Vec<What> = (0..labels.len())
        .filter(had)
        .filter(|&at| {
            let having = if after.matching > 0 { &after.matching_having } else { &after.having };
            having[at] == 0
        })
        .map(|at| What::Label(&labels[at]))
        .collect();
    if !gone.is_empty() {
        return gone;
    }
    if after.matching == 0 {
        let matched = labels.iter().filter(|label| part.matches_by(label));
        return matched.map(|label| What::Values(label)).collect();
    }
    let bound = labels.iter().find(|label| *label == "le");
    let bound = bound.filter(|_| before.infinite && !after.infinite);
    let bound = bound.map(|label| What::Values(label));
    bound.into_iter().chain(merged.then_some(What::Merged)).collect()
}

/// What the data gives, and what the metric chains leave of it. `attached` are the series before
/// the chains.
pub fn report(project: &Project, attached: &Table) -> Report {
    let series = read_by_givers(attached);
    let compared = Compared::new(project, &series);
    let unlimited = without_limits(project);
    let stored = flow::store(project, &series);
    let after = View::new(&stored, &flow::store(&unlimited, &compared.probes));
    let mut found: BTreeMap<usize, Vec<JobReport>> = BTreeMap::new();
    for at in 0..givers().len() {
        let jobs = compared.jobs(at).into_iter().map(|job| JobReport {
            job: job.to_owned(),
            parts: compared.part_reports(at, job, &after),
            losses: compared.losses(at, job, &after),
        });
        found.insert(at, jobs.collect());
    }
    blame::steps(&unlimited, &series, &compared, &mut found);
    let at_hand = exporters_at_hand(attached);
    let cells = cells().iter().map(|cell| cell_report(cell, &at_hand, attached, &mut found));
    Report { cells: cells.collect() }
}

/// The series of the metrics that some giver reads.
fn read_by_givers(attached: &Table) -> Table {
    let parts = givers().iter().flat_map(|giver| &giver.parts);
    let metrics: BTreeSet<&str> = parts.map(|part| part.metric.as_str()).collect();
    let mut table = attached.without_rows(attached.stage);
    let read = attached.metrics.iter().filter(|g| metrics.contains(attached.metric_name(g)));
    table.metrics = read.cloned().collect();
    table
}

fn cell_report(
    cell: &'static Cell,
    at_hand: &BTreeSet<&str>,
    attached: &Table,
    found: &mut BTreeMap<usize, Vec<JobReport>>,
) -> CellReport {
    let (mut near, mut elsewhere) = (Vec::<GiverReport>::new(), Vec::new());
    let of_cell = givers().iter().enumerate().filter(|(_, giver)| giver.cell == cell);
    for (at, giver) in of_cell {
        let jobs = found.remove(&at).unwrap_or_default();
        // Two packs may describe the same metrics.
        let known = near.iter().any(|other| other.giver.query == giver.query);
        if known {
        } else if jobs.is_empty() && !at_hand.contains(giver.exporter) {
            elsewhere.push(giver);
        } else {
            let missing = if jobs.is_empty() { missing(giver, attached) } else { Vec::new() };
            near.push(GiverReport { giver, jobs, missing });
        }
    }
    // Of the spellings of a way those count that jobs have, or else the first.
    let told = |at: usize| {
        let others = near.iter().enumerate().filter(|(other, _)| *other != at);
        let mut spellings = others.filter(|(_, it)| it.giver.is_spelling_of(near[at].giver));
        !near[at].jobs.is_empty() || spellings.all(|(other, it)| it.jobs.is_empty() && other > at)
    };
    let told: Vec<bool> = (0..near.len()).map(told).collect();
    let mut told = told.into_iter();
    near.retain(|_| told.next() == Some(true));
    elsewhere.dedup_by(|giver: &mut &Giver, before| giver.is_spelling_of(before));
    CellReport { cell, state: state(&near), givers: near, elsewhere }
}

fn state(givers: &[GiverReport]) -> State {
    let mut jobs = givers.iter().flat_map(|giver| &giver.jobs).peekable();
    match (jobs.peek().is_some(), givers.is_empty()) {
        (false, true) => State::NotMeasurable,
        (false, false) => State::Absent,
        (true, _) if jobs.any(JobReport::shows) => State::Present,
        (true, _) => State::Quiet,
    }
}

/// Metrics of a giver that no series are of.
fn missing(giver: &'static Giver, attached: &Table) -> Vec<&'static str> {
    let has = |metric: &str| attached.metrics.iter().any(|g| attached.metric_name(g) == metric);
    let mut names: Vec<&str> = giver.parts.iter().map(|part| part.metric.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !has(name));
    names
}
