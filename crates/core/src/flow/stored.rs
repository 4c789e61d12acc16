//! Attached to stored: every job's metric chain, the checks after it, and what became one.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Block;
use super::bounds::{Bounds, Guilty, over_label_limits, refused_name};
use super::chain::Passed;
use super::collisions::{ChainOf, Passage, Source, collect};
use super::details::attribute;
use super::drive::Drive;
use super::report::{FailureCause, FlowReport, JobFlow, ScrapeFailure};
use super::rows::run_rows;
use crate::config::{ChainKind, Job, Project};
use crate::relabel::Program;
use crate::series::{NameId, PageNotes, Stage, Table, TargetId};
use crate::server::NameScheme;
use crate::units::SeriesCount;

/// A table after its metric chains, and what they did.
#[derive(Debug)]
pub struct Stored {
    /// The series that are stored; those that became one stand once for each.
    pub table: Table,
    /// What happened on the way.
    pub report: FlowReport,
}

/// Runs the metric chain of every job over its series. Jobs that the project does not know have
/// no chain. A chain with a step that the server refuses is run without that step: the server
/// would not start, and lint says so.
///
/// # Panics
/// When the table is not [`Stage::Attached`].
pub fn store(project: &Project, attached: &Table) -> Stored {
    assert_eq!(attached.stage, Stage::Attached, "the metric chain sees attached labels");
    run(project, attached, false)
}

/// What is left of stored series once the steps that `project` has in its metric chains are appended
/// to those that made them: a chain goes on where it ended. Collisions are those that the steps add.
///
/// # Panics
/// When the table is not [`Stage::Stored`].
pub fn store_more(project: &Project, stored: &Table) -> Stored {
    assert_eq!(stored.stage, Stage::Stored, "appended steps see what the others left");
    run(project, stored, false)
}

/// As [`store`], with the [`StepDetail`](super::StepDetail)s of every step.
///
/// # Panics
/// When the table is not [`Stage::Attached`].
pub fn store_in_detail(project: &Project, attached: &Table) -> Stored {
    assert_eq!(attached.stage, Stage::Attached, "the metric chain sees attached labels");
    run(project, attached, true)
}

fn run(project: &Project, attached: &Table, detailed: bool) -> Stored {
    let jobs = jobs_of(project, attached);
    let programs: Vec<Program> = jobs.iter().map(|(_, job)| metric_program(*job)).collect();
    let mut way = Way::new(project, attached, &jobs, &programs, detailed);
    for (group_at, group) in attached.metrics.iter().enumerate() {
        let mut start = 0;
        for (target, range) in group.run_ranges() {
            let block = Block::cut(group, target, &range);
            way.block(&block, group_at, start);
            start = range.end;
        }
    }
    way.check_targets();
    way.finish(attached)
}

/// Everything on the way of one table.
struct Way<'a> {
    table: Table,
    /// Index in `jobs` by target.
    job_of: Vec<usize>,
    jobs: Vec<JobWay<'a>>,
    done: Vec<(Block, Vec<Source>)>,
    samples: BTreeMap<TargetId, u64>,
    failures: BTreeMap<TargetId, (FailureCause, Option<Source>)>,
}

/// One job on the way.
struct JobWay<'a> {
    name: String,
    drive: Drive<'a>,
    honor_timestamps: bool,
    scheme: NameScheme,
    bounds: Bounds,
    attached: u64,
    refused: u64,
}

