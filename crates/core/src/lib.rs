//! The library behind promsieve: census, lint, cost and plans for what a Prometheus stores.
//!
//! It is pure: it opens no file, no socket, reads no clock and no environment, and prints nothing.
//! Callers hand over text and bytes and get plain data back; bad user input comes back as
//! [`finding::Finding`]s beside whatever could still be read.
//!
//! A module imports from lower layers only; the table is in ARCHITECTURE.md and a test enforces it.

#![forbid(unsafe_code)]

pub mod census;
pub mod compare;
pub mod config;
pub mod cost;
pub mod doc;
pub mod finding;
pub mod flow;
pub mod health;
pub mod ingest;
pub mod lint;
pub mod optimize;
pub mod packs;
pub mod promql;
pub mod regexp;
pub mod relabel;
pub mod relabel_tests;
pub mod saved;
pub mod series;
pub mod server;
pub mod shard;
pub mod signals;
pub mod sketch;
pub mod text;
pub mod units;
pub mod usage;
pub mod watch;
