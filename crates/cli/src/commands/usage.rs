//! `promsieve usage`: what is used, unused or unknown, and by whom.

use std::io::Write;

use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::output::view::usage::UsageView;
use crate::output::{json, text};

/// Arguments of `usage`.
#[derive(Debug, clap::Args)]
pub(crate) struct UsageArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,
}

pub(crate) fn run(
    args: &UsageArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let analysis = Analysis::of(&args.analysis, common)?;
    let view = view(&analysis);
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::usage::write(out, &view)?,
    }
    Ok(analysis.status)
}

/// Usage of every metric that is stored, most series first.
pub(crate) fn view(analysis: &Analysis) -> UsageView {
    let metrics: Vec<(String, Vec<String>)> = analysis
        .census
        .metrics
        .iter()
        .map(|metric| {
            let labels = metric.labels.iter().map(|label| label.name.clone()).collect();
            (metric.name.clone(), labels)
        })
        .collect();
    UsageView::of(&analysis.usage, &metrics)
}
