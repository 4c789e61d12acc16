//! Cost models of Prometheus releases, and the runs they were fitted to and checked against.

/// The models as YAML; `CostModel::read` reads them.
pub const MODELS: [&str; 2] =
    [include_str!("../cost/prometheus-2.53.yml"), include_str!("../cost/prometheus-3.5.yml")];

/// The measured runs of each model, in the order of [`MODELS`]: a JSON object a line, as the lab's
/// `measure` prints it. Workloads named `held-…` were kept out of the fit.
pub const RUNS: [&str; 2] = [
    include_str!("../cost/prometheus-2.53.runs.jsonl"),
    include_str!("../cost/prometheus-3.5.runs.jsonl"),
];
