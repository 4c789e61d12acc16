//! A census in a file, so that shards and machines can be counted apart and put together later.
//!
//! An exact one holds dictionaries and columns, a sketched one its counters and samples. Equal sets
//! of series give equal bytes, in whatever order they were read, counted and merged.
//!
//! The file: a header (magic, version, seed of the hashes), sections one behind the other, a table
//! of the sections (tag, place, length, checksum), and a trailer that says where the table is and
//! what its checksum is. Numbers are little-endian. Everything is checked when it is read.

mod cursor;
mod file;
mod sketch;
mod table;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;

use crate::census::SketchedCensus;
use crate::series::Table;

/// What a saved census holds.
#[expect(clippy::large_enum_variant, reason = "few are held at once, and nearly all are exact")]
#[derive(Debug, Clone)]
pub enum Saved {
    /// Every series.
    Exact(Table),
    /// Counters and samples.
    Sketched(Box<SketchedCensus>),
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedError {
    /// Where in the file, in bytes from its start.
    pub offset: usize,
    /// What is wrong there, and what to do.
    pub message: String,
}

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.message)
    }
}

impl std::error::Error for SavedError {}

/// Whether a file that starts with these bytes says that it is a saved census.
pub fn is_saved(start: &[u8]) -> bool {
    start.starts_with(file::MAGIC)
}

/// Reads a file. It takes a few times the memory that the bytes take, whatever they say.
///
/// # Errors
/// The first thing in it that is wrong.
pub fn read(bytes: &[u8]) -> Result<Saved, SavedError> {
    let sections = file::sections(bytes)?;
    match sections.first().map(|section| section.tag) {
        Some(table::TABLE) => table::read(&sections).map(Saved::Exact),
        Some(sketch::SKETCH) => {
            sketch::read(&sections).map(|census| Saved::Sketched(Box::new(census)))
        }
        _ => Err(SavedError { offset: 0, message: "it holds no census: save it again".to_owned() }),
    }
}

/// The bytes of the file.
pub fn to_bytes(saved: &Saved) -> Vec<u8> {
    gathered(|out| write(saved, out))
}

/// The bytes of a file of a table as its rows lie: quicker than [`to_bytes`], for what is read once,
/// but equal sets of series may give different bytes.
pub fn to_bytes_unsorted(table: &Table) -> Vec<u8> {
    gathered(|out| {
        let mut file = file::Writer::new(out)?;
        table::write(table, &mut file)?;
        file.finish()
    })
}

/// What is handed to `out`.
fn gathered(
    write: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), Infallible>) -> Result<(), Infallible>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(()) = write(&mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    });
    bytes
}

/// Hands the bytes of the file to `out`, piece by piece.
///
/// # Errors
/// What `out` gives.
pub fn write<E>(saved: &Saved, out: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let mut file = file::Writer::new(out)?;
    match saved {
        Saved::Exact(table) => table::write(&table.canonical(), &mut file)?,
        Saved::Sketched(census) => sketch::write(census, &mut file)?,
    }
    file.finish()
}
