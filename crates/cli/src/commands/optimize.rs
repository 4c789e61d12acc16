//! `promsieve optimize`: a plan that loses nothing anybody uses, with its proof.

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use promsieve_core::optimize::{self, Evidence, Goal, Plan, Planned, patch};
use promsieve_core::units::{Bytes, SeriesCount};
use promsieve_core::usage::ConsumerKind;
use promsieve_core::watch::Unwatched;

use super::analysis::{Analysis, AnalysisArgs};
use super::lint::settings::ProjectSettings;
use crate::Status;
use crate::common::{Common, Format};
use crate::input::replace::write_new;
use crate::output::steps::{self, StepsFormat};
use crate::output::view::explain::ExplainView;
use crate::output::view::optimize::{AdviceView, MetricView, OptimizeView};
use crate::output::view::rollout::PhaseView;
use crate::output::{json, text};
use crate::stderr::warn;

/// Arguments of `optimize`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
pub(crate) struct OptimizeArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,

    /// The resident memory to stay within: exit status 1 when the plan does not reach it
    #[arg(long, value_name = "SIZE")]
    budget: Option<Bytes>,

    /// The number of series to stay within: exit status 1 when the plan does not reach it
    #[arg(long, value_name = "N")]
    series: Option<u64>,

    /// The samples a second to stay within: exit status 1 when the plan does not reach it
    #[arg(long, value_name = "N")]
    samples_per_second: Option<u64>,

    /// Give up what costs least where nothing else reaches the budget; shown without it
    #[arg(long)]
    allow_loss: bool,

    /// Scrape jobs no more that no query selects anything of, whether they answer included; shown
    /// without it
    #[arg(long)]
    stop_jobs: bool,

    /// How far a quantile may move when buckets are given up, in percent of it
    #[arg(long, value_name = "PERCENT", default_value = "10")]
    quantile_error: u32,

    /// Take the queries given for all that there are
    #[arg(long)]
    usage_complete: bool,

    /// Print the plan's steps alone, in the form of another system
    #[arg(long, value_name = "FORM", value_enum, conflicts_with_all = ["write", "explain"])]
    steps: Option<StepsFormat>,

    /// Show who uses this metric and what each action does to it, instead of the plan
    #[arg(long, value_name = "METRIC", conflicts_with = "write")]
    explain: Option<String>,

    /// Write the plan's steps into the configuration
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(
    args: &OptimizeArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let analysis = Analysis::of(&args.analysis, common)?;
    if let Some(missing) = refusal(&analysis, args.usage_complete) {
        bail!("{missing}");
    }
    let goal = goal(args, &analysis)?;
    let earlier = analysis.earlier();
    let planned = plan(&analysis.evidence(&earlier), &goal);
    if let Some(metric) = &args.explain {
        return explain(metric, &analysis, &planned, common, out);
    }
    let files = patched(&analysis, &planned.plan)?;
    let config = files.first().map(|(_, text)| text.clone()).unwrap_or_default();
    let mut view = OptimizeView::of(&planned, &analysis.usage, config);
    let evidence = analysis.evidence(&[]);
    if let Some(form) = args.steps {
        steps::write(out, form, &view.actions)?;
        return Ok(analysis.status);
    }
    let phases = optimize::rollout(&evidence, &planned.plan);
    let advice = optimize::advise(&evidence, &planned.plan);
    let counts = optimize::predict(&analysis.stored.table, &planned.plan);
    view.metrics = counts.into_iter().map(MetricView::of).collect();
    view.advice = advice.iter().map(|it| AdviceView::of(it, &analysis.usage)).collect();
    view.phases = phases.iter().map(|phase| PhaseView::of(phase, &goal)).collect();
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::optimize::write(out, &view)?,
    }
    if args.write {
        for (name, text) in &files {
            write_new(Path::new(name), text)?;
            warn(&format!("wrote {name}"));
        }
    }
    let over = !goal.is_reached_by(planned.plan.after());
    Ok(analysis.status.max(if over { Status::Findings } else { Status::Clean }))
}

fn explain(
    metric: &str,
    analysis: &Analysis,
    planned: &Planned,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let stored = &analysis.stored.table;
    if !stored.metrics.iter().any(|group| stored.metric_name(group) == metric) {
        bail!("`{metric}` is not stored: `promsieve census` lists what is");
    }
    let view = ExplainView::of(metric, &analysis.evidence(&[]), planned);
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::explain::write(out, &view)?,
    }
    Ok(analysis.status)
}

/// Why no plan is made: without rules and dashboards nearly everything looks unused.
pub(crate) fn refusal(analysis: &Analysis, usage_complete: bool) -> Option<String> {
    let given = analysis.usage.kinds_given();
    let enough = given.contains(&ConsumerKind::Rules) && given.contains(&ConsumerKind::Dashboards);
    (!enough && !usage_complete).then(|| {
        "a plan needs rule files and dashboards, or what only they use looks unused: give both, \
         or `--usage-complete` if the queries given are all that there are"
            .to_owned()
    })
}

/// What the plan is to reach, and what the settings of the project spare.
fn goal(args: &OptimizeArgs, analysis: &Analysis) -> anyhow::Result<Goal> {
    let start = args.analysis.paths.first().map_or(".", String::as_str);
    let settings = ProjectSettings::find(start)?;
    settings.check()?;
    // A server takes five samples of its own from each target besides the series.
    let of_rate = |rate: u64| {
        let seconds = analysis.settings.scrape_interval.as_secs().max(1);
        (rate * seconds).saturating_sub(5 * analysis.census.targets)
    };
    let limits = [args.series, args.samples_per_second.map(of_rate)];
    Ok(Goal {
        series: limits.into_iter().flatten().min().map(SeriesCount),
        rss: args.budget,
        allow_loss: args.allow_loss,
        stop_jobs: args.stop_jobs,
        quantile_error: f64::from(args.quantile_error) / 100.0,
        ..settings.goal
    })
}

/// The plan for a goal; what does not hold is told.
pub(crate) fn plan(evidence: &Evidence<'_>, goal: &Goal) -> Planned {
    let planned = optimize::plan(evidence, goal, &Unwatched);
    for reason in &planned.refuted {
        warn(&format!("not part of the plan: {reason}"));
    }
    planned
}

/// The configuration files with the plan's steps, by name.
pub(crate) fn patched(analysis: &Analysis, plan: &Plan) -> anyhow::Result<Vec<(String, String)>> {
    let Some(loaded) = &analysis.gathered.config else { return Ok(Vec::new()) };
    let files = patch(&loaded.project, &loaded.sources, plan.actions()).map_err(|jobs| {
        anyhow::anyhow!("the chains of these jobs cannot be changed in place: {}", jobs.join(", "))
    })?;
    let name = |file| loaded.sources.file(file).name().to_owned();
    Ok(files.into_iter().map(|(file, text)| (name(file), text)).collect())
}
