//! `promsieve census`: counts of scrapes and TSDB statuses.

use std::io::Write;

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::flow;
use promsieve_core::ingest::page;
use promsieve_core::watch::Unwatched;

use crate::Status;
use crate::common::{Common, Format};
use crate::input::kinds::{self, Held};
use crate::input::scrapes::Scrape;
use crate::input::{Kind, Source};
use crate::output::view::census::{CensusView, StatusView};
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
}

pub(crate) fn run(
    args: &CensusArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let mut held = Held::default();
    for spec in &args.sources {
        for source in Source::resolve(spec)? {
            if let Err(error) = kinds::read(&source, args.kind, common, &mut held) {
                warn(&format!("error: {error:#}"));
                held.status = Status::Incomplete;
            }
        }
    }
    let Held { tables, statuses, scrapes, mut status } = held;
    if tables.is_empty() && statuses.is_empty() {
        anyhow::bail!("nothing could be read");
    }
    status = status.max(report_bad_lines(&scrapes));
    let mut tables = tables.into_iter();
    let census = tables.next().map(|mut table| {
        tables.for_each(|more| table.append(&more));
        let table = flow::attach(table, &|_| false);
        let options = CensusOptions { summary: args.summary };
        Census::of(&table, options, &Unwatched)
    });
    let statuses: Vec<StatusView> =
        statuses.iter().map(|(name, status)| StatusView::of(name, status)).collect();
    let view = CensusView::of(census.as_ref(), statuses);
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::census::write(out, &view, args.top, " (--top 0 lists all)")?,
    }
    Ok(status)
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
