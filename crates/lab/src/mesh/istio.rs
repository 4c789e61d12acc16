//! What Istio's proxies expose: sidecars beside each pod, and a waypoint for each namespace.

use super::model::{Mesh, Pod, Service};
use super::page::{Labels, Page, borrowed};
use super::random::{mix, of, of_text, pick, uuid};

/// Envoy's buckets, in its own notation: whole numbers without `.0`.
pub(super) const BUCKETS: [&str; 20] = [
    "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000",
    "30000", "60000", "300000", "600000", "1.8e+06", "3.6e+06", "+Inf",
];
pub(super) const HISTOGRAMS: [&str; 3] =
    ["istio_request_duration_milliseconds", "istio_request_bytes", "istio_response_bytes"];

/// How much of the traffic a page shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Every request counter, and the histograms of the first few.
    Sample,
    /// Everything, as Istio does it.
    Full,
}

/// Who saw a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reporter {
    Source,
    Destination,
    Waypoint,
}

impl Reporter {
    const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Waypoint => "waypoint",
        }
    }
}

/// The page of the sidecar of `service`'s pod.
pub(super) fn sidecar(mesh: &Mesh, service: &Service, pod: &Pod, detail: Detail) -> Page {
    let mut traffic = Vec::new();
    for from in &mesh.callers[service.index] {
        let caller = &mesh.services[*from];
        traffic.extend(requests(mesh, Reporter::Destination, caller, service, &pod.name));
    }
    for to in &mesh.calls[service.index] {
        let callee = &mesh.services[*to];
        traffic.extend(requests(mesh, Reporter::Source, service, callee, &pod.name));
    }
    let tcp: Vec<Labels> = mesh.calls[service.index]
        .iter()
        .filter(|to| to.is_multiple_of(4))
        .map(|to| connection(service, &mesh.services[*to]))
        .collect();
    proxy(mesh, &traffic, &tcp, &pod.name, detail)
}

/// The page of a namespace's waypoint, through which one caller reaches each of its services.
pub(super) fn waypoint(mesh: &Mesh, namespace: &str, pod: &Pod, detail: Detail) -> Page {
    let mut traffic = Vec::new();
    for service in mesh.services.iter().filter(|service| service.namespace == namespace) {
        let from = mesh.callers[service.index].first().unwrap_or(&service.index);
        let caller = &mesh.services[*from];
        let mut seen = requests(mesh, Reporter::Waypoint, caller, service, &pod.name);
        if detail == Detail::Sample {
            seen.truncate(1);
        }
        traffic.extend(seen);
    }
    proxy(mesh, &traffic, &[], &pod.name, detail)
}

/// The label sets of the requests of one edge that one proxy saw.
pub(super) fn requests(
    mesh: &Mesh,
    reporter: Reporter,
    from: &Service,
    to: &Service,
    pod: &str,
) -> Vec<Labels> {
    let edge = of(of_text(mesh.seed, pod), &[from.index as u64, to.index as u64, mesh.time]);
    let ids = if to.grpc { 1 } else { 1 + edge % 3 };
    let mut out = Vec::new();
    for id in 0..ids {
        let path = path(to, of(edge, &[id]));
        out.push(labels(reporter, from, to, &path, ("200", "-")));
        if let Some(outcome) = failure(mesh.time, of(edge, &[id, 1])) {
            out.push(labels(reporter, from, to, &path, outcome));
        }
    }
    // Two ids may have led to the same path.
    out.sort();
    out.dedup();
    out
}

/// The code and the response flags of what else happened than success; the last ones only lately.
fn failure(time: u64, number: u64) -> Option<(&'static str, &'static str)> {
    const USUAL: [(&str, &str); 8] = [
        ("404", "-"),
        ("500", "-"),
        ("503", "UH"),
        ("503", "UF,URX"),
        ("503", "UO"),
        ("0", "DC"),
        ("504", "UT"),
        ("403", "-"),
    ];
    const RARE: [(&str, &str); 3] = [("503", "UC,URX"), ("408", "SI"), ("429", "RL")];
    match number % 16 {
        0..=3 => Some(pick(number >> 8, &USUAL)),
        // Each rare flag is seen in one snapshot and not in the next.
        4 if (number >> 8).is_multiple_of(3) => Some(pick(time, &RARE)),
        _ => None,
    }
}

/// What is asked for: gRPC's methods are few, the bank's own paths hold account numbers and ids.
fn path(to: &Service, number: u64) -> String {
    let noun = to.noun;
    if to.grpc {
        let method = pick(number, &["Get", "List", "Check"]);
        return format!("/bank.{}.v1.{}/{method}", to.namespace, noun.replace('-', "_"));
    }
    match number % 4 {
        0 => format!("/{noun}s"),
        1 => format!("/{noun}s/{}", mix(number) % 100_000_000),
        2 => format!("/{noun}s/{}/status", uuid(number)),
        _ => format!("/v2/{noun}s/DE{:020}/history", mix(number)),
    }
}

