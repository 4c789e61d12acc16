//! Knowledge that promsieve ships with, as embedded data: exporter packs and cost models.

/// What configurations may hold.
pub mod schema {
    /// Fields of Prometheus's configuration by release, and what their types refuse.
    pub const PROMETHEUS: &str = include_str!("../schema/prometheus.yml");
}
