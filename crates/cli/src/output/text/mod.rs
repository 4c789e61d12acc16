//! Results for people.

pub(crate) mod block;
pub(crate) mod census;
mod columns;
pub(crate) mod depth;
pub(crate) mod diff;
pub(crate) mod estimate;
pub(crate) mod explain;
pub(crate) mod fleet;
pub(crate) mod head;
pub(crate) mod lint;
pub(crate) mod lists;
pub(crate) mod optimize;
pub(crate) mod over_time;
pub(crate) mod relabel;
pub(crate) mod review;
pub(crate) mod shard;
pub(crate) mod signals;
pub(crate) mod status;
pub(crate) mod targets;
pub(crate) mod test;
pub(crate) mod usage;
pub(crate) mod verify;

pub(crate) use columns::Columns;

/// `1 file`, `2 files`.
pub(crate) fn count(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
