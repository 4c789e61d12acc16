//! What a file is, told by a look at its lines: cheap, since whole trees of directories are searched.

use memchr::memmem;

use super::Kind;
use super::lines::{Lines, OF_LOGS};
use crate::doc::{Node, starts_like_alloy};

/// A file without any of these words holds nothing of ours.
const WORDS: [&str; 13] = [
    "elabel",
    "scrape_config",
    "groups:",
    "monitoring.coreos.com",
    "remote_write:",
    "alerting:",
    "rule_files:",
    "source_labels",
    "target_label",
    ALLOY[0],
    ALLOY[1],
    ALLOY[2],
    ALLOY[3],
];

/// How the components of Alloy begin that hold relabel rules or scrape.
const ALLOY: [&str; 4] =
    ["prometheus.scrape \"", "prometheus.re", "prometheus.operator.", "discovery.relabel \""];

/// The kinds that a text holds; a stream of resources may hold several. Nothing for what is none.
pub fn sniff(text: &str) -> Vec<Kind> {
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    if !WORDS.into_iter().any(has) {
        return Vec::new();
    }
    if ALLOY.into_iter().any(has) && starts_like_alloy(text) {
        return vec![Kind::Alloy];
    }
    let lines = Lines::of(text);
    // Charts have a value of that name, and files that Grafana provisions a version, but no kind.
    if lines.has("apiVersion") && lines.has("kind") || lines.is_json_resource {
        return resources(text, &lines);
    }
    if lines.is_list {
        return list(text, &lines).into_iter().collect();
    }
    mapping(text, &lines).into_iter().collect()
}

/// Words that only vmagent knows.
const VICTORIA: [&str; 10] = [
    "scrape_align_interval",
    "scrape_offset",
    "stream_parse",
    "series_limit",
    "no_stale_markers",
    "disable_compression",
    "disable_keepalive",
    "max_scrape_size",
    "yandexcloud_sd_configs",
    "if",
];

/// Actions that only vmagent knows.
const ACTIONS: [&str; 9] = [
    "replace_all",
    "labelmap_all",
    "keep_if_equal",
    "drop_if_equal",
    "keep_if_contains",
    "drop_if_contains",
    "keep_metrics",
    "drop_metrics",
    "graphite",
];

fn is_victoria(text: &str, lines: &Lines<'_>) -> bool {
    let has_action = || {
        memmem::find_iter(text.as_bytes(), b"action:").any(|at| {
            let value = text[at + 7..].lines().next().unwrap_or_default();
            ACTIONS.contains(&value.trim_matches([' ', '"', '\'']))
        })
    };
    VICTORIA.iter().any(|key| lines.has_inside(key)) || has_action()
}

fn resources(text: &str, lines: &Lines<'_>) -> Vec<Kind> {
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let mut kinds = Vec::new();
    if has("monitoring.coreos.com/v1") {
        kinds.push(Kind::Operator);
    }
    let is_collector =
        lines.has_inside("receivers") || is_allocator(lines) || has("opentelemetry.io/");
    if lines.has_inside("scrape_configs") || is_collector && lines.has_inside("scrapeConfigs") {
        kinds.push(if is_collector { Kind::Otel } else { Kind::Prometheus });
    }
    let is_carrier = CARRIERS.iter().any(|kind| has(&format!("kind: {kind}")));
    if is_carrier && (lines.has_chain_key() || lines.has_inside("additionalScrapeConfigs")) {
        kinds.push(Kind::Values);
    }
    if kinds.is_empty() && lines.has_inside("groups") && lines.has_inside("expr") {
        kinds.push(Kind::Rules);
    }
    kinds
}

/// Keys of the target allocator's own file; the values of a chart hold them further in.
const ALLOCATOR: [&str; 2] = ["allocation_strategy", "collector_selector"];

fn is_allocator(lines: &Lines<'_>) -> bool {
    ALLOCATOR.iter().any(|key| lines.has_inside(key))
}

