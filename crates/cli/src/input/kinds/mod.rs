//! What a census takes, one file a kind of source: each recognises its own and reads it into
//! [`Held`].

mod block;
mod fleet;
mod influx;
mod protobuf;
pub(crate) mod saved;
mod scrape;
mod server;
mod status;
mod wal;

use promsieve_core::ingest::status::TsdbStatus;
use promsieve_core::units::Bytes;

pub(crate) use wal::Head;

use super::blocks::BlockArgs;
use super::changes::Changes;
use super::collect::Collector;
use super::redact;
use super::scrapes::Scrape;
use super::server::ServerArgs;
use super::source::{Kind, Source};
use crate::Status;
use crate::common::Common;

pub(crate) use block::{Block, Depth};

/// What the sources held.
pub(crate) struct Held {
    /// Series, kept or sketched.
    pub(crate) series: Collector,
    /// Answers of servers, with their sources' names.
    pub(crate) statuses: Vec<(String, TsdbStatus)>,
    /// What blocks say of themselves.
    pub(crate) blocks: Vec<Block>,
    /// What the scrapes held besides samples.
    pub(crate) scrapes: Vec<Scrape>,
    /// What logs told of their servers' heads besides series.
    pub(crate) heads: Vec<Head>,
    /// Whether all of it could be read.
    pub(crate) status: Status,
}

impl Held {
    /// Nothing yet; series are kept until a census of them needs more than `memory`, changed as they
    /// come.
    pub(crate) fn within(memory: Bytes, changes: Changes) -> Self {
        Self::of(Collector::new(memory).changed(changes))
    }

    /// Nothing yet, to be filled as this is.
    fn alike(&self) -> Self {
        Self::of(self.series.alike())
    }

    fn of(series: Collector) -> Self {
        Self {
            series,
            statuses: Vec::new(),
            blocks: Vec::new(),
            scrapes: Vec::new(),
            heads: Vec::new(),
            status: Status::Clean,
        }
    }

    /// Hides the values in what was added behind so many statuses, blocks and scrapes; those of
    /// series went as they came.
    fn redact_behind(&mut self, (statuses, blocks, scrapes): (usize, usize, usize)) {
        if let Some(redactor) = &self.series.changes().redactor {
            let statuses = self.statuses.iter_mut().skip(statuses);
            statuses.for_each(|(_, status)| redactor.status(status));
            self.blocks.iter_mut().skip(blocks).for_each(|block| redactor.block(block));
            let scrapes = self.scrapes.iter_mut().skip(scrapes);
            scrapes.for_each(|scrape| redact::blot_out(&mut scrape.report));
        }
    }
}

/// How sources are read.
pub(crate) struct Options<'a> {
    /// What they hold, where the user says so.
    pub(crate) kind: Option<Kind>,
    /// How much of blocks is read.
    pub(crate) depth: Depth,
    /// Where blocks are kept, and which of a bucket's are read.
    pub(crate) blocks: &'a BlockArgs,
    /// How a live server is asked.
    pub(crate) server: &'a ServerArgs,
}

/// Reads one source, as `options` say or as its content tells.
///
/// # Errors
/// When it cannot be opened or read at all, with what to do about it; what could be read before
/// stays in `held`.
pub(crate) fn read(
    source: &Source,
    options: &Options<'_>,
    common: &Common,
    held: &mut Held,
) -> anyhow::Result<()> {
    let found = options.kind.map_or_else(|| recognise(source), |kind| vec![kind]);
    // What several have in common only their series tell.
    let depth = Depth { rows: options.depth.rows || found.len() > 1, ..options.depth };
    let before = (held.statuses.len(), held.blocks.len(), held.scrapes.len());
    let read = found.iter().try_for_each(|kind| match kind {
        Kind::Fleet => fleet::read(source, common, held),
        Kind::Influx => influx::read(source, common, held),
        Kind::Protobuf => protobuf::read(source, common, held),
        Kind::Scrape => scrape::read(source, common, held),
        Kind::Saved => saved::read(source, common, held),
        Kind::Server => server::read(source, options, common, held),
        Kind::Status => status::read(source, common, held),
        Kind::Block => block::read(source, depth, options.blocks, common, held),
        Kind::Wal => wal::read(source, held),
    });
    held.redact_behind(before);
    read
}

/// A source in parts that can be read by themselves, with what each holds: the blocks of a directory
/// one by one, and its log.
pub(crate) fn parts(source: &Source) -> Vec<(Source, Kind)> {
    let of_kind = |kind| match kind {
        Kind::Block => block::each(source).into_iter().map(|block| (block, kind)).collect(),
        _ => vec![(source.clone(), kind)],
    };
    recognise(source).into_iter().flat_map(of_kind).collect()
}

/// What a source holds, by its place and its first bytes: a data directory has blocks and a log.
fn recognise(source: &Source) -> Vec<Kind> {
    let stored = [(Kind::Block, block::is_one(source)), (Kind::Wal, wal::is_one(source))];
    let stored: Vec<Kind> =
        stored.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect();
    if !stored.is_empty() {
        stored
    } else if saved::is_one(source) {
        vec![Kind::Saved]
    } else if server::is_one(source) {
        vec![Kind::Server]
    } else if status::is_one(source) {
        vec![Kind::Status]
    } else {
        vec![Kind::Scrape]
    }
}
