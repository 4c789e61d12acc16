//! `promsieve verify`: what a running server makes of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::optimize::of_metrics;
use promsieve_core::series::METRIC_NAME;
use serde::de::DeserializeOwned;

use crate::Status;
use crate::common::{Common, Format};
use crate::input::Source;
use crate::input::bytes::read_text;
use crate::input::server::Api;
use crate::input::server::live::{counts, firing, own_metrics};
use crate::output::view::verify::{Earlier, Found, PlanFile, PlannedAction, VerifyView};
use crate::output::{json, text};
use crate::stderr::warn;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// A plan of `optimize --format json`
    #[arg(value_name = "PLAN.json")]
    plan: PathBuf,

    /// The server that is to run it, by the base of its API
    #[arg(long, value_name = "URL")]
    live: String,

    /// What `verify --format json` said before the plan was rolled out: alerts and counters of
    /// duplicate samples are compared with it
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
}

pub(crate) fn run(
    args: &VerifyArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let plan: PlanFile = read(&args.plan, "a plan of `optimize --format json`", common)?;
    let earlier: Option<Earlier> = args
        .before
        .as_deref()
        .map(|path| read(path, "an answer of `verify --format json`", common))
        .transpose()?;
    let (found, status) = ask(Api::new(&args.live, &common.access), &plan)?;
    let view = VerifyView::of(&plan, found, earlier.as_ref());
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::verify::write(out, &view)?,
    }
    Ok(status.max(if view.holds() { Status::Clean } else { Status::Findings }))
}

fn read<T: DeserializeOwned>(path: &Path, what: &str, common: &Common) -> anyhow::Result<T> {
    let text = read_text(&Source::File(path.to_owned()), &common.access)?;
    let name = path.display();
    serde_json::from_str(&text).with_context(|| format!("`{name}` is not {what} of this version"))
}

/// Asks the server for all that the plan speaks of. What it does not answer is told, and missing.
fn ask(api: Api<'_>, plan: &PlanFile) -> anyhow::Result<(Found, Status)> {
    let up = counts(api, "count by (job) (up == 1)")?;
    let mut status = Status::Clean;
    let mut heed = |error: anyhow::Error| {
        warn(&format!("error: {error:#}"));
        status = Status::Incomplete;
    };
    let gone = plan.actions.iter().map(|action| left(api, action).map_err(&mut heed).ok());
    let gone = gone.collect();
    let metrics = series(api, plan).map_err(&mut heed).unwrap_or_default();
    let own = own_metrics(api).map_err(&mut heed).unwrap_or_default();
    let firing = firing(api).map_err(&mut heed).ok();
    let jobs = up.into_iter().filter_map(|(mut labels, _)| labels.remove("job")).collect();
    Ok((Found { server: api.name(), jobs, gone, metrics, own, firing }, status))
}

/// Series that are there though the action should have taken them or their label.
fn left(api: Api<'_>, action: &PlannedAction) -> anyhow::Result<u64> {
    let mut left = 0;
    for selector in &action.gone {
        left += counts(api, &format!("count({selector})"))?.iter().map(|(_, n)| n).sum::<u64>();
    }
    Ok(left)
}

/// Series of the metrics that the plan touches, by job and metric.
fn series(api: Api<'_>, plan: &PlanFile) -> anyhow::Result<BTreeMap<(String, String), u64>> {
    let names: BTreeSet<&String> = plan.metrics.iter().map(|it| &it.metric).collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    let mut found = BTreeMap::new();
    for selector in of_metrics(&names) {
        let query = format!("count by (job, {METRIC_NAME}) ({selector})");
        for (mut labels, count) in counts(api, &query)? {
            let mut of = |name: &str| labels.remove(name).unwrap_or_default();
            found.insert((of("job"), of(METRIC_NAME)), count);
        }
    }
    Ok(found)
}
