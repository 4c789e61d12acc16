//! Attached to stored: every job's metric chain, the checks after it, and what became one.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Block, Blocks};
use super::bounds::{Bounds, over_label_limits, refused_name};
use super::chain::{ChainRun, OrderMatters, Passed};
use super::collisions::{Source, collisions};
use super::report::{FlowReport, JobFlow, ScrapeFailure};
use super::rows::run_rows;
use crate::config::{Job, Project};
use crate::relabel::Program;
use crate::series::{NameId, PageNotes, Stage, Table, TargetId};
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
    let jobs = jobs_of(project, attached);
    let programs: Vec<Program> = jobs.iter().map(|(_, job)| metric_program(*job)).collect();
    let mut way = Way::new(project, attached, &jobs, &programs);
    for (group_at, group) in attached.metrics.iter().enumerate() {
        let mut start = 0;
        for (target, range) in group.run_ranges() {
            let block = Block::cut(group, target, &range);
            way.block(&block, group_at, start);
            start = range.end;
        }
    }
    way.finish(attached)
}

/// Everything on the way of one table.
struct Way<'a> {
    project: &'a Project,
    table: Table,
    /// Index in `jobs` by target.
    job_of: Vec<usize>,
    jobs: Vec<JobWay<'a>>,
    done: Vec<(Block, Vec<Source>)>,
    samples: BTreeMap<TargetId, u64>,
    failures: BTreeMap<TargetId, String>,
}

/// One job on the way.
struct JobWay<'a> {
    name: String,
    job: Option<&'a Job>,
    program: &'a Program,
    run: ChainRun<'a>,
    attached: u64,
    refused: u64,
}

impl<'a> Way<'a> {
    fn new(
        project: &'a Project,
        attached: &Table,
        jobs: &[(String, Option<&'a Job>)],
        programs: &'a [Program],
    ) -> Self {
        let position = |name: &str| jobs.iter().position(|(known, _)| known == name);
        let job_of =
            attached.targets.iter().map(|target| position(&target.job).unwrap_or(0)).collect();
        let jobs = jobs.iter().zip(programs).map(|((name, job), program)| JobWay {
            name: name.clone(),
            job: *job,
            program,
            run: ChainRun::new(program),
            attached: 0,
            refused: 0,
        });
        let jobs = jobs.collect();
        Self {
            project,
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
        let passed = match job.run.run(&mut self.table, block) {
            Ok(passed) => passed,
            Err(OrderMatters) => run_rows(&mut self.table, job.program, block, &mut job.run.steps),
        };
        for (metric, rows) in by_metric(&passed) {
            self.check(&passed, metric, &rows, block.target);
            let source =
                |&row: &usize| Source { group: group as u32, row: passed.rows[row] + start as u32 };
            let sources = rows.iter().map(source).collect();
            let part = part(&passed, block, metric, &rows);
            self.done.push((part, sources));
        }
    }

    /// The checks after relabeling: each of them fails the target's whole scrape.
    fn check(&mut self, passed: &Passed, metric: u32, rows: &[usize], target: TargetId) {
        let job = &mut self.jobs[self.job_of[target.0 as usize]];
        let scheme = job.job.map_or(self.project.global.name_scheme, |job| job.name_scheme);
        let bounds = Bounds::of(job.job, &self.project.global.limits);
        let samples = self.samples.entry(target).or_default();
        *samples += rows.len() as u64;
        let mut failure = bounds.over_samples(*samples);
        if let Some(name) = refused_name(&self.table, passed, metric, rows, scheme) {
            job.refused += rows.len() as u64;
            failure = Some(name);
        }
        let failure = failure.or_else(|| over_label_limits(&self.table, passed, rows, &bounds));
        if let Some(failure) = failure {
            self.failures.entry(target).or_insert(failure);
        }
    }

    fn finish(self, attached: &Table) -> Stored {
        let mut blocks = Blocks::new(self.table);
        let mut sources: Vec<Vec<Source>> = Vec::new();
        for (block, from) in self.done {
            if !self.failures.contains_key(&block.target) {
                let group = blocks.push(block);
                sources.resize_with(sources.len().max(group + 1), Vec::new);
                sources[group].extend(from);
            }
        }
        let table = blocks.table;
        let programs: BTreeMap<&str, &Program> =
            self.jobs.iter().map(|job| (job.name.as_str(), job.program)).collect();
        let (collisions, stored) = collisions(attached, &table, &sources, &programs);
        let jobs = self.jobs.iter().map(|job| JobFlow {
            job: job.name.clone(),
            attached: SeriesCount(job.attached),
            stored: SeriesCount(stored.get(&job.name).copied().unwrap_or(0)),
            steps: job.run.steps.clone(),
            refused: SeriesCount(job.refused),
        });
        let jobs = jobs.collect();
        let failures = self.failures.into_iter().map(|(target, reason)| {
            let target = table.target(target);
            ScrapeFailure {
                job: target.job.clone(),
                instance: target.label("instance").to_owned(),
                reason,
            }
        });
        let report = FlowReport { jobs, collisions, failures: failures.collect() };
        Stored { table, report }
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
fn by_metric(passed: &Passed) -> BTreeMap<u32, Vec<usize>> {
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
fn part(passed: &Passed, block: &Block, metric: u32, rows: &[usize]) -> Block {
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
