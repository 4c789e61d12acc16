//! Where inputs come from: files, directories, globs, stdin and URLs; gzip and zstd unpacked,
//! kinds recognised by content.

pub mod bytes;
pub(crate) mod chain;
pub mod config;
mod discover;
pub(crate) mod gather;
pub mod http;
pub mod scrapes;
mod source;

pub use source::{Kind, Source};
