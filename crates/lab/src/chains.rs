//! Chains of the kinds that Kubernetes monitoring and service meshes ship with, and pages of series
//! for them: what the throughput of relabeling is measured on.

use anyhow::{Result, ensure};
use promsieve_core::config::{ChainOptions, chain};
use promsieve_core::relabel::Program;
use promsieve_core::series::{Table, TableBuilder, Target};
use promsieve_core::text::{SourceText, Sources};

/// A chain, and what it runs over.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// What it is called in tables.
    pub name: &'static str,
    /// The chain, as a YAML list.
    pub chain: &'static str,
    /// Makes so many different series, told one by one.
    pub series: fn(usize, &mut Tell<'_>),
}

/// Told of one series: its metric's name and its labels as exposed, by name.
pub type Tell<'a> = dyn FnMut(&str, &[(&str, &str)]) + 'a;

/// The labels that the target adds.
pub const TARGET: [(&str, &str); 4] =
    [("endpoint", "https"), ("instance", "10.3.0.7:10250"), ("job", "kubelet"), ("node", "n-7")];

/// What is measured.
pub const LOADS: [Load; 3] = [
    Load { name: "kubelet", chain: include_str!("chains/kubelet.yml"), series: kubelet },
    Load { name: "mesh", chain: include_str!("chains/mesh.yml"), series: mesh },
    Load { name: "mesh, rewriting", chain: include_str!("chains/rewriting.yml"), series: mesh },
];

impl Load {
    /// The compiled chain, for the default server.
    ///
    /// # Errors
    /// When the chain is refused.
    pub fn program(&self) -> Result<Program> {
        let mut sources = Sources::default();
        let file = sources.add(SourceText::new(self.name, self.chain));
        let (chain, _, findings) = chain(file, sources.file(file), ChainOptions::default());
        ensure!(findings.is_empty(), "{findings:?}");
        Ok(chain.program())
    }

    /// So many series with their target's labels, as a chain meets them.
    pub fn table(&self, series: usize) -> Table {
        let mut builder = TableBuilder::default();
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let labels = TARGET.iter().map(own).collect();
        builder.target(Target { job: "kubelet".to_owned(), labels });
        let mut row = Vec::new();
        (self.series)(series, &mut |metric, labels| {
            row.clear();
            row.extend(
                labels
                    .iter()
                    .chain(&TARGET)
                    .map(|&(name, value)| (name.to_owned(), value.to_owned())),
            );
            row.sort_unstable();
            let row: Vec<(&str, &str)> =
                row.iter().map(|(name, value)| (&**name, &**value)).collect();
            builder.row(metric, &row, 0);
        });
        builder.finish()
    }

    /// The page of so many series.
    pub fn page(&self, series: usize) -> String {
        let mut page = String::new();
        (self.series)(series, &mut |metric, labels| {
            page.push_str(metric);
            for (at, (name, value)) in labels.iter().enumerate() {
                page.push_str(if at == 0 { "{" } else { "," });
                page.push_str(&format!("{name}=\"{value}\""));
            }
            page.push_str("} 1\n");
        });
        page
    }
}

const CONTAINER_METRICS: [&str; 24] = [
    "container_blkio_device_usage_total",
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "container_cpu_load_average_10s",
    "container_cpu_system_seconds_total",
    "container_cpu_usage_seconds_total",
    "container_file_descriptors",
    "container_fs_reads_bytes_total",
    "container_fs_usage_bytes",
    "container_fs_writes_bytes_total",
    "container_last_seen",
    "container_memory_cache",
    "container_memory_failures_total",
    "container_memory_rss",
    "container_memory_working_set_bytes",
    "container_network_receive_bytes_total",
    "container_network_tcp_usage_total",
    "container_network_transmit_bytes_total",
    "container_network_udp_usage_total",
    "container_processes",
    "container_spec_memory_limit_bytes",
    "container_start_time_seconds",
    "container_tasks_state",
    "container_threads",
];

const BUCKETS: [&str; 18] = [
    "0.005", "0.025", "0.05", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5", "0.6", "0.8", "1", "1.5",
    "2", "5", "10", "30", "+Inf",
];

