//! Pages in the protobuf format, by name: they are recognised among expositions too.

use promsieve_core::ingest::page::Format;

use super::Held;
use super::scrape::read_one;
use crate::common::Common;
use crate::input::source::Source;

/// Reads a page.
pub(super) fn read(source: &Source, common: &Common, held: &mut Held) -> anyhow::Result<()> {
    read_one(source, Some(Format::Protobuf), common, held)
}
