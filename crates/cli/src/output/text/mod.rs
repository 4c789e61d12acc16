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

/// The first `most` of some names, and how many more there are.
pub(crate) fn some_of(names: &[impl AsRef<str>], most: usize, between: &str) -> String {
    let shown: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    let shown = shown.join(between);
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
