//! Flags of Thanos and of Prometheus beside it, so that a fleet is queried as one server.

use super::configs::{REPLICA_LABEL, SHARD_LABEL, ShardServer};

/// Where a sidecar answers, by the name of its server.
fn endpoint(server: &ShardServer) -> String {
    format!("prometheus-{}:10901", server.name())
}

/// Flags of each Prometheus: the sidecar uploads blocks, so that the server must not merge them.
pub fn prometheus_flags() -> Vec<String> {
    let flags = ["--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"];
    flags.map(str::to_owned).to_vec()
}

/// Flags of the sidecar of each server, whose data is in that folder; it takes the external labels
/// from the server.
pub fn sidecar_flags(data: &str) -> Vec<String> {
    let data = format!("--tsdb.path={data}");
    ["--prometheus.url=http://localhost:9090", &data, "--grpc-address=:10901"]
        .map(str::to_owned)
        .to_vec()
}

/// Where Thanos Query finds the ruler.
pub(super) const RULER_ENDPOINT: &str = "--endpoint=thanos-rule:10901";

/// Flags of Thanos Query over all servers and the ruler.
pub fn query_flags(servers: &[ShardServer]) -> Vec<String> {
    let endpoints = servers.iter().map(|server| format!("--endpoint={}", endpoint(server)));
    endpoints.chain([RULER_ENDPOINT.to_owned()]).chain(merging_flags()).collect()
}

/// What makes Thanos Query answer as one server. Both labels are taken for replicas: with the shard's
/// left, `sum without (instance)` would give one result a shard. An answer without one of the
/// shards is an error.
pub(super) fn merging_flags() -> Vec<String> {
    let labels = [REPLICA_LABEL, SHARD_LABEL].map(|label| format!("--query.replica-label={label}"));
    std::iter::once("--no-query.partial-response".to_owned()).chain(labels).collect()
}

/// Flags of Thanos Ruler, which evaluates `rule_file` over Thanos Query. What it records has a label
/// of its own, and alerts leave it without the labels that tell replicas apart.
pub fn ruler_flags(rule_file: &str) -> Vec<String> {
    let drop = [REPLICA_LABEL, "ruler"].map(|label| format!("--alert.label-drop={label}"));
    let flags = [
        "--query=thanos-query:10902".to_owned(),
        format!("--rule-file={rule_file}"),
        "--label=ruler=\"global\"".to_owned(),
        format!("--label={REPLICA_LABEL}=\"a\""),
        "--grpc-address=:10901".to_owned(),
    ];
    flags.into_iter().chain(drop).collect()
}
