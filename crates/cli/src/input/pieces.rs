//! A long exposition in pieces that end with a line, read while those before are parsed.

use std::io::Read;

use promsieve_core::ingest::Report;
use promsieve_core::ingest::exposition::{Format, Parts};
use promsieve_core::series::TableBuilder;

use super::collect::Collector;
use super::scrapes::fill;

/// Bytes of a piece: enough that the values that pieces share are few beside their samples.
const PIECE: usize = 2 << 20;

/// Pieces for each thread at a time, so that none waits long for another.
const PIECES: usize = 2;

/// Reads an exposition to its end; `series` takes what the table has no room for.
///
/// # Errors
/// When the bytes cannot be read.
pub(super) fn read(
    name: &str,
    bytes: Box<dyn Read + Send>,
    format: Format,
    builder: &mut TableBuilder,
    mut series: Option<&mut Collector>,
) -> anyhow::Result<Report> {
    let mut cutter = Cutter { bytes, rest: Vec::new() };
    let mut parts = Parts::new(format);
    let mut now: Vec<Piece> = Vec::new();
    now.resize_with(PIECES * rayon::current_num_threads(), Piece::default);
    let mut next = now.clone();
    let mut count = cutter.cut(&mut now, name)?;
    while count > 0 {
        let pieces: Vec<&[u8]> = now[..count].iter().map(Piece::bytes).collect();
        let (cut, ()) =
            rayon::join(|| cutter.cut(&mut next, name), || parts.feed(&pieces, builder));
        count = cut?;
        if let Some(series) = series.as_deref_mut() {
            series.relieve(builder)?;
        }
        std::mem::swap(&mut now, &mut next);
    }
    Ok(parts.finish(builder))
}

/// Room for a piece, of which the first `length` bytes are in use.
#[derive(Debug, Clone, Default)]
struct Piece {
    room: Vec<u8>,
    length: usize,
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        &self.room[..self.length]
    }
}

/// Cuts bytes behind the last line of each piece.
struct Cutter {
    bytes: Box<dyn Read + Send>,
    /// What was read and belongs to the next piece.
    rest: Vec<u8>,
}

impl Cutter {
    /// Fills pieces in their order; gives how many are in use, 0 at the end.
    fn cut(&mut self, pieces: &mut [Piece], name: &str) -> anyhow::Result<usize> {
        for (at, piece) in pieces.iter_mut().enumerate() {
            let start = self.rest.len();
            piece.room.resize(PIECE.max(start + 1), 0);
            piece.room[..start].copy_from_slice(&self.rest);
            self.rest.clear();
            let end = start + fill(&mut self.bytes, &mut piece.room[start..], name)?;
            piece.length = end;
            if end == 0 {
                return Ok(at);
            }
            if end == piece.room.len()
                && let Some(line) = piece.bytes().iter().rposition(|&byte| byte == b'\n')
            {
                self.rest.extend_from_slice(&piece.room[line + 1..end]);
                piece.length = line + 1;
            }
        }
        Ok(pieces.len())
    }
}
