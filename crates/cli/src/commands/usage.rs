//! `promsieve usage`: what is used, unused or unknown, and by whom.

use std::io::Write;

use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::input::gather::{Consumed, gather};
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
    let gathered = gather(&args.analysis.paths, &args.analysis.consumers, common)?;
    let (view, status) = if gathered.snapshots.is_empty() {
        let consumed = gathered.consumed();
        anyhow::ensure!(
            !consumed.usage.queries().is_empty(),
            "nothing that asks for series was found: give rule files, dashboards, or directories \
             that hold some"
        );
        (named(&consumed), gathered.status)
    } else {
        let analysis = Analysis::with(gathered, &args.analysis.running, common)?;
        (view(&analysis), analysis.status)
    };
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::usage::write(out, &view)?,
    }
    Ok(status)
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
    UsageView::of(&analysis.usage, &analysis.asking, &analysis.left_out, &metrics)
}

/// Usage of every metric that a query names, by name: nothing is known of what is stored.
fn named(consumed: &Consumed) -> UsageView {
    let names = consumed.usage.metrics_named();
    let metrics: Vec<_> = names.map(|name| (name.to_owned(), Vec::new())).collect();
    UsageView::of(&consumed.usage, &consumed.sources, &consumed.notes, &metrics)
}
