//! Writes the index of a block, in version 1 or 2.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use promsieve_core::ingest::index::Version;

const MAGIC: u32 = 0xBAAA_D700;
const ALIGN: u64 = 16;

/// A series: its labels, `__name__` among them, and the first and last moment of each chunk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    /// By name; no value is empty.
    pub labels: BTreeMap<String, String>,
    /// In the order of time.
    pub chunks: Vec<(i64, i64)>,
}

/// Writes an index of series in any order; equal ones once.
///
/// # Errors
/// When `out` cannot be written.
pub fn index_of(version: Version, series: &[Series], out: &mut impl Write) -> io::Result<()> {
    let texts = series.iter().flat_map(|one| &one.labels);
    let symbols: BTreeSet<&str> =
        texts.flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    let symbols: Vec<&str> = symbols.into_iter().collect();
    let code = |text: &str| symbols.binary_search(&text).map_or(0, |at| at as u32);
    let row = |one: &Series| -> Vec<(u32, u32)> {
        one.labels.iter().map(|(name, value)| (code(name), code(value))).collect()
    };
    let mut rows: Vec<_> = series.iter().map(|one| (row(one), one.chunks.as_slice())).collect();
    rows.sort();
    rows.dedup_by(|a, b| a.0 == b.0);
    index(version, &symbols, rows.iter().map(|(labels, chunks)| (labels.as_slice(), *chunks)), out)
}

/// Writes an index of sorted `symbols` and of series as pairs of them, sorted and different, with
/// their chunks.
///
/// # Errors
/// When `out` cannot be written.
pub fn index<'a, S: AsRef<str>, C: AsRef<[(i64, i64)]>>(
    version: Version,
    symbols: &[S],
    series: impl Iterator<Item = (&'a [(u32, u32)], C)>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut out = Counting { out, at: 0 };
    out.write(&MAGIC.to_be_bytes())?;
    out.write(&[if version == Version::V1 { 1 } else { 2 }])?;
    let symbols_start = out.at;
    let mut names = Vec::with_capacity(symbols.len());
    let mut section = (symbols.len() as u32).to_be_bytes().to_vec();
    for (code, symbol) in symbols.iter().enumerate() {
        names.push(match version {
            Version::V1 => symbols_start + 4 + section.len() as u64,
            Version::V2 => code as u64,
        });
        string(&mut section, symbol.as_ref());
    }
    out.section(&section)?;
    out.pad(version)?;
    let series_start = out.at;
    let mut lists = BTreeMap::<(u32, u32), Vec<u32>>::new();
    let mut all = Vec::new();
    let mut entry = Vec::new();
    for (labels, chunks) in series {
        out.pad(version)?;
        let place = if version == Version::V1 { out.at } else { out.at / ALIGN };
        let reference = u32::try_from(place).map_err(io::Error::other)?;
        all.push(reference);
        for pair in labels {
            lists.entry(*pair).or_default().push(reference);
        }
        entry.clear();
        self::series(&mut entry, &names, labels, chunks.as_ref());
        out.entry(&entry)?;
    }
    let postings_start = out.at;
    let mut table = (1 + lists.len() as u32).to_be_bytes().to_vec();
    let text = |code: &u32| symbols[*code as usize].as_ref();
    let named = lists.iter().map(|((name, value), list)| (text(name), text(value), list));
    for (name, value, list) in std::iter::once(("", "", &all)).chain(named) {
        uvarint(&mut table, 2);
        string(&mut table, name);
        string(&mut table, value);
        uvarint(&mut table, out.at);
        let mut section = (list.len() as u32).to_be_bytes().to_vec();
        section.extend(list.iter().flat_map(|reference| reference.to_be_bytes()));
        out.section(&section)?;
    }
    let table_start = out.at;
    out.section(&table)?;
    // The obsolete label indices are empty, where the postings start.
    let starts =
        [symbols_start, series_start, postings_start, postings_start, postings_start, table_start];
    let toc: Vec<u8> = starts.iter().flat_map(|start| start.to_be_bytes()).collect();
    out.write(&toc)?;
    out.write(&crc32c::crc32c(&toc).to_be_bytes())
}

fn series(entry: &mut Vec<u8>, names: &[u64], labels: &[(u32, u32)], chunks: &[(i64, i64)]) {
    uvarint(entry, labels.len() as u64);
    for (name, value) in labels {
        uvarint(entry, names[*name as usize]);
        uvarint(entry, names[*value as usize]);
    }
    uvarint(entry, chunks.len() as u64);
    let mut before = 0;
    for (number, (first, last)) in chunks.iter().enumerate() {
        if number == 0 {
            varint(entry, *first);
        } else {
            uvarint(entry, (first - before).cast_unsigned());
        }
        uvarint(entry, (last - first).cast_unsigned());
        // Where the chunk would lie: at 8 in the first file, then 40 bytes on each.
        if number == 0 {
            uvarint(entry, 8);
        } else {
            varint(entry, 40);
        }
        before = *last;
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    uvarint(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint(out: &mut Vec<u8>, value: i64) {
    uvarint(out, (value << 1 ^ value >> 63).cast_unsigned());
}

/// Knows how much was written.
struct Counting<'a, W> {
    out: &'a mut W,
    at: u64,
}

impl<W: Write> Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// A length, the content and its checksum.
    fn section(&mut self, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len()).map_err(io::Error::other)?;
        self.write(&length.to_be_bytes())?;
        self.write(content)?;
        self.write(&crc32c::crc32c(content).to_be_bytes())
    }

    /// As a section, with its length as a varint.
    fn entry(&mut self, content: &[u8]) -> io::Result<()> {
        let mut length = Vec::new();
        uvarint(&mut length, content.len() as u64);
        self.write(&length)?;
        self.write(content)?;
        self.write(&crc32c::crc32c(content).to_be_bytes())
    }

    fn pad(&mut self, version: Version) -> io::Result<()> {
        let next = self.at.next_multiple_of(ALIGN);
        if version == Version::V2 {
            self.write(&[0; 16][..(next - self.at) as usize])
        } else {
            Ok(())
        }
    }
}
