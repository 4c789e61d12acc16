//! What a plan is to reach, and what it may take for it.

use crate::packs::Layer;
use crate::regexp::Pattern;
use crate::units::{Bytes, SeriesCount};

use super::action::Footprint;

/// Limits, and what the user allows to get below them. By default there is no limit and no loss.
#[derive(Debug, Clone, Default)]
pub struct Goal {
    /// Series stored.
    pub series: Option<SeriesCount>,
    /// Anonymous resident memory.
    pub rss: Option<Bytes>,
    /// Whether losses are taken where nothing else reaches the limits.
    pub allow_loss: bool,
    /// Whether jobs that nobody needs anything of are scraped no more.
    pub stop_jobs: bool,
    /// How far a quantile may move when buckets go, as a share of it.
    pub quantile_error: f64,
    /// Metrics that nothing is taken from.
    pub keep: Vec<Pattern>,
    /// Labels whose values may be dropped although they are pinned: `reporter`; and cells that may be
    /// lost though the data gives them: `cpu/errors`.
    pub unpin: Vec<String>,
    /// What a query is worth by what it watches.
    pub worth: Worth,
}

/// What a query over a layer's metrics is worth, in comparison: when something must be lost, the
/// cheap goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worth {
    /// Over metrics of applications, and over those whose layer is not known.
    pub application: u32,
    /// Over those of proxies and the mesh.
    pub network: u32,
    /// Over those of machines and containers.
    pub os: u32,
}

impl Default for Worth {
    fn default() -> Self {
        Self { application: 4, network: 2, os: 1 }
    }
}

impl Worth {
    /// The worth of a query over a metric of the layer.
    pub fn of(self, layer: Option<Layer>) -> u32 {
        match layer {
            Some(Layer::Application) | None => self.application,
            Some(Layer::Network) => self.network,
            Some(Layer::Os) => self.os,
        }
    }
}

impl Goal {
    /// Whether nothing may be taken from a metric.
    pub fn keeps(&self, metric: &str) -> bool {
        self.keep.iter().any(|pattern| pattern.is_match(metric))
    }

    /// What is too much: series and bytes.
    pub fn excess(&self, footprint: Footprint) -> [u64; 2] {
        let over = |is: u64, limit: Option<u64>| limit.map_or(0, |limit| is.saturating_sub(limit));
        [
            over(footprint.series.0, self.series.map(|series| series.0)),
            over(footprint.rss.0, self.rss.map(|rss| rss.0)),
        ]
    }

    /// Whether a footprint is within the limits.
    pub fn is_reached_by(&self, footprint: Footprint) -> bool {
        self.excess(footprint) == [0, 0]
    }
}
