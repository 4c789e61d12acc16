//! Resources of the Prometheus operator: each endpoint of a monitor is a job, named as the operator
//! names it; what the operator puts around the user's relabel configs is not known here.

use super::Reading;
use crate::config::crd::{camel, unknown_field};
use crate::config::global::{limits_as, milliseconds, pairs};
use crate::config::model::{
    Alertmanager, ChainKind, Discovery, Job, Located, RemoteWrite, StaticGroup,
};
use crate::config::parse::check_fields;
use crate::config::report::{INVALID_RULE_FILE, near_miss};
use crate::config::rules::read_rule_file;
use crate::config::values;
use crate::doc::Node;
use crate::server::{KeyCase, Version};

/// The operator's `scrapeInterval`, unless a Prometheus resource sets another.
const SCRAPE_INTERVAL: u64 = 30_000;

/// Reads one resource, or each of a list.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_, '_>) {
    let kind = text(root, "kind");
    if let Some(items) = root.get("items").filter(|_| kind.ends_with("List")) {
        return items.items().for_each(|item| read(item.resolved(), reading));
    }
    let Some(spec) = root.get("spec").filter(|spec| spec.is_mapping()) else { return };
    let global = &mut reading.project.global;
    if global.scrape_interval == 0 {
        (global.scrape_interval, global.scrape_timeout) = (SCRAPE_INTERVAL, 10_000);
    }
    let outer = reading.report.harm.clone();
    reading.report.harm = Some(harm(kind));
    reading.report.prefix = format!("{kind} {}: ", name(root, '/'));
    match kind {
        "ServiceMonitor" => endpoints(root, spec, "endpoints", reading),
        "PodMonitor" => endpoints(root, spec, "podMetricsEndpoints", reading),
        "Probe" => probe(root, spec, reading),
        "ScrapeConfig" => scrape_config(root, spec, reading),
        "Prometheus" | "PrometheusAgent" => server(spec, reading),
        "PrometheusRule" => rules(spec, reading),
        _ => {}
    }
    reading.report.prefix.clear();
    reading.report.harm = outer;
}

fn harm(kind: &str) -> String {
    match kind {
        "Prometheus" | "PrometheusAgent" => {
            "the operator makes no configuration any more: servers keep the old one".to_owned()
        }
        "PrometheusRule" => "the operator leaves the whole PrometheusRule out".to_owned(),
        _ => format!("the operator rejects the whole {kind}: none of its targets is scraped"),
    }
}

fn text<'d>(node: Node<'d>, key: &str) -> &'d str {
    node.get(key).map_or("", Node::text)
}

/// `namespace/name`, without a namespace that is not written.
fn name(root: Node<'_>, between: char) -> String {
    let metadata = root.get("metadata");
    let part = |key: &str| metadata.map_or("", |metadata| text(metadata, key)).to_owned();
    match (part("namespace").as_str(), part("name")) {
        ("", name) => name,
        (namespace, name) => format!("{namespace}{between}{name}"),
    }
}

/// `ServiceMonitor` and `PodMonitor`.
fn endpoints(root: Node<'_>, spec: Node<'_>, key: &str, reading: &mut Reading<'_, '_>) {
    let (prefix, roles): (_, &[&str]) = match key {
        "endpoints" => ("serviceMonitor", &["endpoints", "endpointslice"]),
        _ => ("podMonitor", &["pod"]),
    };
    let place = spec.get("selector").map_or(spec.location(), Node::location);
    let list = spec.get(key).into_iter().flat_map(Node::items);
    for (index, endpoint) in list.enumerate().filter(|(_, item)| item.is_mapping()) {
        let endpoint = endpoint.resolved();
        check_keys(endpoint, reading);
        let job_name = format!("{prefix}/{}/{index}", name(root, '/'));
        let job = job(job_name, endpoint, ["relabelings", "metricRelabelings"], reading);
        job.limits = limits_as(spec, camel);
        job.discoveries = roles
            .iter()
            .map(|role| Discovery {
                kind: "kubernetes_sd_configs".to_owned(),
                location: place,
                role: Some((*role).to_owned()),
            })
            .collect();
    }
}

