//! Results for people.

pub(crate) mod census;
mod columns;

pub(crate) use columns::Columns;
