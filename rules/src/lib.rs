//! Knowledge that promsieve ships with, as embedded data: exporter packs and cost models.

#![forbid(unsafe_code)]

pub mod cost;
/// What configurations may hold.
pub mod schema {
    /// Fields of Prometheus's configuration by release, and what their types refuse.
    pub const PROMETHEUS: &str = include_str!("../schema/prometheus.yml");
}

/// What is known of exporters.
pub mod packs {
    /// Which layer a metric watches, by prefixes of its name.
    pub const LAYERS: &str = include_str!("../packs/layers.yml");
}

/// Labels that service discoveries offer: YAML by the key of the discovery.
pub fn discoveries() -> [&'static str; 4] {
    [
        include_str!("../sd/clouds.yml"),
        include_str!("../sd/containers.yml"),
        include_str!("../sd/kubernetes.yml"),
        include_str!("../sd/registries.yml"),
    ]
}
