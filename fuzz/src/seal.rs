//! Checksums that fit again: without them hardly any changed file would be read beyond its first.
//!
//! Each function goes as far as the file makes sense and gives `None` where it does not.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

/// A number of a file, big-endian.
fn be<const BYTES: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk::<BYTES>()?;
    let number = number.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number).ok()
}

fn le64(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u64::from_le_bytes(*number)).ok()
}

/// A varint and where it ends.
fn uvarint(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut number = 0;
    for (place, byte) in bytes.get(at..)?.iter().take(5).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, at + place + 1));
        }
    }
    None
}

fn put(bytes: &mut [u8], at: usize, sum: &[u8]) -> Option<()> {
    bytes.get_mut(at..at.checked_add(sum.len())?)?.copy_from_slice(sum);
    Some(())
}

/// Writes the CRC-32C of `from..to` behind it, and gives where that ends.
fn crc(bytes: &mut [u8], from: usize, to: usize) -> Option<usize> {
    let sum = crc32c::crc32c(bytes.get(from..to)?).to_be_bytes();
    put(bytes, to, &sum)?;
    Some(to + sum.len())
}

/// A block's index: table of contents, symbols, series, postings and their table.
pub(crate) fn index(bytes: &mut [u8]) -> Option<()> {
    let toc = bytes.len().checked_sub(52)?;
    crc(bytes, toc, toc + 48)?;
    let start = |bytes: &[u8], number: usize| be::<8>(bytes, toc + 8 * number);
    let (symbols, series) = (start(bytes, 0)?, start(bytes, 1)?);
    let (lists, table) = (start(bytes, 4)?, start(bytes, 5)?);
    for section in [symbols, table] {
        let from = section.checked_add(4)?;
        let to = from.checked_add(be::<4>(bytes, section)?)?;
        let _ = crc(bytes, from, to);
    }
    let aligned = if bytes.get(4) == Some(&1) { 1 } else { 16 };
    let mut at = series;
    while at < lists {
        let (length, from) = uvarint(bytes, at.next_multiple_of(aligned))?;
        at = crc(bytes, from, from + length)?;
    }
    at = lists;
    while at < table {
        let from = at + 4;
        at = crc(bytes, from, from + be::<4>(bytes, at)?)?.next_multiple_of(4);
    }
    Some(())
}

/// A block's tombstones: magic, version, entries, one sum over these.
pub(crate) fn tombstones(bytes: &mut [u8]) -> Option<()> {
    let end = bytes.len().checked_sub(4)?;
    crc(bytes, 5, end)?;
    Some(())
}

/// A segment of a log of less than a page.
pub(crate) fn wal(bytes: &mut [u8]) -> Option<()> {
    /// Kind, length, checksum.
    const HEADER: usize = 7;
    let mut at = 0;
    while *bytes.get(at)? != 0 {
        let (from, length) = (at + HEADER, be::<2>(bytes, at + 1)?);
        let sum = crc32c::crc32c(bytes.get(from..from + length)?).to_be_bytes();
        put(bytes, at + 3, &sum)?;
        at = from + length;
    }
    Some(())
}

/// A file of head chunks.
pub(crate) fn chunks(bytes: &mut [u8]) -> Option<()> {
    /// Magic, version, padding.
    const FILE_HEADER: usize = 8;
    /// Reference, two times, encoding.
    const HEADER: usize = 25;
    let mut at = FILE_HEADER;
    while at < bytes.len() {
        let (length, from) = uvarint(bytes, at + HEADER)?;
        at = crc(bytes, at, from + length)?;
    }
    Some(())
}

/// A saved census: its table of sections, from the end.
pub(crate) fn saved(bytes: &mut [u8]) -> Option<()> {
    /// The seed of the sums, in the header.
    const SEED: usize = 16;
    /// Where the table is, its entries, its sum, and the magic number.
    const TRAILER: usize = 32;
    /// Tag, place, length, sum.
    const ENTRY: usize = 32;
    let secrets = RapidSecrets::seed(le64(bytes, SEED)? as u64);
    let sum = |bytes: &[u8]| rapidhash_v3_seeded(bytes, &secrets).to_le_bytes();
    let trailer = bytes.len().checked_sub(TRAILER)?;
    let table = le64(bytes, trailer)?;
    let mut entry = table;
    while entry < trailer {
        let (from, length) = (le64(bytes, entry + 8)?, le64(bytes, entry + 16)?);
        let section = sum(bytes.get(from..from.checked_add(length)?)?);
        put(bytes, entry + 24, &section)?;
        entry += ENTRY;
    }
    let whole = sum(bytes.get(table..trailer)?);
    put(bytes, trailer + 16, &whole)
}
