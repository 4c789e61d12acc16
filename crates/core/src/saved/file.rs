//! Header, sections, their table and the trailer.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

use super::SavedError;
use super::cursor::Cursor;
use crate::series::HASH_SEED;

/// The first bytes of every saved census; the first is no text, so that no exposition starts so.
pub(super) const MAGIC: &[u8; 8] = b"\x91PSieve\n";

/// Changes with the meaning of any byte.
const VERSION: u32 = 1;

/// Magic, version, four bytes of zeros, seed.
const HEADER: usize = 24;

/// Tag, four bytes of zeros, place, length, checksum.
const ENTRY: usize = 32;

/// Place of the table, its entries, its checksum, magic.
const TRAILER: usize = 32;

/// One part of a file.
pub(super) struct Section<'a> {
    pub(super) tag: u32,
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
}

impl<'a> Section<'a> {
    pub(super) fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.bytes, self.offset)
    }
}

/// Writes sections, then the table of them.
pub(super) struct Writer<F> {
    out: F,
    at: u64,
    table: Vec<u8>,
}

impl<E, F: FnMut(&[u8]) -> Result<(), E>> Writer<F> {
    pub(super) fn new(mut out: F) -> Result<Self, E> {
        let mut header = MAGIC.to_vec();
        header.extend(u64::from(VERSION).to_le_bytes());
        header.extend(HASH_SEED.to_le_bytes());
        out(&header)?;
        Ok(Self { out, at: header.len() as u64, table: Vec::new() })
    }

    pub(super) fn section(&mut self, tag: u32, bytes: &[u8]) -> Result<(), E> {
        let entry = [u64::from(tag), self.at, bytes.len() as u64, checksum(bytes)];
        self.table.extend(entry.iter().flat_map(|number| number.to_le_bytes()));
        self.at += bytes.len() as u64;
        (self.out)(bytes)
    }

    pub(super) fn finish(mut self) -> Result<(), E> {
        (self.out)(&self.table)?;
        let entries = (self.table.len() / ENTRY) as u64;
        let trailer = [self.at, entries, checksum(&self.table)].map(u64::to_le_bytes);
        (self.out)(&trailer.concat())?;
        (self.out)(MAGIC)
    }
}

/// The sections of a file, checked against their table.
pub(super) fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, SavedError> {
    let error = |offset, message: &str| SavedError { offset, message: message.to_owned() };
    check_header(bytes)?;
    let end = bytes.len() - TRAILER.min(bytes.len());
    let mut trailer = Cursor::new(&bytes[end..], end);
    let (at, entries, sum) = (trailer.u64()?, trailer.u64()?, trailer.u64()?);
    if bytes.len() < HEADER + TRAILER || &bytes[bytes.len() - MAGIC.len()..] != MAGIC {
        return Err(error(end, "the end is missing: the file was cut off, save or copy it again"));
    }
    let place = usize::try_from(at).ok().filter(|at| (HEADER..=end).contains(at));
    let table = place.map(|at| &bytes[at..end]).filter(|table| {
        table.len() as u64 == entries.saturating_mul(ENTRY as u64) && checksum(table) == sum
    });
    let Some(table) = table else {
        return Err(error(end, "the table of sections is damaged: save or copy the file again"));
    };
    let mut cursor = Cursor::new(table, end - table.len());
    let mut next = HEADER;
    let mut sections = Vec::new();
    for _ in 0..entries {
        let (tag, at) = (cursor.u64()?, cursor.u64()?);
        let (length, sum) = (cursor.u64()?, cursor.u64()?);
        let fits = at == next as u64 && length <= (end - table.len() - next) as u64;
        let section = fits.then(|| &bytes[next..next + length as usize]);
        let Some(section) = section.filter(|section| checksum(section) == sum) else {
            return Err(error(next, "a section is damaged: save or copy the file again"));
        };
        sections.push(Section { tag: tag as u32, offset: next, bytes: section });
        next += section.len();
    }
    if next != end - table.len() {
        return Err(error(next, "bytes that no section holds: save or copy the file again"));
    }
    Ok(sections)
}

fn check_header(bytes: &[u8]) -> Result<(), SavedError> {
    let error = |offset, message: String| Err(SavedError { offset, message });
    if !bytes.starts_with(MAGIC) {
        return error(0, "this is no saved census: `census --save FILE` writes one".to_owned());
    }
    let mut header = Cursor::new(&bytes[MAGIC.len()..], MAGIC.len());
    let (version, seed) = (header.u64()?, header.u64()?);
    if version != u64::from(VERSION) {
        return error(
            8,
            format!("version {version}, and this promsieve reads {VERSION}: save it again"),
        );
    }
    if seed != HASH_SEED {
        return error(
            16,
            "its hashes have another seed: save it again with this promsieve".to_owned(),
        );
    }
    Ok(())
}

fn checksum(bytes: &[u8]) -> u64 {
    rapidhash_v3_seeded(bytes, &RapidSecrets::seed(HASH_SEED))
}

/// Makes checksums fit again after damage, where the table of sections can still be found.
#[cfg(test)]
pub(super) fn mend(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize| {
        bytes
            .get(at..at.saturating_add(8))
            .map(|_| Cursor::new(&bytes[at..], at).u64().unwrap() as usize)
    };
    let end = bytes.len() - TRAILER;
    let Some(mut entry) = number(bytes, end).filter(|&at| at <= end) else { return };
    let table = entry;
    while entry + ENTRY <= end {
        let (at, length) = (number(bytes, entry + 8), number(bytes, entry + 16));
        if let (Some(at), Some(length)) = (at, length)
            && let Some(section) = bytes.get(at..at.saturating_add(length))
        {
            let sum = checksum(section);
            bytes[entry + 24..entry + 32].copy_from_slice(&sum.to_le_bytes());
        }
        entry += ENTRY;
    }
    let sum = checksum(&bytes[table..end]);
    bytes[end + 16..end + 24].copy_from_slice(&sum.to_le_bytes());
}
