//! Results for people.

pub(crate) mod census;
mod columns;
pub(crate) mod diff;
pub(crate) mod lint;

pub(crate) use columns::Columns;
