//! Knowledge that promsieve ships with, as embedded data: exporter packs and cost models.

/// What is known of exporters.
pub mod packs {
    /// Which layer a metric watches, by prefixes of its name.
    pub const LAYERS: &str = include_str!("../packs/layers.yml");
}
