//! The library behind promsieve: census, lint, cost and plans for what a Prometheus stores.
//!
//! It is pure: it opens no file, no socket, reads no clock and no environment, and prints nothing.
//! Callers hand over text and bytes and get plain data back; bad user input comes back as
//! [`finding::Finding`]s beside whatever could still be read.
//!
//! A module imports from lower layers only; the table is in ARCHITECTURE.md and a test enforces it.
//!
//! # What to expect
//!
//! - Sizes are bytes ([`units::Bytes`]), times milliseconds or [`std::time::Duration`] as the item
//!   says, counts plain integers.
//! - No input makes it panic; every reader is fuzzed. Files that were made to exhaust a reader are
//!   refused with a finding.
//! - The same input gives the same output, whatever the number of threads. Long work runs on
//!   [rayon](https://docs.rs/rayon)'s pool; run it within a pool of your own to bound its threads.
//!   [`ingest::wal::Replay`] has one thread of its own unless the pool has only one.
//! - Data is `Send + Sync`; long work takes a [`watch::Watch`], to which it tells its progress and
//!   which can end it.
//! - It needs Rust 1.95, and holds no `unsafe`.
//!
//! # Cookbook
//!
//! Each of these is a program in `examples/`, which says by assertions what it gets.
//!
//! ## Lint a string
#![doc = concat!("```\n", include_str!("../examples/lint.rs"), "```\n")]
//! ## Count a scrape
#![doc = concat!("```\n", include_str!("../examples/census.rs"), "```\n")]
//! ## Estimate what is only planned
#![doc = concat!("```\n", include_str!("../examples/estimate.rs"), "```\n")]
//! ## Plan what can be dropped
#![doc = concat!("```\n", include_str!("../examples/plan.rs"), "```\n")]
//! ## Spread targets over servers
#![doc = concat!("```\n", include_str!("../examples/shard.rs"), "```\n")]
//! ## Embed it in a service
#![doc = concat!("```\n", include_str!("../examples/service.rs"), "```\n")]
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
