//! `promsieve relabel --scrape`: a chain over whole scrapes, and what each step does to them.

use std::io::Write;

use anyhow::bail;
use promsieve_core::config::{ChainKind, Job, Project};
use promsieve_core::flow::{self, Collision, JobFlow, ScrapeFailure};
use promsieve_core::series::{Table, Target};

use super::census::report_bad_lines;
use crate::Status;
use crate::common::{Common, Format};
use crate::input::chain::{ChainArgs, FoundChain, find_chain};
use crate::input::gather::gather;
use crate::output::view::relabel::RelabelView;
use crate::output::{json, text};

/// What a chain did to the series of the scrapes.
pub(crate) struct Simulated {
    pub(crate) flow: JobFlow,
    pub(crate) collisions: Vec<Collision>,
    pub(crate) failures: Vec<ScrapeFailure>,
}

/// Runs the chain over the newest snapshot of the sources. [`Status::Findings`] where a scrape
/// would fail or series become one.
pub(crate) fn run(
    chain: &ChainArgs,
    scrapes: &[String],
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let found = find_chain(chain, common)?;
    let mut gathered = gather(scrapes, common)?;
    let status = gathered.status.max(report_bad_lines(&gathered.scrapes));
    if gathered.snapshots.is_empty() {
        bail!("no scrapes were found in {}", scrapes.join(", "));
    }
    let exposed = gathered.snapshots.swap_remove(0);
    let simulated = match found.chain.kind {
        ChainKind::Metric => metric_chain(&found, exposed)?,
        ChainKind::Write => write_chain(&found, &exposed),
        ChainKind::Target | ChainKind::Alert | ChainKind::Alertmanager => bail!(
            "`{}` does not relabel series: `--scrape` takes a metric or a write chain",
            found.chain.path
        ),
    };
    let view = RelabelView::of(&found, &simulated, common.server);
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::relabel::write(out, &view)?,
    }
    let lossy = !(simulated.failures.is_empty() && simulated.collisions.is_empty());
    Ok(status.max(if lossy { Status::Findings } else { Status::Clean }))
}

/// A metric chain over the series of its job; a bare one over all of them.
fn metric_chain(found: &FoundChain, mut exposed: Table) -> anyhow::Result<Simulated> {
    let mut project = found.project.clone();
    let name = found.job.clone().unwrap_or_default();
    if found.job.is_none() {
        project.jobs = vec![bare_job(found)];
        exposed.targets.iter_mut().for_each(|target| target.job.clear());
    } else {
        adopt(&mut exposed.targets, &name);
        exposed = exposed.select(&|target| target.job == name);
    }
    if exposed.rows() == 0 {
        bail!("the scrapes hold no series of the job `{name}`");
    }
    let attached = flow::scrape(&project, &exposed);
    let report = flow::store_in_detail(&project, &attached).report;
    let flow = report.jobs.into_iter().find(|job| job.job == name).unwrap_or_default();
    Ok(Simulated { flow, collisions: report.collisions, failures: report.failures })
}

/// A write chain over what the whole configuration stores.
fn write_chain(found: &FoundChain, exposed: &Table) -> Simulated {
    let project = &found.project;
    let (_, stored) = flow::run(project, exposed);
    let mut remotes = project.remote_writes.iter();
    let remote = remotes.find(|remote| remote.write_chain.path == found.chain.path);
    let written = remote.map(|remote| flow::write_in_detail(project, remote, &stored.table));
    let (flow, collisions) = written.map(|it| (it.flow, it.collisions)).unwrap_or_default();
    Simulated { flow, collisions, failures: stored.report.failures }
}

/// The job that a bare chain stands for.
fn bare_job(found: &FoundChain) -> Job {
    let Project { global, .. } = &found.project;
    Job {
        honor_timestamps: true,
        name_scheme: global.name_scheme,
        metric_chain: found.chain.clone(),
        ..Job::default()
    }
}

/// Gives pages whose place names no target to the job of the chain, each as a target of its own.
fn adopt(targets: &mut [Target], job: &str) {
    let unknown = targets.iter_mut().filter(|target| target.is_unknown());
    for (at, target) in unknown.enumerate() {
        let label = |name: &str, value: String| (name.to_owned(), value);
        let instance = format!("page-{}", at + 1);
        target.labels = vec![label("instance", instance), label("job", job.to_owned())];
        job.clone_into(&mut target.job);
    }
}
