//! The postings: which list of series belongs to which label pair, and how long it is.

use std::borrow::Cow;

use super::bytes::{Cursor, be32};
use super::sections::{Problem, ReadAt, Section, Sections, read};

/// A list's length in bytes, its number of series, and its checksum behind them.
const AROUND: u64 = 12;

/// The postings offset table.
pub(super) struct PostingsTable<'a> {
    bytes: Cow<'a, [u8]>,
    start: u64,
}

/// A label pair and its list. The pair of two empty strings has the list of all series.
pub(super) struct Pair<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Where in the file the list stands.
    pub(super) list: u64,
}

impl<'a> PostingsTable<'a> {
    /// Reads the section. It is checked as a whole.
    pub(super) fn read(source: &'a dyn ReadAt, sections: &Sections) -> Result<Self, Problem> {
        let (bytes, start) =
            sections.checked(source, Section::PostingsTable, sections.postings_table)?;
        Ok(Self { bytes, start })
    }

    /// Its pairs, sorted by name and value in version 2; a problem is the last thing it gives.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Result<Pair<'_>, Problem>> {
        let mut cursor = Cursor::new(&self.bytes);
        let mut left = cursor.be32().unwrap_or_default();
        std::iter::from_fn(move || {
            if left == 0 || cursor.is_at_end() {
                return None;
            }
            left -= 1;
            let at = cursor.at;
            let pair = pair(&mut cursor);
            if pair.is_none() {
                left = 0;
            }
            Some(pair.ok_or_else(|| {
                let message = "this entry is none of a name, a value and an offset";
                Problem::new(Section::PostingsTable, self.start + at as u64, message)
            }))
        })
    }

    /// Where the list of all series stands.
    pub(super) fn list_of_all(&self) -> Result<u64, Problem> {
        let pairs = self.pairs().map_while(Result::ok);
        let mut all = pairs.filter(|pair| pair.name.is_empty() && pair.value.is_empty());
        all.next().map(|pair| pair.list).ok_or_else(|| {
            let message = "it names no list of all series";
            Problem::new(Section::PostingsTable, self.start, message)
        })
    }
}

fn pair<'a>(cursor: &mut Cursor<'a>) -> Option<Pair<'a>> {
    if cursor.uvarint()? != 2 {
        return None;
    }
    Some(Pair { name: cursor.string()?, value: cursor.string()?, list: cursor.uvarint()? })
}

/// How many series a list has, without reading it: its length says so twice.
pub(super) fn series(source: &dyn ReadAt, sections: &Sections, list: u64) -> Result<u64, Problem> {
    let problem = |message: &str| Problem::new(Section::Postings, list, message);
    let start = list.checked_add(8).filter(|&start| start <= sections.end);
    let start = start.ok_or_else(|| problem("a list would start behind the end of the file"))?;
    let lengths = read(source, Section::Postings, list..start)?;
    let (bytes, series) = (u64::from(be32(&lengths[..4])), u64::from(be32(&lengths[4..])));
    if bytes != 4 + 4 * series {
        return Err(problem("a list of series does not say how long it is"));
    }
    if list + AROUND + 4 * series > sections.end {
        return Err(problem("a list of series would end behind the end of the file"));
    }
    Ok(series)
}

/// The references of all series, four bytes each; checked as a whole.
pub(super) fn all_series<'a>(
    source: &'a dyn ReadAt,
    sections: &Sections,
) -> Result<Cow<'a, [u8]>, Problem> {
    let table = PostingsTable::read(source, sections)?;
    let list = table.list_of_all()?;
    series(source, sections, list)?;
    let (bytes, _) = sections.checked(source, Section::Postings, list)?;
    Ok(match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[4..]),
        Cow::Owned(mut bytes) => {
            bytes.drain(..4);
            Cow::Owned(bytes)
        }
    })
}
