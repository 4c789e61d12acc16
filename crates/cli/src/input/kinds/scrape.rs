//! Expositions: one, or a directory of them.

use promsieve_core::ingest::page::Format;
use promsieve_core::saved::Saved;
use promsieve_core::series::TableBuilder;

use super::Held;
use crate::Status;
use crate::common::Common;
use crate::input::scrapes;
use crate::input::source::Source;
use crate::stderr::warn;

/// Reads an exposition, or all of a directory.
pub(super) fn read(source: &Source, common: &Common, held: &mut Held) -> anyhow::Result<()> {
    let Source::Directory(directory) = source else {
        return read_one(source, None, common, held);
    };
    let files = scrapes::files(directory)?;
    anyhow::ensure!(!files.is_empty(), "`{}` holds no scrape files", directory.display());
    let read = scrapes::read_files(&files, common.reading(), &mut held.series)?;
    for scrape in read {
        match scrape {
            Ok(scrape) => held.scrapes.push(scrape),
            Err(error) => {
                warn(&format!("error: {error:#}"));
                held.status = Status::Incomplete;
            }
        }
    }
    Ok(())
}

/// Reads a page, in `format` or in the one that its content tells.
pub(super) fn read_one(
    source: &Source,
    format: Option<Format>,
    common: &Common,
    held: &mut Held,
) -> anyhow::Result<()> {
    let mut builder = TableBuilder::default();
    let (access, reading) = (&common.access, common.reading());
    let series = Some(&mut held.series);
    let scrape = scrapes::read_source(source, access, format, reading, &mut builder, series);
    // What was read before an error counts.
    if scrape.is_ok() || builder.samples() > 0 {
        held.series.add(Saved::Exact(builder.finish()))?;
    }
    held.scrapes.push(scrape?);
    Ok(())
}