/// Istio's default label set, and the bank's own `request_host` and `url_path`.
fn labels(
    reporter: Reporter,
    from: &Service,
    to: &Service,
    path: &str,
    outcome: (&str, &str),
) -> Labels {
    let (code, flags) = outcome;
    let policy = if reporter == Reporter::Source { "unknown" } else { "mutual_tls" };
    let mut out: Labels = vec![("reporter", reporter.name().to_owned())];
    out.extend(peers(from, to));
    out.extend([
        ("request_protocol", if to.grpc { "grpc" } else { "http" }.to_owned()),
        ("response_code", code.to_owned()),
        ("grpc_response_status", grpc_status(to, code).to_owned()),
        ("response_flags", flags.to_owned()),
        ("connection_security_policy", policy.to_owned()),
        ("request_host", format!("{}:8080", to.host())),
        ("url_path", path.to_owned()),
    ]);
    out
}

fn grpc_status(to: &Service, code: &str) -> &'static str {
    match (to.grpc, code) {
        (false, _) => "",
        (true, "200") => "0",
        (true, _) => "14",
    }
}

/// Both ends of a connection.
fn peers(from: &Service, to: &Service) -> Labels {
    vec![
        ("source_workload", from.name.clone()),
        ("source_canonical_service", from.name.clone()),
        ("source_canonical_revision", from.version()),
        ("source_workload_namespace", from.namespace.to_owned()),
        ("source_principal", from.principal()),
        ("source_app", from.name.clone()),
        ("source_version", from.version()),
        ("source_cluster", "Kubernetes".to_owned()),
        ("destination_workload", to.name.clone()),
        ("destination_workload_namespace", to.namespace.to_owned()),
        ("destination_principal", to.principal()),
        ("destination_app", to.name.clone()),
        ("destination_version", to.version()),
        ("destination_service", to.host()),
        ("destination_canonical_service", to.name.clone()),
        ("destination_canonical_revision", to.version()),
        ("destination_service_name", to.name.clone()),
        ("destination_service_namespace", to.namespace.to_owned()),
        ("destination_cluster", "Kubernetes".to_owned()),
    ]
}

fn connection(from: &Service, to: &Service) -> Labels {
    let mut out: Labels = vec![("reporter", "source".to_owned())];
    out.extend(peers(from, to));
    out.extend([
        ("request_protocol", "tcp".to_owned()),
        ("response_flags", "-".to_owned()),
        ("connection_security_policy", "unknown".to_owned()),
    ]);
    out
}

fn proxy(mesh: &Mesh, traffic: &[Labels], tcp: &[Labels], pod: &str, detail: Detail) -> Page {
    let mut page = Page::default();
    page.family("istio_requests_total", "counter", "");
    for labels in traffic {
        page.sample("istio_requests_total", &borrowed(labels), count(mesh, labels));
    }
    let shown = match detail {
        Detail::Full => [traffic.len(); 3],
        Detail::Sample => {
            let few = usize::from(of_text(mesh.seed, pod).is_multiple_of(6));
            [traffic.len().min(1), few, few]
        }
    };
    for (name, shown) in HISTOGRAMS.into_iter().zip(shown) {
        if shown > 0 {
            page.family(name, "histogram", "");
        }
        for labels in &traffic[..shown] {
            let peak = 3 + (of_text(1, labels[9].1.as_str()) % 6) as usize;
            page.histogram(name, labels, &BUCKETS, peak, count(mesh, labels));
        }
    }
    for name in ["istio_tcp_connections_opened_total", "istio_tcp_received_bytes_total"] {
        if !tcp.is_empty() {
            page.family(name, "counter", "");
        }
        for labels in tcp {
            page.sample(name, &borrowed(labels), count(mesh, labels));
        }
    }
    envoy(mesh, &mut page, pod);
    page
}

/// How many requests a label set stands for; failures are rarer.
pub(super) fn count(mesh: &Mesh, labels: &Labels) -> u64 {
    let identity = labels.iter().fold(mesh.seed, |state, (_, value)| of_text(state, value));
    let failed = labels.iter().any(|(name, value)| *name == "response_code" && value != "200");
    mesh.counter(identity, if failed { 5 } else { 400 })
}

/// What Envoy says about itself, which nobody asks for.
fn envoy(mesh: &Mesh, page: &mut Page, pod: &str) {
    let own = |word: u64| of(of_text(mesh.seed, pod), &[word]);
    page.family("envoy_cluster_upstream_cx_total", "counter", "");
    page.family_of("envoy_cluster_upstream_cx_total", "cluster_name", |at| {
        mesh.counter(own(at), 900)
    });
    page.family("envoy_cluster_upstream_rq_pending_overflow", "counter", "");
    page.family_of("envoy_cluster_upstream_rq_pending_overflow", "cluster_name", |_| 0);
    page.single("envoy_server_live", "gauge", "", 1);
    page.single("envoy_server_memory_allocated", "gauge", "", 40_000_000 + own(7) % 20_000_000);
    page.single("envoy_server_uptime", "gauge", "", mesh.time * 86_400 + own(8) % 3_600);
    page.single("envoy_server_concurrency", "gauge", "", 2);
    page.single("process_open_fds", "gauge", "", 60 + own(9) % 90);
    page.single("process_start_time_seconds", "gauge", "", 1_700_000_000 + own(10) % 1_000_000);
}

impl Page {
    /// A sample for each of Envoy's own clusters.
    fn family_of(&mut self, name: &str, label: &str, value: impl Fn(u64) -> u64) {
        let clusters = ["prometheus_stats", "agent", "sds-grpc", "xds-grpc", "zipkin"];
        for (at, cluster) in clusters.into_iter().enumerate() {
            self.sample(name, &[(label, cluster)], value(at as u64));
        }
    }
}
