//! The attributes and blocks of the components that are read, as of Alloy 1.18. One that an older
//! release does not have yet is not told.

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    Text,
    Texts,
    List,
    Object,
    Number,
    Bool,
    Duration,
    Any,
    /// A block that stands once; nothing is known of its fields when there are none.
    Block(&'static [&'static [Field]]),
    /// A block that may stand several times.
    Blocks(&'static [&'static [Field]]),
}

/// An attribute or a block.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) required: bool,
}

impl Field {
    pub(super) fn is_repeated(&self) -> bool {
        matches!(self.kind, Type::Blocks(_))
    }
}

const fn may(name: &'static str, kind: Type) -> Field {
    Field { name, kind, required: false }
}

const fn must(name: &'static str, kind: Type) -> Field {
    Field { name, kind, required: true }
}

/// The fields of a component that is read.
pub(super) fn component(name: &str) -> Option<&'static [&'static [Field]]> {
    Some(match name {
        "discovery.relabel" => &[DISCOVERY_RELABEL],
        "prometheus.relabel" => &[PROMETHEUS_RELABEL],
        "prometheus.scrape" => &[SCRAPE, HTTP],
        "prometheus.remote_write" => &[REMOTE_WRITE],
        _ => return None,
    })
}

/// A relabel config. Its blocks are checked when a chain is read.
pub(super) const RULE: &[Field] = &[
    may("source_labels", Type::Texts),
    may("separator", Type::Text),
    may("regex", Type::Text),
    may("modulus", Type::Number),
    may("target_label", Type::Text),
    may("replacement", Type::Text),
    may("action", Type::Text),
];

const DISCOVERY_RELABEL: &[Field] = &[must("targets", Type::List), may("rule", Type::Blocks(&[]))];

const PROMETHEUS_RELABEL: &[Field] = &[
    must("forward_to", Type::List),
    may("rule", Type::Blocks(&[])),
    may("max_cache_size", Type::Number),
    may("cache_ttl", Type::Duration),
];

const SCRAPE: &[Field] = &[
    must("targets", Type::List),
    must("forward_to", Type::List),
    may("job_name", Type::Text),
    may("honor_labels", Type::Bool),
    may("honor_timestamps", Type::Bool),
    may("honor_metadata", Type::Bool),
    may("track_timestamps_staleness", Type::Bool),
    may("params", Type::Object),
    may("scrape_classic_histograms", Type::Bool),
    may("scrape_native_histograms", Type::Bool),
    may("scrape_failure_log_file", Type::Text),
    may("scrape_interval", Type::Duration),
    may("scrape_timeout", Type::Duration),
    may("scrape_protocols", Type::Texts),
    may("scrape_fallback_protocol", Type::Text),
    may("metrics_path", Type::Text),
    may("scheme", Type::Text),
    may("body_size_limit", Type::Any),
    may("sample_limit", Type::Number),
    may("target_limit", Type::Number),
    may("label_limit", Type::Number),
    may("label_name_length_limit", Type::Number),
    may("label_value_length_limit", Type::Number),
    may("extra_metrics", Type::Bool),
    may("enable_protobuf_negotiation", Type::Bool),
    may("metric_name_validation_scheme", Type::Text),
    may("metric_name_escaping_scheme", Type::Text),
    may("convert_classic_histograms_to_nhcb", Type::Bool),
    may("enable_compression", Type::Bool),
    may("native_histogram_bucket_limit", Type::Number),
    may("native_histogram_min_bucket_factor", Type::Any),
    may("enable_type_and_unit_labels", Type::Bool),
    may("start_timestamp_zero_ingestion", Type::Bool),
    may("clustering", Type::Block(&[&[must("enabled", Type::Bool)]])),
];

const HTTP: &[Field] = &[
    may("basic_auth", Type::Block(&[])),
    may("authorization", Type::Block(&[])),
    may("oauth2", Type::Block(&[])),
    may("tls_config", Type::Block(&[])),
    may("bearer_token", Type::Any),
    may("bearer_token_file", Type::Text),
    may("proxy_url", Type::Text),
    may("no_proxy", Type::Text),
    may("proxy_from_environment", Type::Bool),
    may("proxy_connect_header", Type::Object),
    may("follow_redirects", Type::Bool),
    may("enable_http2", Type::Bool),
    may("http_headers", Type::Object),
];

const REMOTE_WRITE: &[Field] = &[
    may("external_labels", Type::Object),
    may("endpoint", Type::Blocks(&[ENDPOINT, HTTP])),
    may("wal", Type::Block(&[])),
];

const ENDPOINT: &[Field] = &[
    must("url", Type::Text),
    may("name", Type::Text),
    may("remote_timeout", Type::Duration),
    may("headers", Type::Object),
    may("send_exemplars", Type::Bool),
    may("send_native_histograms", Type::Bool),
    may("protobuf_message", Type::Text),
    may("queue_config", Type::Block(&[])),
    may("metadata_config", Type::Block(&[])),
    may("write_relabel_config", Type::Blocks(&[])),
    may("sigv4", Type::Block(&[])),
    may("azuread", Type::Block(&[])),
    may("google_iam", Type::Block(&[])),
    may("round_robin_dns", Type::Bool),
];
