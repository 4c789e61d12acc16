//! Where inputs come from: files, directories, globs, stdin and URLs; gzip and zstd unpacked,
//! kinds recognised by content.

pub mod bytes;
pub(crate) mod chain;
pub mod config;
pub(crate) mod discover;
pub(crate) mod fleet;
pub(crate) mod gather;
pub mod http;
pub(crate) mod kinds;
mod map;
pub(crate) mod replace;
pub mod scrapes;
pub(crate) mod server;
mod source;
pub(crate) mod test_chain;

pub use source::{Kind, Source};
