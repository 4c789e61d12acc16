//! All remotes drop the same series, which the server stores and reads again for each of them.
//!
//! ## Why
//! `write_relabel_configs` runs when samples are sent: the series are in memory, in the log and on disk
//! all the same. What no remote wants and nobody queries here is dropped in `metric_relabel_configs`.
//!
//! ## Bad
//! ```yaml bad
//! remote_write:
//!   - url: http://a/
//!     write_relabel_configs:
//!       - source_labels: [__name__] # error
//!         regex: go_.*
//!         action: drop
//!   - url: http://b/
//!     write_relabel_configs:
//!       - source_labels: [__name__]
//!         regex: go_.*
//!         action: drop
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app:8080']}]
//!     metric_relabel_configs:
//!       - source_labels: [__name__]
//!         regex: go_.*
//!         action: drop
//! remote_write:
//!   - url: http://a/
//!   - url: http://b/
//! ```
//!
//! ## Fix
//! None. Only you know whether the series are queried on this server.

use crate::finding::{RuleId, Severity, Subject};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::relabel::Action;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SC007", name: "dropped-at-every-remote" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let remotes = &context.project.remote_writes;
    let [first, rest @ ..] = &remotes[..] else { return };
    if rest.is_empty() {
        return;
    }
    let mut findings = Vec::new();
    for (index, step) in first.write_chain.steps.iter().enumerate() {
        let is_drop = step.step.as_ref().is_some_and(|step| step.action() == Action::Drop);
        let has = |remote: &&crate::config::RemoteWrite| {
            remote.write_chain.steps.iter().any(|other| other.raw == step.raw)
        };
        if !is_drop || !rest.iter().all(|remote| has(&remote)) {
            continue;
        }
        let message = format!("all {} remotes drop these series", remotes.len());
        let mut finding = context
            .finding(step.spans.item, message)
            .consequence("they cost memory, log and disk here all the same")
            .remedy("where nobody queries them here, drop them in `metric_relabel_configs`");
        let chain = Some(first.write_chain.path.clone());
        finding.subject = Subject { job: None, chain, step: Some(index) };
        findings.push(finding);
    }
    context.report_all(findings);
}
