//! THE relabel semantics, once: raw step → validated step → compiled program.

mod raw;

pub use raw::{Field, RawStep, StepField};
