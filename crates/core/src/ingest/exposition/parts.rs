//! An exposition read in parts, several at a time, with the outcome of reading it in one go.
//!
//! Each part is read on the supposition that it begins with a line of its own, below the `# TYPE`
//! line that stands last in the bytes before it. Where that turns out wrong (a quoted value goes over
//! the cut, or holds such a line) the part is read again, behind the others.

use rayon::prelude::*;

use super::meta::{Meta, meta};
use super::{Format, Reader};
use crate::ingest::Report;
use crate::series::{MetricType, Sink, TableBuilder};

/// Reads an exposition in parts.
#[derive(Debug)]
pub struct Parts {
    format: Format,
    reader: Reader,
}

impl Parts {
    /// A reader of one exposition.
    pub fn new(format: Format) -> Self {
        Self { format, reader: Reader::new(format) }
    }

    /// Reads the next pieces, side by side. They may end anywhere, but only those that end with a
    /// line help.
    pub fn feed(&mut self, pieces: &[&[u8]], builder: &mut TableBuilder) {
        let announced = builder.announced();
        let mut before = vec![(announced.0.to_owned(), announced.1)];
        for piece in pieces {
            let last = last_type(piece, self.format).or_else(|| before.last().cloned());
            before.extend(last);
        }
        let read: Vec<(Reader, TableBuilder)> = pieces
            .par_iter()
            .zip(&before)
            .map(|(piece, (family, kind))| self.read_one(piece, family, *kind))
            .collect();
        for ((piece, (reader, part)), (family, kind)) in pieces.iter().zip(read).zip(&before) {
            if self.reader.is_settled() && builder.announced() == (family, *kind) {
                self.reader.take_over(reader);
                builder.absorb(part);
            } else {
                self.reader.feed(piece, builder);
            }
        }
    }

    fn read_one(&self, piece: &[u8], family: &str, kind: MetricType) -> (Reader, TableBuilder) {
        let (mut reader, mut part) = (Reader::new(self.format), TableBuilder::default());
        if !family.is_empty() {
            part.family(family, kind);
        }
        reader.feed(piece, &mut part);
        (reader, part)
    }

    /// Reads what is left and says what was read.
    pub fn finish(self, builder: &mut TableBuilder) -> Report {
        self.reader.finish(builder)
    }
}

/// The last `# TYPE` line that stands in `bytes`, in quotes or not.
fn last_type(bytes: &[u8], format: Format) -> Option<(String, MetricType)> {
    memchr::memrchr_iter(b'#', bytes).find_map(|at| {
        let line = &bytes[at..];
        if !line[1..].trim_ascii_start().starts_with(b"TYPE") {
            return None;
        }
        let end = memchr::memchr(b'\n', line)?;
        let text = std::str::from_utf8(&line[..end]).ok()?;
        match meta(text, format == Format::OpenMetrics) {
            Ok(Meta::Type(name, kind)) => Some((name.to_owned(), kind)),
            _ => None,
        }
    })
}
