//! Which step of a chain takes a cell away: the first after which it is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Compared, View};
use super::giver::givers;
use super::report::{JobReport, Loss};
use crate::config::Project;
use crate::flow;
use crate::series::Table;

/// Fills in the step of every loss. Chains are run from their first step on, one more each time,
/// over the series of the metrics that something is lost of.
pub(super) fn steps(
    project: &Project,
    attached: &Table,
    compared: &Compared,
    found: &mut BTreeMap<usize, Vec<JobReport>>,
) {
    for job in &project.jobs {
        let losing = |reports: &Vec<JobReport>| {
            reports.iter().any(|report| report.job == job.name && !report.losses.is_empty())
        };
        let lost: Vec<usize> =
            found.iter().filter(|(_, reports)| losing(reports)).map(|(&at, _)| at).collect();
        if lost.is_empty() {
            continue;
        }
        let series = of_job(attached, &job.name, &lost);
        for steps in 1..=job.metric_chain.steps.len() {
            let cut = cut(project, &job.name, steps);
            let after =
                View::new(&flow::store(&cut, &series), &flow::store(&cut, &compared.probes));
            for at in &lost {
                let now = compared.losses(*at, &job.name, &after);
                let reports = found.get_mut(at).into_iter().flatten();
                let losses = reports.filter(|report| report.job == job.name);
                losses.for_each(|report| blame(&mut report.losses, &now, steps - 1));
            }
        }
    }
}

/// Blames `step` for what is lost by now and was not before.
fn blame(losses: &mut [Loss], now: &[Loss], step: usize) {
    let is_lost = |loss: &Loss| now.iter().any(|other| other.metric == loss.metric);
    for loss in losses.iter_mut().filter(|loss| loss.step.is_none()) {
        if is_lost(loss) {
            loss.step = Some(step);
        }
    }
}

/// The project with the first steps of a job's metric chain only.
fn cut(project: &Project, job: &str, steps: usize) -> Project {
    let mut project = project.clone();
    let chain = project.jobs.iter_mut().find(|known| known.name == job);
    if let Some(job) = chain {
        job.metric_chain.steps.truncate(steps);
    }
    project
}

/// The job's series of the metrics of some givers.
fn of_job(attached: &Table, job: &str, lost: &[usize]) -> Table {
    let parts = lost.iter().flat_map(|&at| &givers()[at].parts);
    let metrics: BTreeSet<&str> = parts.map(|part| part.metric.as_str()).collect();
    let mut table = attached.clone();
    table.metrics.retain(|group| metrics.contains(attached.metric_name(group)));
    table.select(&|target| target.job == job)
}
