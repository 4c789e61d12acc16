//! `promsieve census`: counts of scrapes and TSDB statuses.

use std::io::Write;
use std::time::Duration;

use promsieve_core::census::depth::MetricDepth;
use promsieve_core::census::groups::{self, Dimension};
use promsieve_core::census::pairs::pairs;
use promsieve_core::census::time::{OverTime, OverTimeOptions};
use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::flow;
use promsieve_core::series::Table;
use promsieve_core::watch::Unwatched;

use super::analysis::duration;
use crate::Status;
use crate::common::{Common, Format};
use crate::input::kinds::{self, Held};
use crate::input::scrapes::Scrape;
use crate::input::snapshots::{self, Moments, Snapshot};
use crate::input::{Kind, Source};
use crate::output::view::census::{CensusView, StatusView};
use crate::output::view::depth::{DepthView, GroupsView, PairsView};
use crate::output::view::over_time::OverTimeView;
use crate::output::{json, text};
use crate::stderr::warn;

/// Label values listed over all metrics.
const PAIRS: usize = 100;

/// Arguments of `census`.
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

    /// How many metrics to list; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
}

pub(crate) fn run(
    args: &CensusArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let read = if args.over_time { snapshots(args, common)? } else { sources(args, common)? };
    let Read { table, statuses, over_time, status } = read;
    let options = CensusOptions { summary: args.summary };
    let census = table.as_ref().map(|table| Census::of(table, options, &Unwatched));
    let mut view = CensusView::of(census.as_ref(), statuses);
    view.over_time = over_time;
    if let Some(table) = &table {
        add_depth(&mut view, table, args)?;
    }
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::census::write(out, &view, args.top, " (--top 0 lists all)")?,
    }
    Ok(status)
}

/// What was read.
struct Read {
    /// The series to count.
    table: Option<Table>,
    statuses: Vec<StatusView>,
    over_time: Option<OverTimeView>,
    status: Status,
}

/// Reads all sources as one.
fn sources(args: &CensusArgs, common: &Common) -> anyhow::Result<Read> {
    let mut held = Held::default();
    for spec in &args.sources {
        for source in Source::resolve(spec)? {
            if let Err(error) = kinds::read(&source, args.kind, common, &mut held) {
                warn(&format!("error: {error:#}"));
                held.status = Status::Incomplete;
            }
        }
    }
    let Held { tables, statuses, scrapes, status } = held;
    if tables.is_empty() && statuses.is_empty() {
        anyhow::bail!("nothing could be read");
    }
    let statuses = statuses.iter().map(|(name, status)| StatusView::of(name, status)).collect();
    let status = status.max(report_bad_lines(&scrapes));
    Ok(Read { table: attached(tables), statuses, over_time: None, status })
}

/// Reads the sources as one snapshot each; the newest is counted.
fn snapshots(args: &CensusArgs, common: &Common) -> anyhow::Result<Read> {
    let mut snapshots = snapshots::read(&args.sources, args.kind, common)?;
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
        tables.extend(attached(held.tables));
    }
    let options = OverTimeOptions { ahead: args.ahead.map(seconds), pairs: PAIRS };
    let borrowed: Vec<&Table> = tables.iter().collect();
    let over_time = OverTime::of(&borrowed, &times, options, &Unwatched);
    let over_time = Some(OverTimeView::of(over_time, unit, names));
    Ok(Read { table: tables.pop(), statuses: Vec::new(), over_time, status })
}

/// The series of all tables with their targets' labels.
fn attached(tables: Vec<Table>) -> Option<Table> {
    let mut tables = tables.into_iter();
    let mut table = tables.next()?;
    tables.for_each(|more| table.append(&more));
    Some(flow::attach(table, &|_| false))
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

/// Tells bad lines on stderr: the server would lose the whole scrape over one.
pub(crate) fn report_bad_lines(scrapes: &[Scrape]) -> Status {
    let mut status = Status::Clean;
    for scrape in scrapes {
        for bad in &scrape.report.bad {
            warn(&format!("{}:{}:{}: {}", scrape.name, bad.line, bad.column, bad.message));
        }
        if scrape.report.bad_lines > 0 {
            status = Status::Incomplete;
            warn(&format!(
                "{}: {} bad lines; a server loses the whole scrape over one, the rest was counted",
                scrape.name, scrape.report.bad_lines
            ));
        }
    }
    status
}
