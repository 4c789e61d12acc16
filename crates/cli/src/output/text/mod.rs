//! Results for people.

pub(crate) mod census;
mod columns;
pub(crate) mod diff;
pub(crate) mod estimate;
pub(crate) mod lint;
pub(crate) mod optimize;
pub(crate) mod relabel;
pub(crate) mod review;
pub(crate) mod shard;
pub(crate) mod usage;

pub(crate) use columns::Columns;
