//! Which values labels can have, as far as that is certain: what the scrape and service discovery
//! guarantee about labels that no step has touched.

use super::{Context, filters};
use crate::config::{Chain, ChainKind};
use crate::regexp::language::{Language, Limits};
use crate::relabel::Step;

/// Names of Kubernetes objects are DNS subdomains, those of namespaces and containers DNS labels
/// (`apimachinery/pkg/util/validation`). Empty where the object has none.
const KUBERNETES: [(&str, &str); 10] = [
    ("__meta_kubernetes_namespace", "[a-z0-9-]*"),
    ("__meta_kubernetes_pod_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_service_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_endpoints_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_endpointslice_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_node_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_pod_node_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_pod_container_name", "[a-z0-9-]*"),
    ("__meta_kubernetes_pod_container_port_name", "[a-z0-9-]*"),
    ("__meta_kubernetes_pod_container_port_number", "[0-9]*"),
];

/// All values that a step of a chain can read: its label values joined.
pub(super) fn readable(
    context: &Context<'_>,
    chain: &Chain,
    index: usize,
    step: &Step,
) -> Option<Language> {
    joined(step, |label| {
        let is_there = is_always_there(chain, label) && is_untouched(chain, index, label);
        if is_there {
            context.language_of("(?s:.+)")
        } else {
            Some(Language::all(Limits::default()))
        }
    })
}

/// The same, with what is known about the values of discovery.
pub(super) fn expected(
    context: &Context<'_>,
    chain: &Chain,
    index: usize,
    step: &Step,
) -> Option<Language> {
    joined(step, |label| {
        let known = KUBERNETES.iter().find(|(name, _)| *name == label);
        match known.filter(|_| is_untouched(chain, index, label)) {
            Some((_, values)) => context.language_of(values),
            None => Some(Language::all(Limits::default())),
        }
    })
}

fn joined(step: &Step, values: impl Fn(&str) -> Option<Language>) -> Option<Language> {
    let parts: Option<Vec<Language>> =
        step.source_labels().iter().map(|label| values(label)).collect();
    Language::joined(&parts?, step.separator(), Limits::default()).ok()
}

/// Whether what comes to the chain always has the label.
fn is_always_there(chain: &Chain, label: &str) -> bool {
    match chain.kind {
        ChainKind::Metric | ChainKind::Write => label == "__name__",
        ChainKind::Target => matches!(label, "__address__" | "__scheme__" | "__metrics_path__"),
        ChainKind::Alertmanager => label == "__address__",
        ChainKind::Alert => label == "alertname",
    }
}

fn is_untouched(chain: &Chain, index: usize, label: &str) -> bool {
    let earlier = chain.steps[..index].iter();
    !earlier
        .into_iter()
        .any(|step| step.step.as_ref().is_none_or(|step| filters::may_write(step, label)))
}