/// A job with the chains under two keys of `holder`, and its other settings there.
fn job<'r>(
    name: String,
    holder: Node<'_>,
    [target, metric]: [&str; 2],
    reading: &'r mut Reading<'_, '_>,
) -> &'r mut Job {
    let value = |key: &str| holder.field(key).map(|field| field.value);
    let (interval, timeout) =
        (reading.project.global.scrape_interval, reading.project.global.scrape_timeout);
    let job = reading.fragment(name, holder, KeyCase::Camel, value(target), value(metric));
    let own =
        |keys: [&'static str; 2]| keys.into_iter().find_map(|key| Some((key, holder.get(key)?)));
    let flag = |key: &str, default: bool| {
        holder.get(key).and_then(|value| values::boolean(value).ok().flatten()).unwrap_or(default)
    };
    job.honor_labels = flag("honorLabels", false);
    job.honor_timestamps = flag("honorTimestamps", true);
    job.scrape_interval = interval;
    if let Some((key, node)) = own(["interval", "scrapeInterval"]) {
        job.interval_location = Some(node.location());
        job.scrape_interval = milliseconds(holder, key).filter(|ms| *ms > 0).unwrap_or(interval);
    }
    job.scrape_timeout = timeout.min(job.scrape_interval);
    if let Some(node) = holder.get("scrapeTimeout") {
        job.timeout_location = Some(node.location());
        job.scrape_timeout = milliseconds(holder, "scrapeTimeout").unwrap_or(job.scrape_timeout);
    }
    if let Some((_, path)) = own(["path", "metricsPath"]) {
        path.text().clone_into(&mut job.metrics_path);
    }
    if let Some(scheme) = holder.get("scheme") {
        job.scheme = scheme.text().to_ascii_lowercase();
    }
    job
}

/// Keys that an endpoint has. One that is near to them and not among them is a slip; others may be
/// of a newer release.
const ENDPOINT: [&str; 14] = [
    "port",
    "targetPort",
    "path",
    "scheme",
    "params",
    "interval",
    "scrapeTimeout",
    "honorLabels",
    "honorTimestamps",
    "relabelings",
    "metricRelabelings",
    "tlsConfig",
    "basicAuth",
    "bearerTokenSecret",
];

/// Keys of Prometheus's own configuration that mean something else here.
const FOREIGN: [&str; 8] = [
    "relabel_configs",
    "metric_relabel_configs",
    "relabelConfigs",
    "metricRelabelConfigs",
    "honor_labels",
    "scrape_interval",
    "scrape_timeout",
    "metrics_path",
];

fn check_keys(endpoint: Node<'_>, reading: &mut Reading<'_, '_>) {
    for (key, _) in endpoint.entries() {
        let name = key.resolved().text();
        let is_near = name.contains('_') && near_miss(name, ENDPOINT.into_iter()).is_some();
        if FOREIGN.contains(&name) || is_near {
            unknown_field(key, ENDPOINT.into_iter().map(str::to_owned), reading.report);
            let finding = reading.report.findings.last_mut().filter(|f| f.remedy.is_none());
            if let Some(finding) = finding {
                let own = match name {
                    "metric_relabel_configs" | "metricRelabelConfigs" => "metricRelabelings",
                    "relabel_configs" | "relabelConfigs" => "relabelings",
                    "metrics_path" => "path",
                    _ => "interval",
                };
                finding.remedy = Some(format!("write `{own}`, with keys such as `sourceLabels`"));
            }
        }
    }
}

/// Refuses keys in Prometheus's own spelling: the resource has none with an underscore.
fn check_case(node: Node<'_>, reading: &mut Reading<'_, '_>) {
    for (key, _) in node.resolved().entries() {
        let name = key.resolved().text();
        if name.contains('_') {
            unknown_field(key, std::iter::empty(), reading.report);
            if let Some(finding) = reading.report.findings.last_mut() {
                finding.remedy = Some(format!("write `{}`", camel(name)));
            }
        }
    }
}

fn probe(root: Node<'_>, spec: Node<'_>, reading: &mut Reading<'_, '_>) {
    let targets = spec.get("targets");
    let written = |key: &str| targets.and_then(|targets| targets.get(key));
    let fixed = written("staticConfig");
    let ingress = written("ingress");
    let holder = fixed.or(ingress).unwrap_or(spec);
    let chain = holder.field("relabelingConfigs").map(|field| field.value);
    let metric = spec.field("metricRelabelings").map(|field| field.value);
    let name = format!("probe/{}", name(root, '/'));
    let interval = milliseconds(spec, "interval").unwrap_or(reading.project.global.scrape_interval);
    let job = reading.fragment(name, spec, KeyCase::Camel, chain, metric);
    job.scrape_interval = interval;
    job.limits = limits_as(spec, camel);
    "/probe".clone_into(&mut job.metrics_path);
    if let Some(fixed) = fixed {
        job.static_targets.push(group(fixed, "static"));
    }
    if let Some(ingress) = ingress {
        job.discoveries.push(Discovery {
            kind: "kubernetes_sd_configs".to_owned(),
            location: ingress.location(),
            role: Some("ingress".to_owned()),
        });
    }
}

