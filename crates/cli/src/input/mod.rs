//! Where inputs come from: files, directories, globs, stdin and URLs; gzip and zstd unpacked,
//! kinds recognised by content.

pub(crate) mod blocks;
pub mod bytes;
pub(crate) mod chain;
pub(crate) mod changes;
pub(crate) mod collect;
pub mod config;
pub(crate) mod consumers;
pub(crate) mod discover;
pub(crate) mod fleet;
pub(crate) mod gather;
pub(crate) mod git;
pub mod http;
mod in_order;
pub(crate) mod kinds;
mod map;
mod parts;
pub(crate) mod redact;
pub(crate) mod replace;
pub mod scrapes;
pub(crate) mod server;
pub(crate) mod snapshots;
mod source;
mod temporary;
pub(crate) mod test_chain;
mod unfinished;

pub(crate) use in_order::in_order;
pub use source::{Kind, Source};
