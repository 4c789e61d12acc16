//! What is known of exporters, and what an operator must be able to see: packs, layers and cells.
//!
//! All of it is data in `rules/packs` and `rules/signals`, decoded when it is first asked for.

mod cells;
mod pack;
mod sources;

pub use cells::{Cell, Flag, cell, cells, flags};
pub use pack::{Checked, Explosion, Kind, LabelFacts, Measure, Pack, Role, Size, packs};
pub use sources::{Source, source_of};

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What a metric watches. Ordered by how closely it stands to an error: when something must be
/// lost, the OS layer goes first and the application's last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Runtimes, frameworks and what they call.
    Application,
    /// The service mesh, proxies and names.
    Network,
    /// Machines, containers and what places them.
    Os,
}

impl Layer {
    /// Every layer, the one closest to an error first.
    pub const ALL: [Self; 3] = [Self::Application, Self::Network, Self::Os];

    /// The lower-case word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
            Self::Os => "os",
        }
    }
}

/// The layer of a metric, by the longest known prefix of its name.
pub fn layer_of(metric: &str) -> Option<Layer> {
    static PREFIXES: OnceLock<Vec<(String, Layer)>> = OnceLock::new();
    let prefixes = PREFIXES.get_or_init(|| {
        let layers: BTreeMap<Layer, Vec<String>> =
            serde_json::from_str(promsieve_rules::signals::LAYERS)
                .expect("a test reads the embedded file");
        let pairs = |(layer, prefixes): (Layer, Vec<String>)| {
            prefixes.into_iter().map(move |prefix| (prefix, layer)).collect::<Vec<_>>()
        };
        layers.into_iter().flat_map(pairs).collect()
    });
    let matching = prefixes.iter().filter(|(prefix, _)| metric.starts_with(prefix.as_str()));
    matching.max_by_key(|(prefix, _)| prefix.len()).map(|&(_, layer)| layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        assert_eq!(layer_of("istio_requests_total"), Some(Layer::Network));
        assert_eq!(layer_of("process_start_time_seconds"), Some(Layer::Application));
        assert_eq!(layer_of("process_cpu_seconds_total"), Some(Layer::Os));
        assert_eq!(layer_of("orders_total"), None);
    }
}
