//! Knowledge that promsieve ships with, as embedded data: exporter packs and cost models.

#![forbid(unsafe_code)]

pub mod cost;

/// A file that `build.rs` has made of YAML.
macro_rules! json {
    ($file:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $file, ".json"))
    };
}

/// What configurations may hold.
pub mod schema {
    /// Fields of Prometheus's configuration by release, and what their types refuse, as JSON.
    pub const PROMETHEUS: &str = json!("schema/prometheus");
}

/// What is known of exporters.
pub mod packs {
    /// Which layer a metric watches, by prefixes of its name, as JSON.
    pub const LAYERS: &str = json!("packs/layers");
    /// How series are spared where they are made, by prefixes of their names, as JSON.
    pub const SOURCES: &str = json!("packs/sources");
}

/// Labels that service discoveries offer: JSON by the key of the discovery.
pub fn discoveries() -> [&'static str; 4] {
    [json!("sd/clouds"), json!("sd/containers"), json!("sd/kubernetes"), json!("sd/registries")]
}