fn group(node: Node<'_>, targets: &str) -> StaticGroup {
    let located = |item: Node<'_>| Located::new(item.resolved().text().to_owned(), item.location());
    StaticGroup {
        location: node.location(),
        targets: node.get(targets).into_iter().flat_map(Node::items).map(located).collect(),
        labels: pairs(node.get("labels")),
    }
}

fn scrape_config(root: Node<'_>, spec: Node<'_>, reading: &mut Reading<'_, '_>) {
    let job_name = format!("scrapeConfig/{}", name(root, '/'));
    let job = job(job_name, spec, ["relabelings", "metricRelabelings"], reading);
    job.limits = limits_as(spec, camel);
    for field in spec.fields() {
        let key = field.key.resolved().text();
        if key == "staticConfigs" {
            job.static_targets = field.value.items().map(|item| group(item, "targets")).collect();
        } else if let Some(kind) = key.strip_suffix("SDConfigs") {
            job.discoveries.extend(field.value.items().map(|item| Discovery {
                kind: format!("{}_sd_configs", kind.to_ascii_lowercase()),
                location: item.location(),
                role: item.get("role").map(|role| role.text().to_ascii_lowercase()),
            }));
        }
    }
}

/// `Prometheus` and `PrometheusAgent`: settings, remote writes, Alertmanagers and scrape classes.
fn server(spec: Node<'_>, reading: &mut Reading<'_, '_>) {
    let project = &mut *reading.project;
    if let Some(version) = version(text(spec, "version")) {
        project.server = project.server.with_prometheus(version);
    }
    if let Some(interval) = milliseconds(spec, "scrapeInterval").filter(|ms| *ms > 0) {
        project.global.scrape_interval = interval;
    }
    project.global.external_labels.extend(pairs(spec.get("externalLabels")));
    let lists = ["remoteWrite", "remoteRead"].into_iter().filter_map(|key| spec.get(key));
    std::iter::once(spec)
        .chain(lists.flat_map(Node::items))
        .for_each(|node| check_case(node, reading));
    for write in spec.get("remoteWrite").into_iter().flat_map(Node::items) {
        let list = write.field("writeRelabelConfigs").map(|field| field.value);
        let write_chain = reading.chain(ChainKind::Write, KeyCase::Camel, None, write, list);
        reading.project.remote_writes.push(RemoteWrite {
            name: write.get("name").map(|name| name.text().to_owned()),
            location: write.location(),
            url: text(write, "url").to_owned(),
            write_chain,
        });
    }
    let alerting = spec.get("alerting").and_then(|alerting| alerting.get("alertmanagers"));
    for manager in alerting.into_iter().flat_map(Node::items) {
        let mut chain = |kind, key: &str| {
            let list = manager.field(key).map(|field| field.value);
            reading.chain(kind, KeyCase::Camel, None, manager, list)
        };
        let target_chain = chain(ChainKind::Alertmanager, "relabelings");
        let alert_chain = chain(ChainKind::Alert, "alertRelabelings");
        let location = manager.location();
        let manager = Alertmanager { location, target_chain, alert_chain };
        reading.project.alerting.alertmanagers.push(manager);
    }
    for class in spec.get("scrapeClasses").into_iter().flat_map(Node::items) {
        let value = |key: &str| class.field(key).map(|field| field.value);
        let (target, metric) = (value("relabelings"), value("metricRelabelings"));
        if target.or(metric).is_some() {
            let name = format!("scrapeClass/{}", text(class, "name"));
            reading.fragment(name, class, KeyCase::Camel, target, metric);
        }
    }
}

fn version(text: &str) -> Option<Version> {
    let mut parts = text.trim_start_matches('v').splitn(3, '.').map(|part| part.parse().ok());
    Some(Version(parts.next()??, parts.next()??, parts.next()??))
}

/// `partial_response_strategy` belongs to Thanos and is taken out for Prometheus.
fn rules(spec: Node<'_>, reading: &mut Reading<'_, '_>) {
    let rule = std::mem::replace(&mut reading.report.rule, INVALID_RULE_FILE);
    let before = reading.report.findings.len();
    check_fields(reading.project, spec, "rulefmt.RuleGroups", reading.report);
    let source = reading.report.source;
    let mut found = reading.report.findings.split_off(before);
    found.retain(|finding| {
        let at = finding.location.map(|location| location.span.range()).unwrap_or_default();
        !source.text().get(at).is_some_and(|text| text.contains("partial_response_strategy"))
    });
    reading.report.findings.append(&mut found);
    let groups = read_rule_file(spec, reading.project.server, reading.report);
    reading.project.rule_files.push(groups);
    reading.report.rule = rule;
}
