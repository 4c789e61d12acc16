//! Where the entries of the series section start, and how they are cut into pieces of work.

use std::borrow::Cow;
use std::ops::Range;

use super::bytes::{Cursor, be32};
use super::postings;
use super::sections::{Problem, ReadAt, Section, Sections, Version, read};

/// Series are read in pieces of about this many bytes: by the input, not by the threads.
const PIECE: u64 = 4 << 20;

/// In version 2 every entry starts at a multiple of this.
const ALIGN: u64 = 16;

/// The reference of every series, in order.
pub(super) enum Places<'a> {
    /// As the list of all series has them.
    Listed(Cow<'a, [u8]>),
    /// As found by going from entry to entry.
    Found(Vec<u64>),
}

impl<'a> Places<'a> {
    /// Takes the list of all series; where that is lost, the entries' lengths lead from one to the
    /// next.
    pub(super) fn of(
        source: &'a dyn ReadAt,
        sections: &Sections,
    ) -> Result<(Self, Option<Problem>), Problem> {
        match postings::all_series(source, sections) {
            Ok(list) => Ok((Self::Listed(list), None)),
            Err(problem) => Ok((Self::Found(find(source, sections)?), Some(problem))),
        }
    }

    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Listed(list) => list.len() / 4,
            Self::Found(found) => found.len(),
        }
    }

    /// The reference of a series.
    pub(super) fn reference(&self, at: usize) -> u64 {
        match self {
            Self::Listed(list) => u64::from(be32(&list[4 * at..4 * at + 4])),
            Self::Found(found) => found[at],
        }
    }

    /// Ranges of series that make pieces of work of about the same size.
    pub(super) fn pieces(&self, sections: &Sections) -> Vec<Range<usize>> {
        let bytes = (sections.series.end - sections.series.start).max(1);
        let each = (self.len() as u64 * PIECE / bytes).max(1) as usize;
        (0..self.len()).step_by(each).map(|from| from..(from + each).min(self.len())).collect()
    }
}

/// Where in the file the series of a reference stands.
pub(super) fn offset(version: Version, reference: u64) -> u64 {
    match version {
        Version::V1 => reference,
        Version::V2 => reference.saturating_mul(ALIGN),
    }
}

/// The references of all entries, as far as their lengths make sense.
fn find(source: &dyn ReadAt, sections: &Sections) -> Result<Vec<u64>, Problem> {
    let align = if sections.version == Version::V1 { 1 } else { ALIGN };
    let (start, end) = (sections.series.start, sections.series.end);
    let bytes = read(source, Section::Series, start..end)?;
    let mut found = Vec::new();
    let mut cursor = Cursor::new(&bytes);
    loop {
        let next = (start + cursor.at as u64).next_multiple_of(align);
        cursor.at = (next - start) as usize;
        let length = cursor.uvarint().and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|&length| length > 0) else { return Ok(found) };
        if cursor.take(length).is_none() || cursor.take(4).is_none() {
            return Ok(found);
        }
        found.push(next / align);
    }
}
