//! The whole way of a sample: exposed → attached → stored → written, each step as the server does
//! it.
//!
//! ```text
//! target labels ─ target chain ─┐
//!                               ▼
//! page ─ parse (3.x: le, quantile normalised) ─ honor_labels, exported_ ─ metric chain
//!      ─ empty set drops ─ name checks ─ label limits ─ sample_limit ─ commit (duplicates)
//!      ─ external labels ─ write chain
//! ```

mod attach;
mod block;
mod normalise;

pub use attach::attach;
pub use normalise::normalise;
