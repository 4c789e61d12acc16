//! Where the sections of an index lie, and their checked bytes.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::bytes::{Cursor, be32};

/// The first four bytes of an index.
const MAGIC: u32 = 0xBAAA_D700;
/// The magic and a byte of the version.
pub(super) const HEADER: u64 = 5;
/// The table of contents: six offsets and a checksum.
pub(super) const TOC: u64 = 6 * 8 + 4;

/// Random access to the bytes of an index: a mapped file lends them, an object store fetches them.
pub trait ReadAt: Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// The bytes of a range within the size.
    ///
    /// # Errors
    /// Why they cannot be had, in words for the user.
    fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, String>;
}

impl<T: AsRef<[u8]> + Sync> ReadAt for T {
    fn size(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, String> {
        let bytes = self.as_ref().get(range.start as usize..range.end as usize);
        bytes.map(Cow::Borrowed).ok_or_else(|| "the bytes end before".to_owned())
    }
}

/// A part of an index that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Magic number and version.
    Header,
    /// Where all other sections start; the last 52 bytes.
    Toc,
    /// Every label name and value, once.
    Symbols,
    /// Label sets and chunks of every series.
    Series,
    /// Lists of series, one a label pair.
    Postings,
    /// Which list belongs to which label pair.
    PostingsTable,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Toc => "table of contents",
            Self::Symbols => "symbols",
            Self::Series => "series",
            Self::Postings => "postings",
            Self::PostingsTable => "postings offset table",
        })
    }
}

/// Something that cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In which section.
    pub section: Section,
    /// Bytes from the start of the index.
    pub offset: u64,
    /// What is wrong there.
    pub message: String,
}

impl Problem {
    pub(super) fn new(section: Section, offset: u64, message: impl Into<String>) -> Self {
        Self { section, offset, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, byte {}: {}", self.section, self.offset, self.message)
    }
}

/// The formats of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Before Prometheus 2.3: series and symbols are named by their offset in the file.
    V1,
    /// Series are named by a 16th of their offset, symbols by their number. Version 3, which
    /// readers of 2.55 and later accept, is laid out alike.
    V2,
}

/// What the header and the table of contents say.
#[derive(Debug, Clone)]
pub(super) struct Sections {
    pub(super) version: Version,
    pub(super) symbols: u64,
    pub(super) series: Range<u64>,
    pub(super) postings_table: u64,
    /// Where the table of contents starts, and every other section ends at the latest.
    pub(super) end: u64,
    /// Where all sections start; some may be absent.
    starts: [u64; 6],
}

impl Sections {
    /// Reads header and table of contents; both are always checked.
    pub(super) fn read(source: &dyn ReadAt) -> Result<Self, Problem> {
        let size = source.size();
        if size < HEADER + TOC {
            let message = format!("{size} bytes are too few for an index; it was cut off");
            return Err(Problem::new(Section::Header, 0, message));
        }
        let header = read(source, Section::Header, 0..HEADER)?;
        let version = match (be32(&header[..4]), header[4]) {
            (MAGIC, 1) => Version::V1,
            (MAGIC, 2 | 3) => Version::V2,
            (MAGIC, other) => {
                let message = format!("version {other} is unknown; 1, 2 and 3 can be read");
                return Err(Problem::new(Section::Header, 4, message));
            }
            _ => return Err(Problem::new(Section::Header, 0, "this is no index of a block")),
        };
        let end = size - TOC;
        let toc = read(source, Section::Toc, end..size)?;
        if crc32c::crc32c(&toc[..48]) != be32(&toc[48..]) {
            let message = "its checksum does not match; the file was cut off or damaged";
            return Err(Problem::new(Section::Toc, end, message));
        }
        let mut cursor = Cursor::new(&toc);
        let starts: [u64; 6] = std::array::from_fn(|_| cursor.be64().unwrap_or_default());
        let [symbols, series, _, _, _, postings_table] = starts;
        for (start, section) in [
            (symbols, Section::Symbols),
            (series, Section::Series),
            (postings_table, Section::PostingsTable),
        ] {
            if !(HEADER..=end).contains(&start) {
                let message = format!("the {section} would start at byte {start}");
                return Err(Problem::new(Section::Toc, end, message));
            }
        }
        let mut sections =
            Self { version, symbols, series: series..end, postings_table, end, starts };
        sections.series.end = sections.behind(series);
        Ok(sections)
    }

    /// Where the first section starts behind a place, which is where what lies there ends.
    pub(super) fn behind(&self, place: u64) -> u64 {
        let behind = self.starts.iter().copied().filter(|&start| start > place).min();
        behind.unwrap_or(self.end).min(self.end)
    }

    /// The bytes of a section that starts with its length and ends with a checksum, both left out,
    /// and where in the file they start.
    pub(super) fn checked<'a>(
        &self,
        source: &'a dyn ReadAt,
        section: Section,
        start: u64,
    ) -> Result<(Cow<'a, [u8]>, u64), Problem> {
        let short = || Problem::new(section, start, "it would end behind the end of the file");
        let from = start.checked_add(4).filter(|&from| from <= self.end).ok_or_else(short)?;
        let length = u64::from(be32(&read(source, section, start..from)?));
        let end = from + length + 4;
        if end > self.end {
            return Err(short());
        }
        let bytes = read(source, section, from..end)?;
        let (content, sum) = bytes.split_at(length as usize);
        if crc32c::crc32c(content) != be32(sum) {
            return Err(Problem::new(section, start, "its checksum does not match"));
        }
        let content = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..length as usize]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(length as usize);
                Cow::Owned(bytes)
            }
        };
        Ok((content, from))
    }
}

/// A range of the source.
pub(super) fn read(
    source: &dyn ReadAt,
    section: Section,
    range: Range<u64>,
) -> Result<Cow<'_, [u8]>, Problem> {
    let wanted = range.end - range.start;
    match source.read(range.clone()) {
        Ok(bytes) if bytes.len() as u64 == wanted => Ok(bytes),
        Ok(_) => Err(Problem::new(section, range.start, "the bytes end before")),
        Err(error) => Err(Problem::new(section, range.start, error)),
    }
}