/// Groups of rules are others' idea, too (access policies): those of a server have queries, or
/// at least names and nothing beside them.
fn is_rule_file(lines: &Lines<'_>) -> bool {
    let has_rule = || ["expr", "alert", "record"].iter().any(|key| lines.has_inside(key));
    let is_bare = || lines.has_inside("name") && lines.top.iter().all(|key| *key == "groups");
    let is_grafanas = lines.has("apiVersion");
    lines.has("groups") && lines.has_inside("rules") && !is_grafanas && (has_rule() || is_bare())
}

fn list(text: &str, lines: &Lines<'_>) -> Option<Kind> {
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let has_labels = lines.has_in_items("source_labels") || lines.has_in_items("target_label");
    let has_action = lines.has_in_items("action") && has("action: label");
    let is_victoria =
        is_victoria(text, lines) && has("action:") || lines.has_inside("if") && has_labels;
    if lines.has_inside("scrape_configs") || lines.has_inside("groups") || is_of_logs(lines) {
        return None;
    }
    if lines.has_in_items("job_name") {
        let is_expanded = has("${env:") || has("$$1") || has("$${");
        return Some(match is_victoria {
            true => Kind::VmAgent,
            false if is_expanded => Kind::Otel,
            false => Kind::Prometheus,
        });
    }
    if is_victoria || has_labels && fills_in_labels(text) {
        return Some(Kind::VmAgent);
    }
    let is_list = has_labels || has_action;
    is_list.then_some(if has("__block_id") { Kind::Thanos } else { Kind::Relabel })
}

/// Whether a replacement names a label in braces, `{{pod}}`, which vmagent fills in. Templates have
/// spaces, dots or pipes between theirs.
fn fills_in_labels(text: &str) -> bool {
    let is_label = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let replacements = memmem::find_iter(text.as_bytes(), b"replacement:");
    replacements.filter_map(|at| text[at..].lines().next()).any(|line| {
        let names = line.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
        names.into_iter().any(|(name, _)| is_label(name))
    })
}

fn mapping(text: &str, lines: &Lines<'_>) -> Option<Kind> {
    const CONFIG: [&str; 5] =
        ["scrape_configs", "scrape_config_files", "remote_write", "alerting", "rule_files"];
    if CONFIG.iter().any(|key| lines.has(key)) && is_config(lines) {
        // Tests of rules name their `rule_files`, too.
        if is_of_logs(lines) || lines.has("tests") {
            return None;
        }
        let is_victoria = is_victoria(text, lines);
        return Some(if is_victoria { Kind::VmAgent } else { Kind::Prometheus });
    }
    if lines.has_inside("scrape_configs") {
        let is_collector = lines.has("receivers")
            || lines.has("spec") && lines.has_inside("receivers")
            || lines.has("config")
                && (lines.has_inside("receivers") || ALLOCATOR.iter().any(|key| lines.has(key)));
        if is_collector {
            return Some(Kind::Otel);
        }
        if lines.has("metrics") || lines.has("prometheus") && lines.has("loki") {
            return Some(Kind::Agent);
        }
    }
    if is_rule_file(lines) {
        return Some(Kind::Rules);
    }
    if lines.has("relabel_configs")
        || lines.has("metric_relabel_configs")
        || lines.has("global") && lines.has_chain_key()
    {
        return Some(if is_victoria(text, lines) { Kind::VmAgent } else { Kind::Values });
    }
    let has_jobs = ["additionalScrapeConfigs", "extraScrapeConfigs", "scrape_configs"];
    let is_values = lines.has_chain_key() || has_jobs.iter().any(|key| lines.has_inside(key));
    is_values.then(|| if is_victoria(text, lines) { Kind::VmAgent } else { Kind::Values })
}

