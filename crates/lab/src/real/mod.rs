//! The real-server harness: starts real Prometheus servers and serves pages for them to scrape.
//!
//! Everything is on loopback, in temporary directories, and bounded by time-outs.

mod exporter;
mod http;
mod pages;
mod raw;
mod refusals;
mod server;
mod steps;
mod targets;
mod temp;

pub use exporter::NodeExporter;
pub use http::{Response, get};
pub use pages::{OPENMETRICS, Page, Pages, TEXT};
pub use raw::RawServer;
pub use refusals::{refusals, refusals_by};
pub use server::{Samples, Server, Setup, percent_encode};
pub use steps::{quoted, step};
pub use targets::{Seen, targets};
pub use temp::TempDir;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The two lines of Prometheus that promsieve is tested against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The 2.53 long-term line.
    V2,
    /// The 3.5 long-term line.
    V3,
}

impl Version {
    /// Both, older first.
    pub const ALL: [Self; 2] = [Self::V2, Self::V3];

    /// What `--server` calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2 => "prometheus@2.53",
            Self::V3 => "prometheus@3.5",
        }
    }

    const fn major(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// The directory of the real servers, which are installed when missing.
///
/// `None`, said once on stderr, on a machine where they can't be installed: the caller's test then
/// returns early.
///
/// # Panics
/// When they can't be installed and `CI=true`: there, a skipped test would pass for a run one.
pub fn dir() -> Option<&'static Path> {
    static DIR: OnceLock<Option<PathBuf>> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = xtask::real::default_dir();
        match xtask::real::install(&dir) {
            Ok(()) => Some(dir),
            Err(failure) => {
                let ci = std::env::var("CI").is_ok_and(|value| value == "true");
                assert!(!ci, "the real servers are missing: {failure}");
                let _ = writeln!(std::io::stderr(), "SKIPPED: no real servers: {failure}");
                None
            }
        }
    })
    .as_deref()
}

/// The file of one installed program, such as `vmagent`; `None` where [`dir`] is.
pub fn program(name: &str) -> Option<PathBuf> {
    dir().map(|dir| dir.join(name))
}

/// `promtool` of `version`; `None` where [`dir`] is.
pub fn promtool(version: Version) -> Option<PathBuf> {
    program(&format!("promtool-{}", version.major()))
}

/// The `prometheus` server of `version`; `None` where [`dir`] is.
pub fn prometheus(version: Version) -> Option<PathBuf> {
    program(&format!("prometheus-{}", version.major()))
}
