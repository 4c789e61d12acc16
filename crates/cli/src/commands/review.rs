//! `promsieve review`: the main job, all in one.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use promsieve_core::finding::{Finding, Severity};
use promsieve_core::lint::{Date, Facts, Settings, lint};
use promsieve_core::optimize::Goal;
use promsieve_core::series::Target;
use promsieve_core::shard::ShardSize;
use promsieve_core::units::Bytes;
use promsieve_core::usage::{ConsumerKind, Usage};

use super::analysis::{Analysis, AnalysisArgs};
use super::lint::today;
use super::{optimize, shard, signals, usage};
use crate::Status;
use crate::common::{Common, Format};
use crate::input::replace::write_new;
use crate::output::view::census::{CensusView, StatusView};
use crate::output::view::estimate::EstimateView;
use crate::output::view::lint::LintView;
use crate::output::view::optimize::OptimizeView;
use crate::output::view::review::{InputsView, JobView, ReviewView};
use crate::output::{html, json, text};
use crate::stderr::warn;

/// Arguments of `review`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReviewArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,

    /// How many shards to plan
    #[arg(long, value_name = "N", default_value_t = 3, conflicts_with = "budget")]
    shards: u64,

    /// Plan the fewest shards that each stay within this resident memory
    #[arg(long, value_name = "SIZE")]
    budget: Option<Bytes>,

    /// Where to write the page
    #[arg(long, value_name = "FILE", default_value = "promsieve-report.html")]
    html: PathBuf,

    /// Take the queries given for all that there are
    #[arg(long)]
    usage_complete: bool,

    /// The least severity that makes the exit status 1
    #[arg(long, value_enum, default_value_t = super::lint::FailOn::Never)]
    fail_on: super::lint::FailOn,

    /// The day that suppressions are judged by; today by default
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
}

pub(crate) fn run(
    args: &ReviewArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let analysis = Analysis::of(&args.analysis, common)?;
    if analysis.gathered.snapshots[0].targets.iter().any(Target::is_unknown) {
        anyhow::bail!(
            "some scrapes belong to no known target, so equal series of two of them would count \
             once: lay them out as `scrapes/<job>/<instance>.prom`"
        );
    }
    let findings = findings(&analysis, args.today.unwrap_or_else(today));
    let view = view(args, common, &analysis, &findings);
    let mut page = Vec::new();
    html::write(&mut page, &view)?;
    write_new(&args.html, &String::from_utf8_lossy(&page))?;
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::review::write(out, &view)?,
    }
    warn(&format!("wrote {}", args.html.display()));
    let worst = findings.iter().map(|finding| finding.severity).max();
    Ok(analysis.status.max(args.fail_on.status(worst)))
}

fn findings(analysis: &Analysis, today: Date) -> Vec<Finding> {
    let Some(loaded) = &analysis.gathered.config else { return Vec::new() };
    let facts = Facts {
        flow: Some(&analysis.stored.report),
        attached: Some(&analysis.attached),
        census: Some(&analysis.census),
        usage: Some(&analysis.usage),
        today: Some(today),
        ..Facts::new(&analysis.asking, &loaded.findings)
    };
    lint(&loaded.project, &facts, &Settings::default())
}

fn view(
    args: &ReviewArgs,
    common: &Common,
    analysis: &Analysis,
    findings: &[Finding],
) -> ReviewView {
    let mut notes = Vec::new();
    let mut linted = LintView::default();
    match &analysis.gathered.config {
        Some(loaded) => {
            linted.add_files(&loaded.sources);
            // What asks for a series may stand in a file that is not linted.
            linted.add_findings(&loaded.project, &analysis.asking, findings);
        }
        None => notes.push("no configuration was given: nothing is linted".to_owned()),
    }
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        notes.push("counts are those of the configuration as it is, its errors included".into());
    }
    let optimize = plan(args, analysis, &mut notes);
    let signals = signals::view(analysis, optimize.as_ref().map(|plan| plan.config.as_str()));
    let size = args.budget.map_or(ShardSize::Shards(args.shards), ShardSize::Budget);
    let server = common.server.to_string();
    let gathered = &analysis.gathered;
    let statuses = gathered.statuses.iter().map(|(name, status)| StatusView::of(name, status));
    ReviewView {
        title: args.analysis.paths.join(", "),
        inputs: inputs(analysis),
        exposed_series: analysis.attached.rows() as u64,
        census: CensusView::of(Some(&analysis.census), statuses.collect()),
        jobs: jobs(analysis),
        estimate: EstimateView::of(analysis.census.series, &analysis.estimate, &server),
        lint: linted,
        usage: usage::view(analysis),
        optimize,
        signals,
        shard: shard::view(analysis, size),
        server,
        notes,
    }
}

fn plan(args: &ReviewArgs, analysis: &Analysis, notes: &mut Vec<String>) -> Option<OptimizeView> {
    if let Some(refusal) = optimize::refusal(analysis, args.usage_complete) {
        notes.push(refusal);
        return None;
    }
    let planned = optimize::plan(analysis, &Goal::default());
    let files = optimize::patched(analysis, &planned.plan).unwrap_or_else(|error| {
        notes.push(format!("{error:#}"));
        Vec::new()
    });
    let config = files.into_iter().next().map(|(_, text)| text).unwrap_or_default();
    Some(OptimizeView::of(&planned, &analysis.usage, config))
}

fn inputs(analysis: &Analysis) -> InputsView {
    let gathered = &analysis.gathered;
    InputsView {
        configs: usize::from(gathered.config.is_some()),
        rule_files: analysis.project.rule_files.len(),
        dashboards: dashboards(&analysis.usage),
        scrapes: gathered.scrapes.len(),
        snapshots: gathered.snapshots.len(),
        bad_lines: gathered.scrapes.iter().map(|scrape| scrape.report.bad_lines).sum(),
    }
}

/// How many dashboards ask for anything.
fn dashboards(usage: &Usage) -> usize {
    let queries = usage.queries().iter().map(|query| &query.origin);
    let of_dashboards = queries.filter(|origin| origin.kind.consumer() == ConsumerKind::Dashboards);
    of_dashboards.map(|origin| &origin.file).collect::<BTreeSet<_>>().len()
}

fn jobs(analysis: &Analysis) -> Vec<JobView> {
    let report = &analysis.stored.report;
    let targets = |job: &str| {
        let of_job = analysis.attached.targets.iter().filter(|target| target.job == job);
        of_job.map(|target| target.label("instance")).collect::<BTreeSet<_>>().len() as u64
    };
    let view = |job: &promsieve_core::flow::JobFlow| {
        let merged = report.collisions.iter().filter(|collision| collision.job == job.job);
        let failing = || report.failures.iter().filter(|failure| failure.job == job.job);
        JobView {
            job: job.job.clone(),
            targets: targets(&job.job),
            exposed: job.attached.0,
            stored: job.stored.0,
            merged: merged.map(|collision| collision.before.0 - collision.after.0).sum(),
            failing_targets: failing().count() as u64,
            failure: failing().next().map(|failure| failure.reason.clone()),
        }
    };
    report.jobs.iter().map(view).collect()
}
