//! Bytes to samples and totals: everything that a Prometheus or an application can be read from.

mod bytes;
pub mod exposition;
pub mod index;
mod names;
#[cfg(feature = "prometheus-parse")]
pub mod prometheus_parse;
mod report;
pub mod status;
pub mod wal;

pub use report::{BadLine, Report};
