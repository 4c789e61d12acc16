//! A server's head from its write-ahead log: what it holds once it has replayed that log.
//!
//! ```text
//! chunks_head/000001 ───────── chunk headers ───────────────┐
//! wal/checkpoint.00000003/… ─┐                              ▼
//! wal/00000004 ──────────────┼─ pages ─ records ─ batch ── Head ─ Table, HeadCounts
//! wal/00000005 ──────────────┘  32 KiB  snappy,             ▲
//! wbl/00000000 ── likewise, late samples only ──────────────┘
//! ```
//!
//! The formats are those of `tsdb/docs/format` and `tsdb/record` at 3.14, which read what 2.53 and
//! 3.5 write; what becomes of a series is what `Head.Init` makes of it (`tsdb/head_wal.go`).

mod batch;
mod chunks;
mod counts;
mod entries;
mod head;
mod histogram;
mod intake;
mod records;
mod replay;
mod rows;

pub use counts::{HeadCounts, HeadMetric, Interval};
pub use replay::{Fault, Part, Replay, ReplayOptions, Replayed};
