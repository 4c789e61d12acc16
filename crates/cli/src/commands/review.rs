//! `promsieve review`: the main job, all in one.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use promsieve_core::census::depth::MetricValues;
use promsieve_core::census::groups::{self, Dimension};
use promsieve_core::census::time::{OverTime, OverTimeOptions};
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::flow::Stored;
use promsieve_core::lint::{Date, Facts, Settings, lint};
use promsieve_core::optimize::{Goal, choices};
use promsieve_core::series::{Table, Target};
use promsieve_core::shard::ShardSize;
use promsieve_core::units::Bytes;
use promsieve_core::usage::{ConsumerKind, Usage};
use promsieve_core::watch::Unwatched;

use super::analysis::{Analysis, AnalysisArgs};
use super::counting::PAIRS;
use super::lint::today;
use super::{optimize, shard, signals, usage};
use crate::Status;
use crate::common::{Common, Format};
use crate::input::replace::write_new;
use crate::output::view::census::{CensusView, StatusView};
use crate::output::view::estimate::EstimateView;
use crate::output::view::lint::LintView;
use crate::output::view::optimize::{ChoicesView, OptimizeView};
use crate::output::view::over_time::OverTimeView;
use crate::output::view::review::{InputsView, JobMetricsView, JobView, ReviewView};
use crate::output::{html, json, text};
use crate::stderr::warn;

/// Metrics whose labels' values are listed, the largest: those of all would be most of a large page.
const WITH_VALUES: usize = 300;

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
            linted.add_snippets(&analysis.asking);
        }
        None => notes.push("no configuration was given: nothing is linted".to_owned()),
    }
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        notes.push("counts are those of the configuration as it is, its errors included".into());
    }
    let earlier = analysis.earlier();
    let optimize = plan(args, analysis, &earlier, &mut notes);
    let signals = signals::view(analysis, optimize.as_ref().map(|plan| plan.config.as_str()));
    let size = args.budget.map_or(ShardSize::Shards(args.shards), ShardSize::Budget);
    let server = common.server.to_string();
    let gathered = &analysis.gathered;
    let statuses = gathered.statuses.iter().map(|(name, status)| StatusView::of(name, status));
    let stored = &analysis.stored.table;
    ReviewView {
        title: args.analysis.paths.join(", "),
        inputs: inputs(analysis),
        exposed_series: analysis.attached.rows() as u64,
        census: census(analysis, &earlier, statuses.collect()),
        jobs: jobs(analysis),
        by_job: JobMetricsView::all(groups::by_metric(stored, &Dimension::Job, &Unwatched)),
        estimate: EstimateView::of(analysis.census.series, &analysis.estimate, common.server),
        lint: linted,
        usage: usage::view(analysis),
        optimize,
        signals,
        shard: shard::view(analysis, size),
        server,
        notes,
    }
}

/// The census, with the values of the largest metrics' labels and what came and went.
fn census(analysis: &Analysis, earlier: &[Stored], statuses: Vec<StatusView>) -> CensusView {
    let mut view = CensusView::of(Some(&analysis.census), statuses);
    let largest = analysis.census.metrics.iter().take(WITH_VALUES);
    let names: Vec<&str> = largest.map(|metric| metric.name.as_str()).collect();
    let values = MetricValues::of(&analysis.stored.table, &names, &Unwatched);
    for values in values {
        let metric = view.metrics.iter_mut().find(|metric| metric.name == values.name);
        metric.expect("the names are those of the view").add_values(values);
    }
    view.over_time = over_time(analysis, earlier);
    view
}

/// What came and went between the snapshots, of which only the order is known.
fn over_time(analysis: &Analysis, earlier: &[Stored]) -> Option<OverTimeView> {
    if earlier.is_empty() {
        return None;
    }
    let newest_last = earlier.iter().rev().chain([&analysis.stored]);
    let tables: Vec<&Table> = newest_last.map(|stored| &stored.table).collect();
    let times: Vec<f64> = (0..tables.len()).map(|at| at as f64).collect();
    let names = (1..=tables.len()).map(|at| at.to_string()).collect();
    let options = OverTimeOptions { ahead: None, pairs: PAIRS };
    let over_time = OverTime::of(&tables, &times, options, &Unwatched);
    let mut view = OverTimeView::of(over_time, "snapshots", names);
    view.metrics.retain(|metric| metric.came + metric.went > 0 || metric.explosion.is_some());
    view.labels.retain(|label| label.new_values + label.gone_values > 0);
    Some(view)
}

fn plan(
    args: &ReviewArgs,
    analysis: &Analysis,
    earlier: &[Stored],
    notes: &mut Vec<String>,
) -> Option<OptimizeView> {
    if let Some(refusal) = optimize::refusal(analysis, args.usage_complete) {
        notes.push(refusal);
        return None;
    }
    let evidence = analysis.evidence(earlier);
    let planned = optimize::plan(&evidence, &Goal::default());
    let files = optimize::patched(analysis, &planned.plan).unwrap_or_else(|error| {
        notes.push(format!("{error:#}"));
        Vec::new()
    });
    let config = files.into_iter().next().map(|(_, text)| text).unwrap_or_default();
    let mut view = OptimizeView::of(&planned, &analysis.usage, config);
    let choices = choices(&evidence, planned.plan.actions());
    view.choices = Some(ChoicesView::of(choices));
    Some(view)
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
