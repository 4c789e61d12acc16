//! `promsieve census`: counts of scrapes, blocks and TSDB statuses.

use std::io::Write;
use std::time::Duration;

use promsieve_core::census::depth::MetricDepth;
use promsieve_core::census::groups::{self, Dimension};
use promsieve_core::census::pairs::pairs;
use promsieve_core::census::time::{OverTime, OverTimeOptions};
use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::flow;
use promsieve_core::ingest::page;
use promsieve_core::series::{Stage, Table};
use promsieve_core::watch::Unwatched;

use super::analysis::duration;
use crate::Status;
use crate::common::{Common, Format};
use crate::input::kinds::{self, Depth, Held, Options};
use crate::input::scrapes::Scrape;
use crate::input::server::ServerArgs;
use crate::input::snapshots::{self, Moments, Snapshot};
use crate::input::{Kind, Source};
use crate::output::view::block::BlockView;
use crate::output::view::census::{CensusView, StatusView};
use crate::output::view::depth::{DepthView, GroupsView, PairsView};
use crate::output::view::head::HeadView;
use crate::output::view::over_time::OverTimeView;
use crate::output::{json, text};
use crate::stderr::warn;

/// Label values listed over all metrics.
const PAIRS: usize = 100;

/// Arguments of `census`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
pub(crate) struct CensusArgs {
    /// Files, directories, globs, `-` for stdin, or URLs
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,

    /// What the sources hold, when their content does not tell
    #[arg(long, value_enum)]
    kind: Option<Kind>,

    /// Counts only: without what each label makes, and without shapes
    #[arg(long)]
    summary: bool,

    /// Look into the largest metrics: sets of labels, what determines a label, what would merge
    #[arg(long, conflicts_with = "summary")]
    deep: bool,

    /// Only this metric, in depth; may be given several times
    #[arg(long = "metric", value_name = "NAME", conflicts_with = "summary")]
    metrics: Vec<String>,

    /// Count by job, target, namespace, layer, family or any label; several with commas
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    by: Vec<Dimension>,

    /// Compare the sources as snapshots, oldest first: churn, what drives it, growth. One directory
    /// alone stands for those in its `snapshots/` and itself
    #[arg(long)]
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

    /// How many metrics to list, and label pairs of blocks; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    #[command(flatten)]
    server: ServerArgs,
}

pub(crate) fn run(
    args: &CensusArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let read = if args.over_time { snapshots(args, common)? } else { sources(args, common)? };
    let Read { mut view, table, status } = read;
    if let Some(table) = &table {
        add_depth(&mut view, table, args)?;
    }
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::census::write(out, &view, args.top, " (--top 0 lists all)")?,
    }
    Ok(status)
}

/// What was read and counted.
struct Read {
    view: CensusView,
    /// The series that were counted, where they were read one by one.
    table: Option<Table>,
    status: Status,
}

/// Counts all sources as one.
fn sources(args: &CensusArgs, common: &Common) -> anyhow::Result<Read> {
    let mut sources = Vec::new();
    for spec in &args.sources {
        sources.extend(Source::resolve(spec)?);
    }
    // A block alone can be summed up without a look at its series.
    let rows = !args.summary || sources.len() > 1 || !args.by.is_empty();
    let depth = Depth { rows, churn: args.churn, top: args.top };
    let options = Options { kind: args.kind, depth, server: &args.server };
    let mut held = Held::default();
    for source in &sources {
        if let Err(error) = kinds::read(source, &options, common, &mut held) {
            warn(&format!("error: {error:#}"));
            held.status = Status::Incomplete;
        }
    }
    let Held { tables, statuses, blocks, scrapes, heads, mut status } = held;
    status = status.max(report_bad_lines(&scrapes));
    let statuses: Vec<StatusView> =
        statuses.iter().map(|(name, status)| StatusView::of(name, status)).collect();
    let table = one_table(tables)?;
    let mut view = match (&table, blocks.first()) {
        (None, Some(block)) => CensusView { status: statuses, ..CensusView::of_summary(block) },
        (None, None) if statuses.is_empty() => anyhow::bail!("nothing could be read"),
        _ => CensusView::of(census(table.as_ref(), args).as_ref(), statuses),
    };
    view.blocks = blocks.iter().map(|block| BlockView::of(block, args.top)).collect();
    view.heads = heads.iter().map(HeadView::of).collect();
    Ok(Read { view, table, status })
}

