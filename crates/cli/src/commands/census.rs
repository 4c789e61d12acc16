//! `promsieve census`: counts of scrapes and TSDB statuses.

use std::io::Write;

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::flow;
use promsieve_core::series::{Stage, Table};
use promsieve_core::watch::Unwatched;

use crate::Status;
use crate::common::{Common, Format};
use crate::input::kinds::{self, Held, Options};
use crate::input::scrapes::Scrape;
use crate::input::server::ServerArgs;
use crate::input::{Kind, Source};
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

    /// How many metrics to list; 0 for all
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
    let mut held = Held::default();
    let options = Options { kind: args.kind, server: &args.server };
    for spec in &args.sources {
        for source in Source::resolve(spec)? {
            if let Err(error) = kinds::read(&source, &options, common, &mut held) {
                warn(&format!("error: {error:#}"));
                held.status = Status::Incomplete;
            }
        }
    }
    let Held { tables, statuses, scrapes, heads, mut status } = held;
    if tables.is_empty() && statuses.is_empty() {
        anyhow::bail!("nothing could be read");
    }
    status = status.max(report_bad_lines(&scrapes));
    let options = CensusOptions { summary: args.summary };
    let census = one_table(tables)?.map(|table| Census::of(&table, options, &Unwatched));
    let statuses: Vec<StatusView> =
        statuses.iter().map(|(name, status)| StatusView::of(name, status)).collect();
    let mut view = CensusView::of(census.as_ref(), statuses);
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
