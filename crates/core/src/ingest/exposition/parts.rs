//! Parts of an exposition, read each on its own, side by side, and put together in their order.
//!
//! A part is read on the supposition that it begins with a line of its own. Where that turns out
//! wrong (a quoted value goes over the cut) it is read again, behind the others. Below which
//! `# TYPE` line its first samples stand is known when it is put behind the others.

use super::{Format, Reader};
use crate::series::TableBuilder;

/// A part of an exposition.
#[derive(Debug)]
pub struct Part {
    reader: Reader,
    builder: TableBuilder,
}

impl Part {
    /// A part of which nothing was read.
    pub fn new(format: Format) -> Self {
        Self { reader: Reader::new(format), builder: TableBuilder::default() }
    }

    /// Reads the next piece of the part, which may end anywhere.
    pub fn feed(&mut self, piece: &[u8]) {
        self.reader.feed(piece, &mut self.builder);
    }
}

impl Reader {
    /// Goes on behind a part that begins where this reader stands. False says that no line begins
    /// there: the part is to be fed instead.
    pub fn add(&mut self, part: Part, builder: &mut TableBuilder) -> bool {
        let fits = self.is_settled();
        if fits {
            self.take_over(part.reader);
            builder.absorb(part.builder);
        }
        fits
    }
}
