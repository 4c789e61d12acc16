//! `promsieve estimate`: what the series need in memory, on disk and a second.

use std::io::Write;

use promsieve_core::cost::{Verdict, breakdown, fit};
use promsieve_core::units::Bytes;

use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::output::view::estimate::{BreakdownView, EstimateView, FitView};
use crate::output::{json, text};

/// Arguments of `estimate`.
#[derive(Debug, clap::Args)]
pub(crate) struct EstimateArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,

    /// How many metrics and labels to list with what they cost
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,

    /// Memory the server may have: says whether the series fit, and how many would; exit status 1
    /// when they do not
    #[arg(long, value_name = "SIZE")]
    limit: Option<Bytes>,

    /// Series more each day: says how long until the limit
    #[arg(
        long, value_name = "SERIES", requires = "limit",
        value_parser = clap::value_parser!(u64).range(1..),
    )]
    growth: Option<u64>,
}

pub(crate) fn run(
    args: &EstimateArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let analysis = Analysis::of(&args.analysis, common)?;
    let series = analysis.census.series;
    let mut view = EstimateView::of(series, &analysis.estimate, &common.server.to_string());
    let shares = breakdown(&analysis.census, &analysis.model, &analysis.settings);
    view.breakdown = Some(BreakdownView::of(&shares, args.top)).filter(|_| args.top > 0);
    let mut status = analysis.status;
    if let Some(limit) = args.limit {
        let fit = fit(&analysis.load, &analysis.model, &analysis.settings, limit);
        if fit.verdict == Verdict::Exceeds {
            status = status.max(Status::Findings);
        }
        view.fit = Some(FitView::of(&fit, limit, series, args.growth));
    }
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::estimate::write(out, &view)?,
    }
    Ok(status)
}
