//! `promsieve estimate`: what the series need in memory, on disk and a second.

use std::io::Write;

use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::output::view::estimate::EstimateView;
use crate::output::{json, text};

/// Arguments of `estimate`.
#[derive(Debug, clap::Args)]
pub(crate) struct EstimateArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,
}

pub(crate) fn run(
    args: &EstimateArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let analysis = Analysis::of(&args.analysis, common)?;
    let view =
        EstimateView::of(analysis.census.series, &analysis.estimate, &common.server.to_string());
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::estimate::write(out, &view)?,
    }
    Ok(analysis.status)
}
