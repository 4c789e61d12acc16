//! What kube-state-metrics exposes about the bank's deployments and pods.

use super::model::{Mesh, node_ip};
use super::page::Page;
use super::random::{of, uuid};

/// Phases a pod can be in: four of five samples are zero.
const PHASES: [&str; 5] = ["Failed", "Pending", "Running", "Succeeded", "Unknown"];

/// The page about the first `shown` services of the mesh.
pub(super) fn state(mesh: &Mesh, shown: usize) -> Page {
    let mut page = Page::default();
    let services = &mesh.services[..shown.min(mesh.services.len())];
    for (name, value) in
        [("kube_deployment_spec_replicas", 2), ("kube_deployment_status_replicas_available", 2)]
    {
        page.family(name, "gauge", "Replicas of a deployment.");
        for service in services {
            let labels = [("namespace", service.namespace), ("deployment", service.name.as_str())];
            page.sample(name, &labels, value);
        }
    }
    page.family("kube_pod_info", "gauge", "Information about pod.");
    for service in services {
        let pod = mesh.pod(service, 0);
        let node = format!("bank-worker-{:02}", pod.node + 1);
        let uid = uuid(of(mesh.seed, &[31, service.index as u64, service.release]));
        let labels = [
            ("namespace", service.namespace),
            ("pod", &*pod.name),
            ("uid", &*uid),
            ("host_ip", &*node_ip(pod.node)),
            ("pod_ip", &*pod.ip),
            ("node", &*node),
            ("created_by_kind", "ReplicaSet"),
        ];
        page.sample("kube_pod_info", &labels, 1);
    }
    page.family("kube_pod_status_phase", "gauge", "The pods current phase.");
    for service in services {
        let pod = mesh.pod(service, 0);
        for phase in PHASES {
            let labels = [("namespace", service.namespace), ("pod", &*pod.name), ("phase", phase)];
            page.sample("kube_pod_status_phase", &labels, u8::from(phase == "Running"));
        }
    }
    page
}
