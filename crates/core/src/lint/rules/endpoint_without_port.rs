//! Relabel rules of a monitor stand in a list item of their own, which is an endpoint without a port.
//!
//! ## Why
//! Each item of `endpoints` is an endpoint. One that has nothing but relabel rules names no port, so
//! that every port is scraped a second time, and the endpoint that the rules were meant for has none.
//!
//! ## Bad
//! ```yaml bad
//! apiVersion: monitoring.coreos.com/v1
//! kind: ServiceMonitor
//! metadata: {name: app, namespace: shop}
//! spec:
//!   selector: {matchLabels: {app: app}}
//!   endpoints:
//!     - port: metrics
//!     - metricRelabelings: # error
//!         - regex: pod_uid
//!           action: labeldrop
//! ```
//!
//! ## Good
//! ```yaml good
//! apiVersion: monitoring.coreos.com/v1
//! kind: ServiceMonitor
//! metadata: {name: app, namespace: shop}
//! spec:
//!   selector: {matchLabels: {app: app}}
//!   endpoints:
//!     - port: metrics
//!       metricRelabelings:
//!         - regex: pod_uid
//!           action: labeldrop
//! ```
//!
//! ## Fix
//! None. Take away the dash, so that the rules belong to the endpoint before.

use crate::config::{Job, Kind};
use crate::doc::Node;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{Check, Context, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST012", name: "endpoint-without-port" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Job(check),
};

fn check(context: &mut Context<'_>, job: &Job) {
    if job.kind != Kind::Operator {
        return;
    }
    let Some(document) = context.project.document_at(job.location) else { return };
    let is_job = |node: &Node<'_>| node.is_mapping() && node.location() == job.location;
    let Some(endpoint) = document.nodes().find(is_job) else { return };
    let Some(list) = endpoint.parent().filter(|list| list.is_sequence()) else { return };
    let mut before = list.items().take_while(|item| *item != endpoint);
    if !has_only_rules(endpoint) || !before.any(|item| item.get("port").is_some()) {
        return;
    }
    let finding = context
        .finding(job.location, "these rules are an endpoint of their own, without a port")
        .evidence(Evidence::Proof(
            "the item has no `port` and no `targetPort`, and one before it has a `port`".to_owned(),
        ))
        .consequence("every port is scraped once more, and the endpoint before has no such rules")
        .remedy("take away the dash, so that the rules belong to the endpoint before");
    context.report(finding);
}

fn has_only_rules(endpoint: Node<'_>) -> bool {
    const RULES: [&str; 2] = ["relabelings", "metricRelabelings"];
    let mut keys = endpoint.entries().map(|(key, _)| key.resolved().text());
    endpoint.entries().len() > 0 && keys.all(|key| RULES.contains(&key))
}
