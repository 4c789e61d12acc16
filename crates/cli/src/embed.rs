//! For programs that count elsewhere what the command line counts here: sources read part by part,
//! and a census written as `promsieve census` writes it.

use std::io::Write;

use promsieve_core::census::Census;
use promsieve_core::saved::Saved;
use promsieve_core::units::Bytes;

use crate::Status;
use crate::commands::census::report_bad_lines;
use crate::common::Common;
use crate::input::blocks::BlockArgs;
use crate::input::changes::Changes;
use crate::input::collect::attached;
use crate::input::kinds::{self, Depth, Held, Options};
use crate::input::server::ServerArgs;
use crate::input::{Kind, Source};
use crate::output::view::census::CensusView;
use crate::output::{json, text};
use crate::stderr;

/// What lists of blocks and servers are as long as: none is shown.
const NO_LISTS: usize = 1;

/// So many requests are made to object storage at a time.
const REQUESTS: u32 = 16;

/// After so many seconds a request is given up.
const TIMEOUT: u64 = 30;

/// What `spec` names, cut into what can be read by itself: each block and the log of a data
/// directory, each file of a glob.
///
/// # Errors
/// When there is no such file.
pub fn parts(spec: &str) -> anyhow::Result<Vec<(Source, Kind)>> {
    Ok(Source::resolve(spec)?.iter().flat_map(kinds::parts).collect())
}

/// Reads all the series of one part, with their targets' labels, and tells on stderr what of it
/// could not be read. `None` where it holds no series, as a server's status does.
///
/// # Errors
/// When it cannot be opened or read at all, with what to do about it.
pub fn read(source: &Source, kind: Kind) -> anyhow::Result<(Option<Saved>, Status)> {
    let server = ServerArgs {
        full: true,
        page: 10_000,
        list: NO_LISTS as u32,
        focus_label: None,
        date: None,
    };
    let depth = Depth { rows: true, churn: false, top: NO_LISTS };
    let blocks = BlockArgs { requests: REQUESTS, ..BlockArgs::default() };
    let options = Options { kind: Some(kind), depth, blocks: &blocks, server: &server };
    let mut held = Held::within(Bytes(u64::MAX), Changes::default());
    let mut common = Common::default();
    common.access.timeout = TIMEOUT;
    kinds::read(source, &options, &common, &mut held)?;
    let status = held.status.max(report_bad_lines(&held.scrapes));
    let series = held.series.finish().map(|saved| match saved {
        Saved::Exact(table) => Saved::Exact(attached(table)),
        sketched @ Saved::Sketched(_) => sketched,
    });
    Ok((series, status))
}

/// Says something on stderr.
pub fn warn(text: &str) {
    stderr::warn(text);
}

/// Writes a census as `promsieve census` does, indented JSON with all metrics, or text with the
/// `top` largest (0 for all).
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut impl Write, census: &Census, json: bool, top: usize) -> anyhow::Result<()> {
    let view = CensusView::of(Some(census), Vec::new());
    if json {
        return json::write(out, &view);
    }
    text::census::write(out, &view, top, " (--top 0 lists all)")?;
    Ok(())
}
