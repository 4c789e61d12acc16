//! What is shown, as plain serialisable data: the contract of `--format json`.

pub(crate) mod census;
pub(crate) mod lint;