impl<'a> Way<'a> {
    fn new(
        project: &'a Project,
        attached: &Table,
        jobs: &[(String, Option<&'a Job>)],
        programs: &'a [Program],
        detailed: bool,
    ) -> Self {
        let position = |name: &str| jobs.iter().position(|(known, _)| known == name);
        let job_of =
            attached.targets.iter().map(|target| position(&target.job).unwrap_or(0)).collect();
        let jobs = jobs.iter().zip(programs).map(|((name, job), program)| JobWay {
            name: name.clone(),
            drive: Drive::new(ChainKind::Metric, program, &[], detailed),
            honor_timestamps: job.is_none_or(|job| job.honor_timestamps),
            scheme: job.map_or(project.global.name_scheme, |job| job.name_scheme),
            bounds: Bounds::of(*job, &project.global.limits),
            attached: 0,
            refused: 0,
        });
        let jobs = jobs.collect();
        Self {
            table: attached.without_rows(Stage::Stored),
            job_of,
            jobs,
            done: Vec::new(),
            samples: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    /// Takes a block, whose rows start at `start` of the attached group `group`, along.
    fn block(&mut self, block: &Block, group: usize, start: usize) {
        let job = &mut self.jobs[self.job_of[block.target.0 as usize]];
        job.attached += block.rows as u64;
        let passed = job.drive.block(&mut self.table, block);
        for (metric, rows) in by_metric(&passed) {
            let source =
                |&row: &usize| Source { group: group as u32, row: passed.rows[row] + start as u32 };
            let sources: Vec<Source> = rows.iter().map(source).collect();
            if let Some((cause, row)) = self.check(&passed, metric, &rows, block.target) {
                let source = row.and_then(|row| rows.binary_search(&row).ok());
                let source = source.map(|at| sources[at]);
                self.failures.entry(block.target).or_insert((cause, source));
            }
            self.done.push((part(&passed, block, metric, &rows), sources));
        }
    }

    /// The checks after relabeling: each of them fails the target's whole scrape.
    fn check(
        &mut self,
        passed: &Passed,
        metric: u32,
        rows: &[usize],
        target: TargetId,
    ) -> Option<(FailureCause, Option<usize>)> {
        let job = &mut self.jobs[self.job_of[target.0 as usize]];
        let samples = self.samples.entry(target).or_default();
        *samples += rows.len() as u64;
        let over = job.bounds.over_samples(*samples).map(|cause| (cause, None));
        let guilty = job.guilty(&self.table, passed, metric, rows);
        if guilty.as_ref().is_some_and(|(cause, _)| cause.is_about_names()) {
            job.refused += rows.len() as u64;
        }
        guilty.map(|(cause, row)| (cause, Some(row))).or(over)
    }

    /// Past `target_limit` no target of a job is scraped.
    fn check_targets(&mut self) {
        for (at, job) in self.jobs.iter().enumerate() {
            let targets = || (0..self.job_of.len()).filter(|&target| self.job_of[target] == at);
            if let Some(cause) = job.bounds.over_targets(targets().count() as u64) {
                for target in targets() {
                    self.failures.insert(TargetId(target as u32), (cause.clone(), None));
                }
            }
        }
    }

    fn finish(mut self, attached: &Table) -> Stored {
        let table = std::mem::replace(&mut self.table, Table::empty(Stage::Stored));
        let mut done = std::mem::take(&mut self.done);
        done.retain(|(block, _)| !self.failures.contains_key(&block.target));
        let (mut table, sources) = collect(table, done);
        let chains: BTreeMap<&str, ChainOf<'_>> =
            self.jobs.iter().map(|job| (job.name.as_str(), job.chain())).collect();
        let passage =
            Passage { before: attached, after: &table, sources: &sources, chains: &chains };
        let merges = passage.merges();
        let mut jobs: Vec<JobFlow> = self.jobs.iter().map(JobWay::flow).collect();
        for job in &mut jobs {
            job.stored.0 = merges.distinct.get(&job.job).copied().unwrap_or(0);
            if let Some(pairs) = merges.pairs.get(&job.job).filter(|_| !job.details.is_empty()) {
                let chain = chains[job.job.as_str()];
                attribute(&passage, chain, pairs, &job.steps, &mut job.details);
            }
        }
        let failures = self.failures.iter().map(|(target, (cause, source))| {
            self.failure(attached, &mut table, *target, cause, *source)
        });
        let failures = failures.collect();
        Stored { report: FlowReport { jobs, collisions: merges.collisions, failures }, table }
    }

    fn failure(
        &self,
        attached: &Table,
        table: &mut Table,
        target: TargetId,
        cause: &FailureCause,
        source: Option<Source>,
    ) -> ScrapeFailure {
        let job = &self.jobs[self.job_of[target.0 as usize]];
        let series = source.map(|source| {
            let (group, row) = (&attached.metrics[source.group as usize], source.row as usize);
            (Block::cut(group, target, &(row..row + 1)), attached.row_labels(group, row))
        });
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        ScrapeFailure {
            job: job.name.clone(),
            instance: attached.target(target).label("instance").to_owned(),
            cause: cause.clone(),
            reason: cause.to_string(),
            step: series.as_ref().and_then(|(block, _)| job.step_to_blame(table, block)),
            example: series.map_or_else(Vec::new, |(_, labels)| labels.iter().map(owned).collect()),
        }
    }
}

impl<'a> JobWay<'a> {
    fn chain(&self) -> ChainOf<'a> {
        let honor_timestamps = self.honor_timestamps;
        ChainOf { program: self.drive.program, external: &[], honor_timestamps }
    }

    fn flow(&self) -> JobFlow {
        JobFlow {
            job: self.name.clone(),
            attached: SeriesCount(self.attached),
            stored: SeriesCount(0),
            steps: self.drive.steps().to_vec(),
            details: self.drive.details.clone(),
            refused: SeriesCount(self.refused),
        }
    }

    /// Why one of these rows loses the scrape, if one does.
    fn guilty(
        &self,
        table: &Table,
        passed: &Passed,
        metric: u32,
        rows: &[usize],
    ) -> Option<Guilty> {
        refused_name(table, passed, metric, rows, self.scheme)
            .or_else(|| over_label_limits(table, passed, rows, &self.bounds))
    }

    /// The step from which on a block of one row that fails its scrape would do so.
    fn step_to_blame(&self, table: &mut Table, block: &Block) -> Option<usize> {
        let steps = self.drive.program.steps();
        let mut fails_after = |steps: usize| {
            let start = Program::compile(&self.drive.program.steps()[..steps]);
            let passed = run_rows(table, (ChainKind::Metric, &start), block, &[], &mut []);
            let metrics = by_metric(&passed);
            metrics.iter().any(|(&at, rows)| self.guilty(table, &passed, at, rows).is_some())
        };
        (0..steps.len()).rev().find(|&step| !fails_after(step))
    }
}

/// The jobs that targets name, in the order of the configuration; unknown ones last, by name.
fn jobs_of<'a>(project: &'a Project, attached: &Table) -> Vec<(String, Option<&'a Job>)> {
    let mut names: BTreeSet<&str> =
        attached.targets.iter().map(|target| target.job.as_str()).collect();
    let mut jobs: Vec<(String, Option<&Job>)> = Vec::new();
    for job in &project.jobs {
        if names.remove(job.name.as_str()) {
            jobs.push((job.name.clone(), Some(job)));
        }
    }
    jobs.extend(names.into_iter().map(|name| (name.to_owned(), None)));
    jobs
}

fn metric_program(job: Option<&Job>) -> Program {
    job.map_or_else(Program::default, |job| job.metric_chain.program())
}

/// The positions of the passed rows by their metric's code, in ascending order.
pub(super) fn by_metric(passed: &Passed) -> BTreeMap<u32, Vec<usize>> {
    let mut metrics: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let names = passed.columns.iter().find(|(name, _)| *name == NameId::METRIC);
    for row in 0..passed.rows.len() {
        let labels = || passed.columns.iter().any(|(_, codes)| codes[row] != 0);
        let metric = names.map_or(0, |(_, codes)| codes[row]);
        // The server drops a series that has no label left, without a word.
        if metric != 0 || labels() {
            metrics.entry(metric).or_default().push(row);
        }
    }
    metrics
}

/// The passed rows of one metric as a block.
pub(super) fn part(passed: &Passed, block: &Block, metric: u32, rows: &[usize]) -> Block {
    let columns = passed
        .columns
        .iter()
        .filter(|(name, _)| *name != NameId::METRIC)
        .map(|(name, codes)| (*name, rows.iter().map(|&row| codes[row]).collect::<Vec<u32>>()))
        .filter(|(_, codes)| codes.iter().any(|&code| code != 0))
        .collect();
    Block {
        metric,
        target: block.target,
        rows: rows.len(),
        columns,
        exposed_bytes: block.exposed_bytes * rows.len() as u64 / block.rows.max(1) as u64,
        notes: PageNotes::default(),
    }
}
