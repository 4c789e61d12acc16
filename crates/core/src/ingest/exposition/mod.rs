//! The text format 0.0.4 and `OpenMetrics` 1.0, read in one pass without copying a sample.
//!
//! Bytes are pushed in pieces of any size ([`Reader::feed`]); what a line means is told to a
//! [`crate::series::Sink`]. A line that the server would refuse is remembered with its number and
//! skipped, the rest is read.

mod labels;
mod line;
mod meta;
mod number;
mod parts;
mod reader;

#[cfg(test)]
mod tests;

pub use parts::Part;
pub use reader::{Format, Reader};
