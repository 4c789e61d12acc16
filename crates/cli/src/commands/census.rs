//! `promsieve census`: counts of scrapes and TSDB statuses.

use std::io::Write;

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::flow;
use promsieve_core::ingest::status::{self, TsdbStatus};
use promsieve_core::series::{Table, TableBuilder};
use promsieve_core::watch::Unwatched;

use super::warn;
use crate::Status;
use crate::args::{Common, Format};
use crate::input::bytes::read_text;
use crate::input::scrapes::{self, Scrape};
use crate::input::{Kind, Source};
use crate::output::view::census::{CensusView, StatusView};
use crate::output::{json, text};

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

/// What the sources held.
struct Inputs {
    tables: Vec<Table>,
    statuses: Vec<(String, TsdbStatus)>,
    scrapes: Vec<Scrape>,
    status: Status,
}

pub(crate) fn run(
    args: &CensusArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let mut inputs = Inputs {
        tables: Vec::new(),
        statuses: Vec::new(),
        scrapes: Vec::new(),
        status: Status::Clean,
    };
    for spec in &args.sources {
        for source in Source::resolve(spec)? {
            if let Err(error) = read(&source, args.kind, common, &mut inputs) {
                warn(&format!("error: {error:#}"));
                inputs.status = Status::Incomplete;
            }
        }
    }
    let Inputs { tables, statuses, scrapes, mut status } = inputs;
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

fn read(
    source: &Source,
    kind: Option<Kind>,
    common: &Common,
    inputs: &mut Inputs,
) -> anyhow::Result<()> {
    if let Source::Directory(directory) = source {
        let files = scrapes::files(directory)?;
        anyhow::ensure!(!files.is_empty(), "`{}` holds no scrape files", directory.display());
        let (table, read) = scrapes::read_files(&files);
        inputs.tables.push(table);
        for scrape in read {
            match scrape {
                Ok(scrape) => inputs.scrapes.push(scrape),
                Err(error) => {
                    warn(&format!("error: {error:#}"));
                    inputs.status = Status::Incomplete;
                }
            }
        }
        return Ok(());
    }
    if kind == Some(Kind::Status) || (kind.is_none() && looks_like_json(source)) {
        let text = read_text(source, &common.access)?;
        let status =
            status::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", source.name()))?;
        inputs.statuses.push((source.name(), status));
        return Ok(());
    }
    let mut builder = TableBuilder::default();
    let scrape = scrapes::read_source(source, &common.access, common.server, &mut builder)?;
    inputs.tables.push(builder.finish());
    inputs.scrapes.push(scrape);
    Ok(())
}

/// Whether a file's first byte is that of a JSON object, which no exposition starts with unless
/// with a quoted name.
fn looks_like_json(source: &Source) -> bool {
    match source {
        Source::Url(url) => url.contains("/api/v1/status/tsdb"),
        Source::File(path) => {
            let text = std::fs::File::open(path).ok().map(|file| {
                let mut start = Vec::new();
                let _ = std::io::Read::read_to_end(&mut std::io::Read::take(file, 64), &mut start);
                start
            });
            let start: Vec<u8> =
                text.unwrap_or_default().into_iter().filter(|b| !b.is_ascii_whitespace()).collect();
            start.starts_with(b"{\"") && start.contains(&b':') && !start.contains(&b'=')
        }
        Source::Stdin | Source::Directory(_) => false,
    }
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
