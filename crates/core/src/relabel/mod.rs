//! THE relabel semantics, once: raw step → validated step → compiled program.
//!
//! [`Step::effect`] says what a step does to one input. A driver finds the inputs and carries the
//! effect out: [`Program`] row by row; a table once per distinct tuple of source values.

mod action;
pub mod analysis;
mod case;
mod message;
mod plan;
mod program;
mod raw;
mod step;
pub mod target;
mod validate;
mod victoria;
mod yaml;

pub use action::Action;
pub use program::{Change, Did, Outcome, Program};
pub use raw::{Field, RawStep, StepField};
pub use step::{Effect, Input, Scratch, Step, hash, ignored_fields};
pub use validate::StepError;
