//! Cost models of Prometheus releases; the runs they were fitted to lie beside them.

/// The models as YAML; `CostModel::read` reads them.
pub const MODELS: [&str; 2] =
    [include_str!("../cost/prometheus-2.53.yml"), include_str!("../cost/prometheus-3.5.yml")];
