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

/// What is known of exporters: JSON, one an exporter, by name.
pub const PACKS: &[&str] = &include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// Programs that ask for metrics that nobody configures, and what they ask, as JSON.
pub const CONSUMERS: &str = json!("consumers");

/// How series are spared where they are made, by prefixes of their names, as JSON.
pub const SOURCES: &str = json!("sources");

/// What an operator must be able to see.
pub mod signals {
    /// Which layer a metric watches, by prefixes of its name, as JSON.
    pub const LAYERS: &str = json!("signals/layers");

    /// Layers, their rows and the signals of each, as JSON.
    pub const CELLS: &str = json!("signals/cells");

    /// Envoy's response flags, as JSON.
    pub const FLAGS: &str = json!("signals/flags");
}

/// Labels that service discoveries offer: JSON by the key of the discovery.
pub fn discoveries() -> [&'static str; 4] {
    [json!("sd/clouds"), json!("sd/containers"), json!("sd/kubernetes"), json!("sd/registries")]
}

/// Labels of several discoveries that say the same of a target, as JSON.
pub const COUNTERPARTS: &str = json!("sd/counterparts");
