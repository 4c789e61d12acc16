//! What one Alertmanager's `alert_relabel_configs` change, the next ones receive too.
//!
//! ## Why
//! Before 3.7.0 the server changes the alerts in place (prometheus#17063): later items of
//! `alertmanagers` get the labels as the earlier ones left them.
//!
//! ## Bad
//! ```yaml bad
//! alerting:
//!   alertmanagers:
//!     - static_configs: [{targets: ['am-a:9093']}]
//!       alert_relabel_configs:
//!         - regex: replica
//!           action: labeldrop # error
//!     - static_configs: [{targets: ['am-b:9093']}]
//! ```
//!
//! ## Good
//! ```yaml good
//! alerting:
//!   alert_relabel_configs:
//!     - regex: replica
//!       action: labeldrop
//!   alertmanagers:
//!     - static_configs: [{targets: ['am-a:9093']}]
//!     - static_configs: [{targets: ['am-b:9093']}]
//! ```
//!
//! ## Fix
//! None. Put the item last, or its steps into the global list.

use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "VE005", name: "alert-relabel-leaks" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let server = context.project.server;
    let managers = &context.project.alerting.alertmanagers;
    if !server.at_least(2, 51) || server.at_least(3, 7) || managers.len() < 2 {
        return;
    }
    let mut findings = Vec::new();
    for manager in &managers[..managers.len() - 1] {
        let changes =
            manager.alert_chain.steps.iter().enumerate().find(|(_, step)| {
                step.step.as_ref().is_some_and(|step| !step.action().is_filter())
            });
        let Some((index, step)) = changes else { continue };
        let mut finding = context
            .finding(
                step.spans.value_or_item(StepField::Action),
                "the next `alertmanagers` get what this step changes, too",
            )
            .evidence(Evidence::Proof(format!(
                "`{server}` changes alerts in place (prometheus#17063, fixed in 3.7.0)"
            )))
            .consequence("later items of `alertmanagers` receive alerts with other labels")
            .remedy("put this item last, or its steps into `alerting.alert_relabel_configs`");
        let chain = Some(manager.alert_chain.path.clone());
        finding.subject = Subject { job: None, chain, step: Some(index) };
        findings.push(finding);
    }
    context.report_all(findings);
}
