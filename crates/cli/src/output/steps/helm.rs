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

/// The lists of the kubelet's monitor, by its endpoints in order.
const OF_KUBELET: [&str; 4] = [
    "metricRelabelings",
    "cAdvisorMetricRelabelings",
    "probesMetricRelabelings",
    "resourceMetricRelabelings",
];

/// Where values stand: the keys to a monitor, and the list in it.
type Place = (&'static [&'static str], &'static str);

pub(super) fn text(jobs: &BTreeMap<&str, Vec<Step<'_>>>) -> String {
    let mut text = String::new();
    // Several jobs may be endpoints of one monitor.
    let mut monitors: BTreeMap<&[&str], BTreeMap<&str, String>> = BTreeMap::new();
    for (job, steps) in jobs {
        let Some((path, list)) = place(job) else {
            let _ = writeln!(text, "# {job}: the chart makes no such job");
            continue;
        };
        let items = monitors.entry(path).or_default().entry(list).or_default();
        for step in steps {
            let yaml = in_camel_case(step.yaml);
            items.push_str(&item(&Step { reason: step.reason, yaml: &yaml }, 2 * path.len() + 2));
        }
    }
    if !monitors.is_empty() {
        text.push_str(
            "# A list of values replaces that of the chart: these go below what it has.\n",
        );
    }
    for (path, lists) in monitors {
        for (depth, key) in path.iter().enumerate() {
            let _ = writeln!(text, "{}{key}:", " ".repeat(2 * depth));
        }
        for (list, items) in lists {
            let _ = write!(text, "{}{list}:\n{items}", " ".repeat(2 * path.len()));
        }
    }
    text
}

/// The place of a job's steps. The job is named by hand, or `serviceMonitor/NAMESPACE/NAME/INDEX` by
/// the operator, where the chart begins the name with that of the release.
fn place(job: &str) -> Option<Place> {
    let parts: Vec<&str> = job.split('/').collect();
    let (name, index) = match parts[..] {
        ["serviceMonitor", _, name, index] => (name, index.parse().ok()?),
        _ => (job, 0),
    };
    let is_named = |known: &str| {
        name.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('-'))
    };
    let (known, path) = VALUES.iter().find(|(known, _)| is_named(known))?;
    let lists = if *known == "kubelet" { &OF_KUBELET[..] } else { &OF_KUBELET[..1] };
    Some((path, lists.get::<usize>(index)?))
}
