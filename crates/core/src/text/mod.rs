//! Where things are: file texts, byte spans and line positions, with secrets blotted out.

mod line_index;
mod source;

pub use line_index::{LineIndex, Position};
pub use source::{FileId, Location, SourceText, Sources, Span};
