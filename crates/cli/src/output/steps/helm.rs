//! Values of the chart kube-prometheus-stack for the jobs that it makes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Step, in_camel_case, item};

/// Where the chart takes the steps of a job from.
const VALUES: [(&str, &[&str]); 9] = [
    ("apiserver", &["kubeApiServer", "serviceMonitor"]),
    ("coredns", &["coreDns", "serviceMonitor"]),
    ("kube-controller-manager", &["kubeControllerManager", "serviceMonitor"]),
    ("kube-etcd", &["kubeEtcd", "serviceMonitor"]),
    ("kube-proxy", &["kubeProxy", "serviceMonitor"]),
    ("kube-scheduler", &["kubeScheduler", "serviceMonitor"]),
    ("kube-state-metrics", &["kube-state-metrics", "prometheus", "monitor"]),
    ("kubelet", &["kubelet", "serviceMonitor"]),
    ("node-exporter", &["prometheus-node-exporter", "prometheus", "monitor"]),
];

pub(super) fn text(jobs: &BTreeMap<&str, Vec<Step<'_>>>) -> String {
    let mut text = String::new();
    for (job, steps) in jobs {
        let Some((_, path)) = VALUES.iter().find(|(known, _)| known == job) else {
            let _ = writeln!(text, "# {job}: the chart makes no such job");
            continue;
        };
        let mut indent = 0;
        for key in path.iter().chain(&["metricRelabelings"]) {
            let _ = writeln!(text, "{}{key}:", " ".repeat(indent));
            indent += 2;
        }
        for step in steps {
            let yaml = in_camel_case(step.yaml);
            text.push_str(&item(&Step { reason: step.reason, yaml: &yaml }, indent));
        }
    }
    text
}
