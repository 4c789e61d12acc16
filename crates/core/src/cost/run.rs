//! A measured run: what a real server was given, and what it took.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::beside::Beside;
use super::discovered::DiscoveredLoad;
use super::load::Load;
use super::model::CostModel;
use super::settings::ServerSettings;
use crate::units::Bytes;

/// Seconds of a block below which time counts as shortened.
const SHORT: u64 = 600;

/// Seconds that pass between a run's end and the reading of its live heap, until collections are done.
const READING: u64 = 2;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The model is fitted to it.
    Fitted,
    /// It checks the model, and was seen while the model was made.
    HeldOut,
    /// It checks the model, and was made when the model was done.
    Fresh,
    /// What its start over a log takes is fitted to it, and nothing else.
    Replayed,
    /// The prices of what a server keeps beside float series are fitted to it, and nothing else.
    Beside,
    /// It checks those prices.
    BesideHeldOut,
    /// The prices of an agent are fitted to it, and nothing else.
    Agent,
    /// It checks those prices.
    AgentHeldOut,
    /// The prices of discovered targets are fitted to it, and nothing else.
    Discovered,
    /// It checks those prices.
    DiscoveredHeldOut,
    /// The price of a block's cut in real time is fitted to it, and nothing else.
    BlockCut,
    /// Its blocks hold so little time that what is left of one cut meets the next: no server is run
    /// like that.
    Shortened,
}

/// How the names of workloads begin; the first one that fits counts.
const ROLES: [(&str, Role); 10] = [
    ("slow-", Role::BlockCut),
    ("held-with-", Role::BesideHeldOut),
    ("held-agent-", Role::AgentHeldOut),
    ("held-discovered-", Role::DiscoveredHeldOut),
    ("held-fresh-", Role::Fresh),
    ("held-", Role::HeldOut),
    ("replay-", Role::Replayed),
    ("with-", Role::Beside),
    ("agent-", Role::Agent),
    ("discovered-", Role::Discovered),
];

/// One line of a model's `.runs.jsonl` file. Bytes unless said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Name of the workload, which says its [`Role`].
    pub workload: String,
    /// Milliseconds between scrapes.
    pub interval: u64,
    /// Seconds from start to the reading.
    pub seconds: u64,
    /// Remote-write queues.
    pub remote_writes: u32,
    /// Seconds that a block held, where it was not two hours.
    pub blocks: Option<u64>,
    /// GOMEMLIMIT, where it was set.
    pub gomemlimit: Option<u64>,
    /// What the server kept beside float series that it scraped.
    #[serde(default, skip_serializing_if = "Beside::is_none")]
    pub beside: Beside,
    /// Targets as the server discovered them, where they were many.
    #[serde(default, skip_serializing_if = "DiscoveredLoad::is_none")]
    pub discovered: DiscoveredLoad,
    /// Bytes that a sample takes in a chunk, by how the values of the workload move.
    pub sample_bytes: f64,
    /// What promsieve takes the workload for.
    #[serde(flatten)]
    pub load: Load,
    /// What the server took.
    #[serde(flatten)]
    pub read: Reading,
}

/// What was read from a server. Bytes unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// `go_memstats_heap_alloc_bytes` after a forced collection, the least of three.
    pub live_heap: u64,
    /// Highest `go_memstats_next_gc_bytes` in the last third of the run.
    pub next_gc: u64,
    /// Mean `RssAnon` of the last third.
    pub rss_anon: u64,
    /// Highest `RssAnon` of the whole run.
    pub rss_anon_peak: u64,
    /// Highest heap that is in memory (in use, or idle and not released) in the last third.
    pub heap_resident: u64,
    /// Stacks of goroutines.
    pub stacks: u64,
    /// What the runtime takes beside heap and stacks.
    pub runtime: u64,
    /// Bytes allocated a second in the last third.
    pub allocated: u64,
    /// Collections over the whole run.
    pub collections: u64,
    /// `prometheus_tsdb_head_series`
    pub head_series: u64,
    /// `prometheus_tsdb_head_chunks`
    pub head_chunks: u64,
    /// `prometheus_tsdb_head_samples_appended_total`, floats.
    pub samples: u64,
    /// Files in `wal`.
    pub wal: u64,
    /// Files in `chunks_head`.
    pub chunks_head: u64,
    /// Files in blocks.
    pub disk: u64,
    /// Milliseconds of CPU of the server.
    pub cpu: u64,
    /// Milliseconds that its threads waited for a processor, where that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<u64>,
    /// What it took when it was killed after that and started over its log, where that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// A server's second start, which replays its log. Bytes unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Replay {
    /// Highest `RssAnon` until the server was ready.
    pub replay_peak: u64,
    /// Highest `RssAnon` until the first two scrapes of each target were in.
    pub start_peak: u64,
    /// Milliseconds until the server was ready.
    pub ready: u64,
}

impl Run {
    /// What the run is for, by the beginning of its name.
    pub fn role(&self) -> Role {
        let named = ROLES.iter().find(|(start, _)| self.workload.starts_with(start));
        match named {
            _ if self.blocks.is_some_and(|seconds| seconds < SHORT) => Role::Shortened,
            Some((_, role)) => *role,
            None => Role::Fitted,
        }
    }

    /// How the server ran, as an estimate is asked for.
    ///
    /// # Panics
    /// When the model names no server, which [`CostModel::read`] excludes.
    pub fn settings(&self, model: &CostModel) -> ServerSettings {
        let defaults = ServerSettings::default();
        ServerSettings {
            server: model.server.parse().expect("a model that was read names a server"),
            scrape_interval: Duration::from_millis(self.interval),
            uptime: Duration::from_secs(self.seconds + READING),
            remote_writes: self.remote_writes,
            beside: self.beside,
            discovered: self.discovered,
            agent: matches!(self.role(), Role::Agent | Role::AgentHeldOut),
            gomemlimit: self.gomemlimit.map(Bytes),
            sample_bytes: Some(self.sample_bytes),
            block_range: self.blocks.map_or(defaults.block_range, Duration::from_secs),
            ..defaults
        }
    }
}
