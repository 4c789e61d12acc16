//! Numbers, texts and columns, little-endian: written, and read with every length checked.

use super::SavedError;

/// Reads a section from its start to its end.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Where `bytes` start in the file.
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    /// An error at the place that was reached.
    pub(super) fn error(&self, message: &str) -> SavedError {
        SavedError { offset: self.offset, message: format!("{message}: save the census again") }
    }

    pub(super) fn check(&self, holds: bool, message: &str) -> Result<(), SavedError> {
        if holds { Ok(()) } else { Err(self.error(message)) }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], SavedError> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(self.error("more was announced than there is"));
        };
        self.bytes = rest;
        self.offset += length;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, SavedError> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u32(&mut self) -> Result<u32, SavedError> {
        self.take(4)
            .map(|bytes| bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    }

    pub(super) fn u64(&mut self) -> Result<u64, SavedError> {
        self.take(8).map(number)
    }

    /// A count of things that take at least `least` bytes each.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, SavedError> {
        let count = usize::try_from(self.u64()?).unwrap_or(usize::MAX);
        let fits = count.saturating_mul(least) <= self.bytes.len();
        self.check(fits, "more was announced than there is")?;
        Ok(count)
    }

    /// A list of things that take at least `least` bytes each.
    pub(super) fn list<T>(
        &mut self,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, SavedError>,
    ) -> Result<Vec<T>, SavedError> {
        let count = self.count(least)?;
        (0..count).map(|_| item(self)).collect()
    }

    pub(super) fn text(&mut self) -> Result<&'a str, SavedError> {
        let length = self.count(1)?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.error("a text is no UTF-8"))
    }

    pub(super) fn u64s(&mut self) -> Result<Vec<u64>, SavedError> {
        let count = self.count(8)?;
        Ok(self.take(count * 8)?.chunks_exact(8).map(number).collect())
    }

    /// A column of `rows` codes below `below`.
    pub(super) fn column(&mut self, rows: usize, below: usize) -> Result<Vec<u32>, SavedError> {
        let width = usize::from(self.u8()?);
        self.check(matches!(width, 1 | 2 | 4), "a column of an unknown width")?;
        let bytes = self.take(rows.saturating_mul(width))?;
        let code =
            |bytes: &[u8]| bytes.iter().rev().fold(0u32, |sum, &byte| sum << 8 | u32::from(byte));
        let codes: Vec<u32> = bytes.chunks_exact(width).map(code).collect();
        let known = codes.iter().all(|&code| (code as usize) < below);
        self.check(known, "a column has a code that stands for nothing")?;
        Ok(codes)
    }

    pub(super) fn end(&self) -> Result<(), SavedError> {
        self.check(self.bytes.is_empty(), "a section goes on behind its end")
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// A section that is being written.
#[derive(Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Bytes {
    pub(super) fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn u64(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.u64(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) {
        self.u64(items.len() as u64);
        items.for_each(|it| item(self, it));
    }

    /// Codes, in as few bytes each as the largest needs.
    pub(super) fn column(&mut self, codes: &[u32]) {
        let width = match codes.iter().max() {
            None | Some(0..=0xff) => 1,
            Some(0x100..=0xffff) => 2,
            Some(_) => 4,
        };
        self.u8(width);
        for code in codes {
            self.0.extend(&code.to_le_bytes()[..width as usize]);
        }
    }
}
