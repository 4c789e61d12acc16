//! `promsieve census`: counts of scrapes, blocks and TSDB statuses.

use std::io::Write;

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::flow;
use promsieve_core::series::{Stage, Table};
use promsieve_core::watch::Unwatched;

use crate::Status;
use crate::common::{Common, Format};
use crate::input::kinds::{self, Depth, Held, Options};
use crate::input::scrapes::Scrape;
use crate::input::server::ServerArgs;
use crate::input::{Kind, Source};
use crate::output::view::block::BlockView;
use crate::output::view::census::{CensusView, StatusView};
use crate::output::view::head::HeadView;
use crate::output::{json, text};
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

    /// Counts only: without what each label makes, and without shapes
    #[arg(long)]
    summary: bool,

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
    let mut sources = Vec::new();
    for spec in &args.sources {
        sources.extend(Source::resolve(spec)?);
    }
    // A block alone can be summed up without a look at its series.
    let rows = !args.summary || sources.len() > 1;
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
    let mut view = match (tables.is_empty(), blocks.first()) {
        (true, Some(block)) => CensusView { status: statuses, ..CensusView::of_summary(block) },
        (true, None) if statuses.is_empty() => anyhow::bail!("nothing could be read"),
        _ => {
            let options = CensusOptions { summary: args.summary };
            let census = one_table(tables)?.map(|table| Census::of(&table, options, &Unwatched));
            CensusView::of(census.as_ref(), statuses)
        }
    };
    view.blocks = blocks.iter().map(|block| BlockView::of(block, args.top)).collect();
    view.heads = heads.iter().map(HeadView::of).collect();
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::census::write(out, &view, args.top, " (--top 0 lists all)")?,
    }
    Ok(status)
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
            warn(&format!(
                "{}: {} bad lines; a server loses the whole scrape over one, the rest was counted",
                scrape.name, scrape.report.bad_lines
            ));
        }
    }
    status
}
