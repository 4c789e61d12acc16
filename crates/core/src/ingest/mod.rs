//! Bytes to samples and totals: everything that a Prometheus or an application can be read from.

pub mod exposition;
#[cfg(feature = "prometheus-parse")]
pub mod prometheus_parse;
pub mod status;
pub mod wal;
