//! `chunks_head`: chunks that a head has cut and mapped. Their headers tell which series have older
//! samples than the log.

use crate::ingest::bytes::Cursor;

const MAGIC: [u8; 4] = 0x0130_BC91_u32.to_be_bytes();
/// Magic, version and padding.
const FILE_HEADER: usize = 8;
/// The most that a chunk takes besides its data: reference, two times, encoding, length, checksum.
const MAX_META: usize = 8 + 8 + 8 + 1 + 5 + 4;
/// Set in the encoding of chunks that were appended out of order.
const LATE: u8 = 0x80;

/// A chunk's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Its series.
    pub(super) reference: u64,
    /// The oldest and the newest sample, milliseconds since the epoch.
    pub(super) times: (i64, i64),
    pub(super) samples: u16,
    /// Whether it holds samples that came out of order.
    pub(super) late: bool,
}

/// Tells `take` the chunks of a file.
///
/// # Errors
/// Where the file breaks, in bytes, and how. The chunks before were told.
pub(super) fn read(file: &[u8], take: &mut dyn FnMut(Chunk)) -> Result<(), (u64, &'static str)> {
    if file.iter().all(|&byte| byte == 0) {
        // Made, and not yet written to.
        return Ok(());
    }
    if file.get(..4) != Some(&MAGIC) || file.len() < FILE_HEADER {
        return Err((0, "this is no file of head chunks"));
    }
    let mut at = FILE_HEADER;
    while at < file.len() {
        let rest = &file[at..];
        if rest.len() < MAX_META {
            let ends = rest.iter().all(|&byte| byte == 0);
            return if ends { Ok(()) } else { Err((at as u64, "the file ends within a chunk")) };
        }
        if rest[..24].iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        let (chunk, length) = chunk(rest).ok_or((at as u64, "the file ends within a chunk"))?;
        let sum = rest[length..].first_chunk().copied();
        if sum.map(u32::from_be_bytes) != Some(crc32c::crc32c(&rest[..length])) {
            return Err((at as u64, "the chunk's checksum is wrong"));
        }
        take(chunk);
        at += length + 4;
    }
    Ok(())
}

/// A chunk and its length without the checksum.
fn chunk(bytes: &[u8]) -> Option<(Chunk, usize)> {
    let mut cursor = Cursor::new(bytes);
    let reference = cursor.be64()?;
    let times = (cursor.be64()?.cast_signed(), cursor.be64()?.cast_signed());
    let encoding = cursor.byte()?;
    let data = cursor.string()?;
    let samples = data.first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes));
    let late = encoding & LATE != 0;
    Some((Chunk { reference, times, samples, late }, cursor.at))
}
