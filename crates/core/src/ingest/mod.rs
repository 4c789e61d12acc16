//! Bytes to samples and totals: everything that a Prometheus or an application can be read from.

mod bytes;
pub mod exposition;
pub mod index;
pub mod influx;
mod names;
pub mod page;
#[cfg(feature = "prometheus-parse")]
pub mod prometheus_parse;
pub mod protobuf;
mod report;
pub mod status;
pub mod wal;

pub use report::{BadLine, Report};