/// Whether the keys at the top are those of a configuration, but for some: charts have an `alerting`
/// of their own.
fn is_config(lines: &Lines<'_>) -> bool {
    const KNOWN: [&str; 11] = [
        "global",
        "scrape_configs",
        "scrape_config_files",
        "rule_files",
        "alerting",
        "remote_write",
        "remote_read",
        "storage",
        "tracing",
        "runtime",
        "otlp",
    ];
    let known = lines.top.iter().filter(|key| KNOWN.contains(key)).count();
    lines.has("scrape_configs") || known * 2 >= lines.top.len()
}

/// Whether it is Promtail's, which finds logs by `scrape_configs` and `relabel_configs`, too.
fn is_of_logs(lines: &Lines<'_>) -> bool {
    const TOP: [&str; 6] =
        ["server", "client", "clients", "positions", "limits_config", "target_config"];
    TOP.iter().any(|key| lines.has(key)) || OF_LOGS.iter().any(|key| lines.has_inside(key))
}

/// Whether a scrape config is one of Promtail or of an agent's logs.
pub(super) fn gathers_logs(job: Node<'_>) -> bool {
    const MORE: [&str; 6] =
        ["journal", "syslog", "kafka", "gelf", "heroku_drain", "azure_event_hubs"];
    OF_LOGS.iter().chain(&MORE).any(|key| job.get(key).is_some())
}

/// Resources that carry the values of a chart.
const CARRIERS: [&str; 6] =
    ["HelmRelease", "HelmChartConfig", "HelmChart", "Application", "ApplicationSet", "Addon"];

/// What a Kubernetes resource is to us.
pub(super) enum Resource {
    /// One of a kind.
    Of(Kind),
    /// It carries a chart's values.
    Carrier,
    /// Something else, which may hold files of any kind as texts.
    Other,
}

