//! Alerts carry the label that tells replicas apart, so that Alertmanager does not merge them.
//!
//! ## Why
//! Two replicas send the same alerts, and Alertmanager merges what has the same labels. An external
//! label such as `replica` makes them different: every alert notifies twice.
//!
//! ## Bad
//! ```yaml bad
//! global:
//!   external_labels:
//!     cluster: eu
//!     replica: a # error
//! alerting:
//!   alertmanagers:
//!     - static_configs: [{targets: ['am:9093']}]
//! ```
//!
//! ## Good
//! ```yaml good
//! global:
//!   external_labels:
//!     cluster: eu
//!     replica: a
//! alerting:
//!   alert_relabel_configs:
//!     - regex: replica
//!       action: labeldrop
//!   alertmanagers:
//!     - static_configs: [{targets: ['am:9093']}]
//! ```
//!
//! ## Fix
//! None. Drop the label in `alerting.alert_relabel_configs`.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{Check, Context, FixKind, Rule, sample};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH007", name: "replica-label-in-alerts" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let project = context.project;
    let mut labels = project.global.external_labels.iter();
    let replica = labels.find(|(name, _)| name.value.trim_matches('_').ends_with("replica"));
    let Some((name, value)) = replica.filter(|_| !project.alerting.alertmanagers.is_empty()) else {
        return;
    };
    let chain = &project.alerting.alert_chain;
    let mut alert = sample::with_usual_labels(chain, Vec::new());
    let has = |labels: &sample::Labels| labels.iter().any(|(label, _)| *label == name.value);
    if !has(&alert) {
        alert.push((name.value.clone(), value.value.clone()));
    }
    let reaches = project.alerting.alertmanagers.iter().any(|manager| {
        let all = chain.steps.iter().chain(&manager.alert_chain.steps);
        let ran = sample::run(all.filter_map(|step| step.step.as_ref()), &alert);
        ran.labels.as_ref().is_some_and(has)
    });
    if !reaches {
        return;
    }
    let finding = context
        .finding(name.location, format!("alerts are sent with `{}`", name.value))
        .evidence(Evidence::Proof(format!("nothing removes it from `{}`", sample::show(&alert))))
        .consequence("with two replicas each alert notifies twice")
        .remedy("drop the label in `alerting.alert_relabel_configs`");
    context.report(finding);
}
