//! How a server runs, as an estimate is asked for.

use std::time::Duration;

use super::beside::Beside;
use super::chunks::head_age;
use super::discovered::DiscoveredLoad;
use crate::server::Server;
use crate::units::Bytes;

/// What the server is told to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerSettings {
    /// Its version.
    pub server: Server,
    /// Mean scrape interval.
    pub scrape_interval: Duration,
    /// Time since start; memory grows until three hours.
    pub uptime: Duration,
    /// How much time a block holds (`--storage.tsdb.min-block-duration`); the head holds up to one and
    /// a half of it.
    pub block_range: Duration,
    /// How long blocks are kept.
    pub retention: Duration,
    /// GOGC in percent, where it is set.
    pub gogc: Option<u32>,
    /// GOMEMLIMIT, where it is set: 0.9 of the container's limit by default since 3.0.
    pub gomemlimit: Option<Bytes>,
    /// Remote-write queues.
    pub remote_writes: u32,
    /// What it keeps beside float series that it scrapes.
    pub beside: Beside,
    /// Targets that service discovery found and relabeling dropped, and the labels of all.
    pub discovered: DiscoveredLoad,
    /// Whether it is an agent (`--agent`), which has a log and no blocks.
    pub agent: bool,
    /// Bytes that a sample takes in a chunk, where it is known: up to 8 for noisy floats, less than
    /// 1 for constants; the model's figure is for counters.
    pub sample_bytes: Option<f64>,
}

impl Default for ServerSettings {
    /// The default server, scraping every 15 s for three hours, blocks for 15 days.
    fn default() -> Self {
        Self {
            server: Server::default(),
            scrape_interval: Duration::from_secs(15),
            uptime: Duration::from_hours(3),
            block_range: Duration::from_hours(2),
            retention: Duration::from_hours(15 * 24),
            gogc: None,
            gomemlimit: None,
            remote_writes: 0,
            beside: Beside::default(),
            discovered: DiscoveredLoad::default(),
            agent: false,
            sample_bytes: None,
        }
    }
}

impl ServerSettings {
    /// How far back the head reaches, which holds series that are gone for so long.
    pub fn head_age(&self) -> Duration {
        head_age(self)
    }
}