/// What the tree is, if it is a Kubernetes resource.
pub(super) fn resource(root: Node<'_>) -> Option<Resource> {
    let api = root.get("apiVersion")?.text();
    let kind = root.get("kind")?.text();
    if kind == "List" {
        return root.get("items")?.items().next().and_then(|item| resource(item.resolved()));
    }
    // Azure serves the same resources from a group of its own.
    Some(if api.contains("monitoring.coreos.com/") {
        Resource::Of(Kind::Operator)
    } else if api.starts_with("opentelemetry.io/") {
        Resource::Of(Kind::Otel)
    } else if CARRIERS.contains(&kind) {
        Resource::Carrier
    } else {
        Resource::Other
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[Kind]) {
        assert_eq!(sniff(text), expected, "{text}");
    }

    #[test]
    fn kinds_are_told_by_content() {
        check("global: {}\nscrape_configs:\n- job_name: a\n", &[Kind::Prometheus]);
        check("scrape_configs:\n- job_name: a\n  stream_parse: true\n", &[Kind::VmAgent]);
        check("groups:\n- name: a\n  rules: []\n", &[Kind::Rules]);
        check("- source_labels: [a]\n  action: keep\n", &[Kind::Relabel]);
        check("- job_name: a\n  relabel_configs: []\n", &[Kind::Prometheus]);
        check("  scrape_configs:\n  - job_name: a\n", &[Kind::Prometheus]);
        check("- source_labels: [__block_id]\n  action: keep\n", &[Kind::Thanos]);
        check("- action: drop_metrics\n  regex: [a]\n  target_label: x\n", &[Kind::VmAgent]);
        let replaced = |text: &str| format!("- target_label: a\n  replacement: '{text}'\n");
        check(&replaced("{{b}}-c"), &[Kind::VmAgent]);
        check(&replaced("{{ b }}"), &[Kind::Relabel]);
        check("receivers:\n  prometheus:\n    config:\n      scrape_configs: []\n", &[Kind::Otel]);
        check(
            "spec:\n  config:\n    receivers:\n      prometheus:\n        config:\n          scrape_configs: []\n",
            &[Kind::Otel],
        );
        check("metrics:\n  configs:\n  - scrape_configs: []\n", &[Kind::Agent]);
        check("kubelet:\n  serviceMonitor:\n    metricRelabelings: []\n", &[Kind::Values]);
        let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n";
        check(monitor, &[Kind::Operator]);
        check(
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    scrape_configs: []\n",
            &[Kind::Prometheus],
        );
        check("// c\nprometheus.scrape \"a\" {\n}\n", &[Kind::Alloy]);
        check("logging {\n}\ndiscovery.relabel \"a\" {\n}\n", &[Kind::Alloy]);
        check("loki.relabel \"a\" {\n}\n", &[]);
        check("- hosts: all\n  tasks: []\n", &[]);
        check("groups: [wheel]\nusers: []\n", &[]);
    }

    #[test]
    fn lists_are_told_by_the_keys_of_their_items() {
        let play = "- name: a\n  hosts: all\n  vars:\n    jobs:\n    - job_name: a\n      relabel_configs:\n      - source_labels: [a]\n";
        check(play, &[]);
        check("-\n  job_name: a\n  relabel_configs: []\n", &[Kind::Prometheus]);
        check("-   job_name: a\n    relabel_configs: []\n", &[Kind::Prometheus]);
        check("-   action: keep\n    source_labels: [a]\n", &[Kind::Relabel]);
        check("- {source_labels: [a], action: keep}\n", &[Kind::Relabel]);
        check("- job_name: a\n  relabel_configs: ['${env:A}']\n", &[Kind::Otel]);
        let steps = "  relabel_configs:\n  - replacement: $$1\n    target_label: a\n";
        check(&format!("- job_name: a\n{steps}"), &[Kind::Otel]);
    }

    #[test]
    fn what_gathers_logs_is_left_alone() {
        check("scrape_configs:\n- job_name: a\nclients:\n- url: a\n", &[]);
        check("positions: {}\nscrape_configs:\n- job_name: a\n", &[]);
        check("scrape_configs:\n- job_name: a\nserver: {}\n", &[]);
        check("scrape_configs:\n- job_name: a\n  pipeline_stages: []\n", &[]);
        check("- job_name: a\n  relabel_configs: []\n  pipeline_stages: []\n", &[]);
    }

    #[test]
    fn what_resembles_a_kind_is_none_of_it() {
        check("rule_files: [a.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n", &[]);
        check("global: {}\nalerting: {}\nimage: a\nconfig: {}\nservice: {}\n", &[]);
        check("global: {}\nrule_files: []\nscrape_config: []\n", &[Kind::Prometheus]);
        check("groups:\n- rules:\n  - alert: A\n    expr: up\n", &[Kind::Rules]);
        check("name: n\nscope: S\ngroups:\n- rules:\n  - matches: []\n", &[]);
        check("groups:\n- rules:\n  - matches: []\n", &[]);
        check("apiVersion: 1\ngroups:\n- orgId: 1\n  rules:\n  - expr: up\n", &[]);
        let map = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    groups:\n    - name: b\n";
        check(&format!("{map}      rules:\n      - expr: up\n"), &[Kind::Rules]);
        let jobs =
            "config:\n  receivers:\n    prometheus:\n      config:\n        scrape_configs: []\n";
        let inner = "targetAllocator:\n  config:\n    allocation_strategy: per-node\n";
        check(&format!("{jobs}{inner}"), &[Kind::Otel]);
        check(&format!("apiVersion: apps/v1\n{jobs}"), &[Kind::Otel]);
        let monitor = "serviceMonitor:\n  metricRelabelings: []\n";
        check(&format!("config: {{}}\n{inner}{monitor}"), &[Kind::Values]);
        check("config:\n  scrape_configs: []\nallocation_strategy: per-node\n", &[Kind::Otel]);
    }

    #[test]
    fn an_empty_or_foreign_text_is_of_no_kind() {
        check("name: build\non: push\n", &[]);
        check("", &[]);
    }
}
