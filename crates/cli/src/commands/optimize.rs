//! `promsieve optimize`: a plan that loses nothing anybody uses, with its proof.

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use promsieve_core::optimize::{Plan, patch, propose};
use promsieve_core::units::{Bytes, SeriesCount};
use promsieve_core::usage::ConsumerKind;
use promsieve_core::watch::Unwatched;

use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::input::replace::write_new;
use crate::output::view::optimize::OptimizeView;
use crate::output::{json, text};
use crate::stderr::warn;

/// Arguments of `optimize`.
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

    /// Take the queries given for all that there are
    #[arg(long)]
    usage_complete: bool,

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
    let plan = plan(&analysis);
    let files = patched(&analysis, &plan)?;
    let config = files.first().map(|(_, text)| text.clone()).unwrap_or_default();
    let view = OptimizeView::of(&plan, missing_kinds(&analysis), config);
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
    let after = plan.after();
    let over = args.budget.is_some_and(|budget| after.rss > budget)
        || args.series.is_some_and(|series| after.series > SeriesCount(series));
    Ok(analysis.status.max(if over { Status::Findings } else { Status::Clean }))
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

/// The plan that is left when everything that does not hold is taken out.
pub(crate) fn plan(analysis: &Analysis) -> Plan {
    let evidence = analysis.evidence();
    let mut proposal = propose(&evidence);
    loop {
        match proposal.clone().prove(&evidence, &Unwatched) {
            Ok(plan) => return plan,
            Err(refutation) => {
                warn(&format!("not part of the plan: {}", refutation.reason));
                proposal = proposal.without(&refutation);
            }
        }
    }
}

/// Kinds of consumers that were not given.
pub(crate) fn missing_kinds(analysis: &Analysis) -> Vec<&'static str> {
    analysis.usage.kinds_missing().iter().map(|kind| kind.as_str()).collect()
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
