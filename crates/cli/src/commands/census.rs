//! `promsieve census`: counts of scrapes, blocks, saved censuses and TSDB statuses.

use std::io::Write;
use std::time::Duration;

use promsieve_core::census::time::{OverTime, OverTimeOptions};
use promsieve_core::ingest::page;
use promsieve_core::saved::Saved;
use promsieve_core::series::Table;
use promsieve_core::watch::Unwatched;

use super::analysis::duration;
use super::counting::{CountingArgs, PAIRS, Read};
use crate::Status;
use crate::common::Common;
use crate::input::blocks::BlockArgs;
use crate::input::collect::attached;
use crate::input::kinds::{self, Depth, Held, Options};
use crate::input::scrapes::Scrape;
use crate::input::server::ServerArgs;
use crate::input::snapshots::{self, Moments, Snapshot};
use crate::input::{Kind, Source};
use crate::output::view::block::BlockView;
use crate::output::view::census::{CensusView, StatusView};
use crate::output::view::head::HeadView;
use crate::output::view::over_time::OverTimeView;
use crate::stderr::warn;

/// Arguments of `census`.
#[derive(Debug, clap::Args)]
pub(crate) struct CensusArgs {
    /// Files, directories, globs, `-` for stdin, or URLs
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,

    /// What the sources hold, when their content does not tell
    #[arg(long, value_enum)]
    kind: Option<Kind>,

    #[command(flatten)]
    counting: CountingArgs,

    /// Compare the sources as snapshots, oldest first: churn, what drives it, growth. One directory
    /// alone stands for those in its `snapshots/` and itself
    #[arg(long, conflicts_with_all = ["save", "memory", "keep"])]
    over_time: bool,

    /// How far apart the snapshots are; by default the samples' timestamps or the sources' names
    /// tell
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "over_time")]
    every: Option<Duration>,

    /// How far ahead of the last snapshot to look; by default as long as the snapshots cover
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "over_time")]
    ahead: Option<Duration>,

    /// With --summary, also which labels' series come and go within each block; without it they are
    /// told anyway
    #[arg(long, requires = "summary")]
    churn: bool,

    #[command(flatten)]
    blocks: BlockArgs,

    #[command(flatten)]
    server: ServerArgs,
}

pub(crate) fn run(
    args: &CensusArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let read = if args.over_time { snapshots(args, common)? } else { sources(args, common)? };
    args.counting.write(read, common, out)
}

/// Counts all sources as one.
fn sources(args: &CensusArgs, common: &Common) -> anyhow::Result<Read> {
    let counting = &args.counting;
    let mut sources = Vec::new();
    for spec in &args.sources {
        sources.extend(Source::resolve(spec)?);
    }
    // A block alone can be summed up without a look at its series.
    let changes = counting.changes()?;
    let needs_series = !counting.summary
        || !counting.by.is_empty()
        || counting.save.is_some()
        || changes.change_labels();
    let rows = needs_series || sources.len() > 1;
    let depth = Depth { rows, churn: args.churn, top: counting.top };
    let options = Options { kind: args.kind, depth, blocks: &args.blocks, server: &args.server };
    let mut held = Held::within(counting.memory, changes);
    for source in &sources {
        if let Err(error) = kinds::read(source, &options, common, &mut held) {
            warn(&format!("error: {error:#}"));
            held.status = Status::Incomplete;
        }
    }
    let Held { series, statuses, blocks, scrapes, heads, mut status, .. } = held;
    status = status.max(report_bad_lines(&scrapes));
    let statuses: Vec<StatusView> =
        statuses.iter().map(|(name, status)| StatusView::of(name, status)).collect();
    if series.is_empty() && blocks.is_empty() && statuses.is_empty() {
        anyhow::bail!("nothing could be read");
    }
    let series = counting.prepare(series.finish())?;
    let mut view = if let (None, Some(block)) = (&series, blocks.first()) {
        CensusView { status: statuses, ..CensusView::of_summary(block) }
    } else {
        let census = series.as_ref().map(|series| counting.census(series));
        CensusView::of(census.as_ref(), statuses)
    };
    view.blocks = blocks.iter().map(|block| BlockView::of(block, counting.top)).collect();
    view.heads = heads.iter().map(HeadView::of).collect();
    Ok(Read { view, series, status })
}

/// Compares the sources as one snapshot each, and counts the newest.
fn snapshots(args: &CensusArgs, common: &Common) -> anyhow::Result<Read> {
    let depth = Depth { rows: true, churn: false, top: args.counting.top };
    let options = Options { kind: args.kind, depth, blocks: &args.blocks, server: &args.server };
    let changes = args.counting.changes()?;
    let mut snapshots = snapshots::read(&args.sources, &options, &changes, common)?;
    let seconds = |duration: Duration| duration.as_secs_f64();
    let (times, unit) = match snapshots::moments(&mut snapshots, args.every.map(seconds))? {
        Moments::Seconds(times) => (times, "seconds"),
        Moments::Order => ((0..snapshots.len()).map(|at| at as f64).collect(), "snapshots"),
    };
    if unit == "snapshots" && args.ahead.is_some() {
        anyhow::bail!("--ahead needs to know when the snapshots were taken: add --every");
    }
    let mut status = Status::Clean;
    let (mut names, mut tables) = (Vec::new(), Vec::new());
    for Snapshot { name, held } in snapshots {
        status = status.max(held.status).max(report_bad_lines(&held.scrapes));
        names.push(name);
        tables.push(attached(held.series.into_table()));
    }
    let options = OverTimeOptions { ahead: args.ahead.map(seconds), pairs: PAIRS };
    let borrowed: Vec<&Table> = tables.iter().collect();
    let over_time = OverTime::of(&borrowed, &times, options, &Unwatched);
    let newest = tables.pop().map(Saved::Exact);
    let census = newest.as_ref().map(|series| args.counting.census(series));
    let mut view = CensusView::of(census.as_ref(), Vec::new());
    view.over_time = Some(OverTimeView::of(over_time, unit, names));
    Ok(Read { view, series: newest, status })
}

/// Tells bad lines on stderr: the server would lose the whole scrape over one.
pub(crate) fn report_bad_lines(scrapes: &[Scrape]) -> Status {
    let mut status = Status::Clean;
    for scrape in scrapes {
        let report = &scrape.report;
        // What is mostly no scrape may be anything, and hold secrets: none of it is shown.
        let is_scrape = !matches!(scrape.format, page::Format::Exposition(_))
            || report.samples >= report.bad_lines;
        for bad in report.bad.iter().filter(|_| is_scrape) {
            warn(&format!("{}:{}:{}: {}", scrape.name, bad.line, bad.column, bad.message));
        }
        if report.bad_lines > 0 {
            status = Status::Incomplete;
            let places = if scrape.format == page::Format::Protobuf { "places" } else { "lines" };
            let loss = match scrape.format {
                page::Format::Influx => "",
                _ => "a server loses the whole scrape over one, ",
            };
            let first = report.bad.first().filter(|_| !is_scrape);
            let first = first.map_or(String::new(), |bad| {
                format!(
                    " and {} samples (the first at {}:{})",
                    report.samples, bad.line, bad.column
                )
            });
            warn(&format!(
                "{}: {} bad {places}{first}; {loss}the rest was counted",
                scrape.name, report.bad_lines
            ));
        }
    }
    status
}
