//! Unit tests of relabel chains, kept in YAML: which labels go in, which must come out.
//!
//! A test file is told by its key `relabel_tests`. [`read`] takes its text, the caller fetches the
//! chains that it names, [`run`] applies one and compares, [`update`] writes what came out.

mod labels;
mod model;
mod read;
mod run;
mod update;

#[cfg(test)]
mod properties;

pub use model::{ChainSource, Expectation, INVALID_TEST, TestCase, TestFile};
pub use read::{is_test_file, read};
pub use run::{Actual, Difference, StepTrace, Verdict, run};
pub use update::{CannotUpdate, update};
