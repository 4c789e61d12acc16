//! Expositions: one, or a directory of them.

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
        let mut builder = TableBuilder::default();
        let scrape = scrapes::read_source(source, &common.access, common.server, &mut builder)?;
        held.tables.push(builder.finish());
        held.scrapes.push(scrape);
        return Ok(());
    };
    let files = scrapes::files(directory)?;
    anyhow::ensure!(!files.is_empty(), "`{}` holds no scrape files", directory.display());
    let (table, read) = scrapes::read_files(&files);
    held.tables.push(table);
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
