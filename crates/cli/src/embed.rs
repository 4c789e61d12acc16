//! For programs that count elsewhere what the command line counts here: sources read part by part,
//! and a census written as `promsieve census` writes it.

use std::io::Write;

use promsieve_core::census::Census;
use promsieve_core::saved::Saved;
use promsieve_core::units::Bytes;
use serde::{Deserialize, Serialize};

use crate::Status;
use crate::commands::census::report_bad_lines;
use crate::common::Common;
use crate::input::blocks::BlockArgs;
use crate::input::changes::Changes;
use crate::input::collect::attached;
use crate::input::kinds::{self, Depth, Held, Options};
use crate::input::server::ServerArgs;
use crate::input::{Kind, Source};
use crate::output::view::block::BlockView;
use crate::output::view::census::{CensusView, StatusView};
use crate::output::view::head::HeadView;
use crate::output::{json, text};
use crate::stderr;

/// A server's top lists have so many entries, as the command line asks for.
const LIST: u32 = 1000;

/// So many requests are made to object storage at a time.
const REQUESTS: u32 = 16;

/// After so many seconds a request is given up.
const TIMEOUT: u64 = 30;

/// One part, read.
#[derive(Debug)]
pub struct Read {
    /// All its series, with their targets' labels; `None` where it holds none, as a server's status
    /// does.
    pub series: Option<Saved>,
    /// What a census tells of it besides.
    pub told: Told,
    /// Whether something of it could not be read, which was told on stderr.
    pub status: Status,
}

/// What a census tells of its sources beside their series: of blocks, heads and statuses of servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Told {
    blocks: Vec<BlockView>,
    heads: Vec<HeadView>,
    status: Vec<StatusView>,
}

impl Told {
    fn of(held: &Held, top: usize) -> Self {
        Self {
            blocks: held.blocks.iter().map(|block| BlockView::of(block, top)).collect(),
            heads: held.heads.iter().map(HeadView::of).collect(),
            status: held.statuses.iter().map(|(name, it)| StatusView::of(name, it)).collect(),
        }
    }

    /// Tells what the next source tells behind it.
    pub fn append(&mut self, mut next: Self) {
        self.blocks.append(&mut next.blocks);
        self.heads.append(&mut next.heads);
        self.status.append(&mut next.status);
    }
}

/// What `spec` names, cut into what can be read by itself: each block and the log of a data
/// directory, each file of a glob.
///
/// # Errors
/// When there is no such file.
pub fn parts(spec: &str) -> anyhow::Result<Vec<(Source, Kind)>> {
    Ok(Source::resolve(spec)?.iter().flat_map(kinds::parts).collect())
}

/// Reads one part; lists of what it tells besides have `top` entries, or all for 0.
///
/// # Errors
/// When it cannot be opened or read at all, with what to do about it.
pub fn read(source: &Source, kind: Kind, top: usize) -> anyhow::Result<Read> {
    let server = ServerArgs { full: true, page: 10_000, list: LIST, focus_label: None, date: None };
    let depth = Depth { rows: true, churn: false, top };
    let blocks = BlockArgs { requests: REQUESTS, ..BlockArgs::default() };
    let options = Options { kind: Some(kind), depth, blocks: &blocks, server: &server };
    let mut held = Held::within(Bytes(u64::MAX), Changes::default());
    let mut common = Common::default();
    common.access.timeout = TIMEOUT;
    kinds::read(source, &options, &common, &mut held)?;
    let status = held.status.max(report_bad_lines(&held.scrapes));
    let told = Told::of(&held, top);
    let series = held.series.finish().map(|saved| match saved {
        Saved::Exact(table) => Saved::Exact(attached(table)),
        sketched @ Saved::Sketched(_) => sketched,
    });
    Ok(Read { series, told, status })
}

/// Says something on stderr.
pub fn warn(text: &str) {
    stderr::warn(text);
}

/// Writes a census and what is told besides as `promsieve census` does, indented JSON with all
/// metrics, or text with the `top` largest (0 for all).
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(
    out: &mut impl Write,
    census: &Census,
    told: Told,
    json: bool,
    top: usize,
) -> anyhow::Result<()> {
    let Told { blocks, heads, status } = told;
    let view = CensusView { blocks, heads, ..CensusView::of(Some(census), status) };
    if json {
        return json::write(out, &view);
    }
    text::census::write(out, &view, top, " (--top 0 lists all)")?;
    Ok(())
}
