//! The strings of an index, by the numbers that series use for them.

use std::borrow::Cow;

use super::bytes::Cursor;
use super::sections::{Problem, ReadAt, Section, Sections, Version};

/// Every label name and value.
#[derive(Debug)]
pub(super) struct Symbols<'a> {
    version: Version,
    bytes: Cow<'a, [u8]>,
    /// Where in the file the bytes start.
    start: u64,
    /// Where in the bytes each symbol's length stands, ascending. The section has a length of 32
    /// bits, so these have, too.
    offsets: Vec<u32>,
}

impl<'a> Symbols<'a> {
    /// Reads the section. It is checked as a whole.
    pub(super) fn read(source: &'a dyn ReadAt, sections: &Sections) -> Result<Self, Problem> {
        let (bytes, start) = sections.checked(source, Section::Symbols, sections.symbols)?;
        let problem = |at: usize, message: &str| {
            Problem::new(Section::Symbols, start + at as u64, message.to_owned())
        };
        let mut cursor = Cursor::new(&bytes);
        let count = cursor.be32().ok_or_else(|| problem(0, "there is no count"))?;
        // Each symbol takes at least the byte of its length.
        if u64::from(count) > bytes.len() as u64 {
            return Err(problem(0, &format!("{count} symbols do not fit in {}", bytes.len())));
        }
        let mut offsets = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let at = cursor.at;
            cursor.string().ok_or_else(|| problem(at, "a symbol ends behind the section"))?;
            offsets.push(at as u32);
        }
        Ok(Self { version: sections.version, bytes, start, offsets })
    }

    /// Whether a series may name this symbol.
    pub(super) fn has(&self, symbol: u32) -> bool {
        self.offset(symbol).is_some()
    }

    /// The text of a symbol; "" where there is none. Bytes that are no UTF-8 are replaced.
    pub(super) fn text(&self, symbol: u32) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes_of(symbol))
    }

    /// The bytes of a symbol; none where there is no such symbol.
    pub(super) fn bytes_of(&self, symbol: u32) -> &[u8] {
        self.offset(symbol).map_or(&[], |offset| self.at(offset))
    }

    /// The symbol of a text. Servers write them sorted, which saves looking at each.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let text = text.as_bytes();
        let sorted = self.offsets.partition_point(|&offset| self.at(offset) < text);
        let is_it = |&at: &usize| self.offsets.get(at).is_some_and(|&at| self.at(at) == text);
        let found = Some(sorted).filter(is_it);
        let found = found.or_else(|| (0..self.offsets.len()).find(is_it))?;
        Some(match self.version {
            Version::V1 => (self.start + u64::from(self.offsets[found])) as u32,
            Version::V2 => found as u32,
        })
    }

    fn at(&self, offset: u32) -> &[u8] {
        let mut cursor = Cursor::new(&self.bytes);
        cursor.at = offset as usize;
        cursor.string().unwrap_or_default()
    }

    fn offset(&self, symbol: u32) -> Option<u32> {
        match self.version {
            Version::V2 => self.offsets.get(symbol as usize).copied(),
            Version::V1 => {
                let offset = u32::try_from(u64::from(symbol).checked_sub(self.start)?).ok()?;
                self.offsets.binary_search(&offset).is_ok().then_some(offset)
            }
        }
    }
}
