//! What a census takes, one file a kind of source: each recognises its own and reads it into
//! [`Held`].

mod block;
mod influx;
mod protobuf;
mod scrape;
mod status;

use promsieve_core::ingest::status::TsdbStatus;
use promsieve_core::series::Table;

use super::scrapes::Scrape;
use super::source::{Kind, Source};
use crate::Status;
use crate::common::Common;

pub(crate) use block::{Block, Depth};

/// What the sources held.
pub(crate) struct Held {
    /// Series, one table a source.
    pub(crate) tables: Vec<Table>,
    /// Answers of servers, with their sources' names.
    pub(crate) statuses: Vec<(String, TsdbStatus)>,
    /// What blocks say of themselves.
    pub(crate) blocks: Vec<Block>,
    /// What the scrapes held besides samples.
    pub(crate) scrapes: Vec<Scrape>,
    /// Whether all of it could be read.
    pub(crate) status: Status,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            tables: Vec::new(),
            statuses: Vec::new(),
            blocks: Vec::new(),
            scrapes: Vec::new(),
            status: Status::Clean,
        }
    }
}

/// Reads one source, as `kind` says or as its content tells; of blocks as much as `depth` says.
///
/// # Errors
/// When it cannot be opened or read at all, with what to do about it; what could be read before
/// stays in `held`.
pub(crate) fn read(
    source: &Source,
    kind: Option<Kind>,
    depth: Depth,
    common: &Common,
    held: &mut Held,
) -> anyhow::Result<()> {
    match kind.unwrap_or_else(|| recognise(source)) {
        Kind::Influx => influx::read(source, common, held),
        Kind::Protobuf => protobuf::read(source, common, held),
        Kind::Scrape => scrape::read(source, common, held),
        Kind::Status => status::read(source, common, held),
        Kind::Block => block::read(source, depth, held),
    }
}

/// What a source holds, by its place and its first bytes.
fn recognise(source: &Source) -> Kind {
    if status::is_one(source) {
        Kind::Status
    } else if block::is_one(source) {
        Kind::Block
    } else {
        Kind::Scrape
    }
}