/// Compares the sources as one snapshot each, and counts the newest.
fn snapshots(args: &CensusArgs, common: &Common) -> anyhow::Result<Read> {
    let depth = Depth { rows: true, churn: false, top: args.top };
    let options = Options { kind: args.kind, depth, server: &args.server };
    let mut snapshots = snapshots::read(&args.sources, &options, common)?;
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
        tables.extend(one_table(held.tables)?);
    }
    let options = OverTimeOptions { ahead: args.ahead.map(seconds), pairs: PAIRS };
    let borrowed: Vec<&Table> = tables.iter().collect();
    let over_time = OverTime::of(&borrowed, &times, options, &Unwatched);
    let table = tables.pop();
    let mut view = CensusView::of(census(table.as_ref(), args).as_ref(), Vec::new());
    view.over_time = Some(OverTimeView::of(over_time, unit, names));
    Ok(Read { view, table, status })
}

fn census(table: Option<&Table>, args: &CensusArgs) -> Option<Census> {
    let options = CensusOptions { summary: args.summary };
    table.map(|table| Census::of(table, options, &Unwatched))
}

/// Adds what was asked for beyond the counts.
fn add_depth(view: &mut CensusView, table: &Table, args: &CensusArgs) -> anyhow::Result<()> {
    for dimension in &args.by {
        let groups = groups::by(table, dimension, &Unwatched);
        view.by.push(GroupsView::of(dimension, groups));
    }
    if !args.metrics.is_empty() {
        let missing = |name: &&String| !view.metrics.iter().any(|metric| metric.name == **name);
        if let Some(name) = args.metrics.iter().find(missing) {
            anyhow::bail!("no series of metric `{name}` were found");
        }
        view.metrics.retain(|metric| args.metrics.contains(&metric.name));
    } else if !args.deep {
        return Ok(());
    } else {
        view.pairs = Some(PairsView::of(pairs(table, PAIRS)));
    }
    let is_all = args.top == 0 || !args.metrics.is_empty();
    let shown = if is_all { view.metrics.len() } else { args.top };
    let names: Vec<&str> = view.metrics.iter().take(shown).map(|metric| &*metric.name).collect();
    let depths: Vec<MetricDepth> = MetricDepth::of(table, &names, &Unwatched);
    for depth in depths {
        let metric = view.metrics.iter_mut().find(|metric| metric.name == depth.name);
        metric.expect("the names are those of the view").depth = Some(DepthView::of(depth));
    }
    Ok(())
}

/// All tables as one, with the labels of their targets; `None` without any.
fn one_table(tables: Vec<Table>) -> anyhow::Result<Option<Table>> {
    let attached = |table: Table| match table.stage {
        Stage::Exposed => flow::attach(table, &|_| false),
        _ => table,
    };
    let mut tables = tables.into_iter().map(attached);
    let Some(mut whole) = tables.next() else { return Ok(None) };
    for table in tables {
        anyhow::ensure!(
            table.stage == whole.stage,
            "scrapes and stored series are not of one stage: count them one by one"
        );
        whole.append(&table);
    }
    Ok(Some(whole))
}

/// Tells bad lines on stderr: the server would lose the whole scrape over one.
pub(crate) fn report_bad_lines(scrapes: &[Scrape]) -> Status {
    let mut status = Status::Clean;
    for scrape in scrapes {
        for bad in &scrape.report.bad {
            warn(&format!("{}:{}:{}: {}", scrape.name, bad.line, bad.column, bad.message));
        }
        if scrape.report.bad_lines > 0 {
            status = Status::Incomplete;
            let places = if scrape.format == page::Format::Protobuf { "places" } else { "lines" };
            let loss = match scrape.format {
                page::Format::Influx => "",
                _ => "a server loses the whole scrape over one, ",
            };
            warn(&format!(
                "{}: {} bad {places}; {loss}the rest was counted",
                scrape.name, scrape.report.bad_lines
            ));
        }
    }
    status
}