/// Half of them of containers, half of an API server's histograms.
fn kubelet(series: usize, tell: &mut Tell<'_>) {
    let mut left = series / 2;
    let pods = left.div_ceil(CONTAINER_METRICS.len());
    for metric in CONTAINER_METRICS {
        for number in 0..pods.min(left) {
            let (pod, container) = (number / 3, ["app", "istio-proxy", ""][number % 3]);
            let id = format!("/kubepods/burstable/pod{pod:08x}/{number:012x}");
            let pod_name = format!("payments-{}-7d9f8b6c5-{pod:05x}", pod % 236);
            let namespace = format!("team-{}", pod % 19);
            let cgroup = number % 97 == 0;
            let labels = [
                ("container", container),
                ("id", &id),
                ("image", "registry.example.com/app:1.27.3"),
                ("namespace", if cgroup { "" } else { &namespace }),
                ("pod", if cgroup { "" } else { &pod_name }),
            ];
            tell(metric, &labels);
        }
        left -= pods.min(left);
    }
    server(series - series / 2, tell);
}

fn server(series: usize, tell: &mut Tell<'_>) {
    const METRICS: [&str; 4] = [
        "apiserver_request_duration_seconds_bucket",
        "apiserver_request_sli_duration_seconds_bucket",
        "etcd_request_duration_seconds_bucket",
        "workqueue_queue_duration_seconds_bucket",
    ];
    let each = series.div_ceil(METRICS.len());
    let mut left = series;
    for metric in METRICS {
        for number in 0..each.min(left) {
            let set = number / BUCKETS.len();
            let resource = format!("resource{}s", set / 6);
            let labels = [
                ("component", "apiserver"),
                ("group", ["", "apps", "batch"][set / 6 % 3]),
                ("le", BUCKETS[number % BUCKETS.len()]),
                ("resource", &resource),
                ("scope", ["cluster", "namespace"][set / 3 % 2]),
                ("verb", ["GET", "LIST", "PATCH"][set % 3]),
                ("version", "v1"),
            ];
            tell(metric, &labels);
        }
        left -= each.min(left);
    }
}

/// Requests of a mesh: 22 labels a series, as Istio exposes them by default.
fn mesh(series: usize, tell: &mut Tell<'_>) {
    const METRICS: [&str; 5] = [
        "istio_request_bytes_bucket",
        "istio_request_duration_milliseconds_bucket",
        "istio_requests_total",
        "istio_response_bytes_bucket",
        "istio_tcp_sent_bytes_total",
    ];
    let each = series.div_ceil(METRICS.len());
    let mut left = series;
    for metric in METRICS {
        for number in 0..each.min(left) {
            edge(metric, number, tell);
        }
        left -= each.min(left);
    }
}

fn edge(metric: &str, number: usize, tell: &mut Tell<'_>) {
    let bucket = metric.ends_with("_bucket");
    let set = if bucket { number / BUCKETS.len() } else { number };
    let (from, to) = (set / 8 % 4096, set / 8 / 16 % 65536);
    let (source, destination) = (format!("service-{from}"), format!("service-{to}"));
    let principal = |name: &str| format!("spiffe://cluster.local/ns/bank/sa/{name}");
    let (source_principal, principal) = (principal(&source), principal(&destination));
    let host = format!("{destination}.bank.svc.cluster.local");
    let labels = [
        ("connection_security_policy", "mutual_tls"),
        ("destination_app", &*destination),
        ("destination_canonical_revision", "v1"),
        ("destination_canonical_service", &destination),
        ("destination_cluster", "Kubernetes"),
        ("destination_principal", &principal),
        ("destination_service", &host),
        ("destination_service_name", &destination),
        ("destination_service_namespace", "bank"),
        ("destination_version", "v1"),
        ("destination_workload", &destination),
        ("destination_workload_namespace", "bank"),
        ("le", if bucket { BUCKETS[number % BUCKETS.len()] } else { "" }),
        ("reporter", ["source", "destination"][set % 2]),
        ("request_protocol", "http"),
        ("response_code", ["200", "201", "404", "503"][set / 2 % 4]),
        ("response_flags", "-"),
        ("source_app", &source),
        ("source_canonical_revision", "v1"),
        ("source_canonical_service", &source),
        ("source_cluster", "Kubernetes"),
        ("source_principal", &source_principal),
        ("source_version", "v1"),
        ("source_workload", &source),
        ("source_workload_namespace", "bank"),
    ];
    tell(metric, &labels);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn series_are_as_many_as_asked_for_and_all_different() {
        for load in LOADS {
            for series in [1, 1000, 50_000] {
                let mut seen = HashSet::new();
                (load.series)(series, &mut |metric, labels| {
                    seen.insert(format!("{metric}{labels:?}"));
                });
                assert_eq!(seen.len(), series, "{}", load.name);
            }
            load.program().unwrap();
        }
    }
}
