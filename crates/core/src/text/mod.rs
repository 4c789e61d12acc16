//! Where things are: file texts, byte spans and line positions, with secrets blotted out; and how
//! numbers are written and read.

mod line_index;
mod number;
mod secrets;
mod source;

pub use line_index::{LineIndex, Position};
pub use number::{go_float, open_metrics_float, parse_float};
pub use source::{FileId, Location, SourceText, Sources, Span};
