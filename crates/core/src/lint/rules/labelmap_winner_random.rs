//! A `labelmap` copies several discovered labels to one name, and chance decides which one stays.
//!
//! ## Why
//! Since 2.43 the server goes through a target's labels in the order of a Go map, which differs from
//! sync to sync: targets change their labels, and series end and begin again for no reason.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: pods
//!     kubernetes_sd_configs: [{role: endpoints}]
//!     relabel_configs:
//!       - regex: __meta_kubernetes_(?:pod|service)_label_(.+) # error
//!         action: labelmap
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: pods
//!     kubernetes_sd_configs: [{role: endpoints}]
//!     relabel_configs:
//!       - regex: __meta_kubernetes_pod_label_(.+)
//!         action: labelmap
//!       - regex: __meta_kubernetes_service_label_(.+)
//!         action: labelmap
//! ```
//!
//! ## Fix
//! None. Write one `labelmap` for each kind of labels: of two steps the later one wins, always.

use crate::config::{ChainKind, Job};
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, offered, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "VE003", name: "labelmap-winner-random" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let server = context.project.server;
    let is_map = at.step.action() == Action::LabelMap && at.chain.kind == ChainKind::Target;
    if !is_map || server.sorts_after_each_step() {
        return;
    }
    let job = context.job();
    let Some([one, other, name]) = job.and_then(|job| clash(at, job)) else { return };
    let finding = context
        .finding(
            at.value(StepField::Regex),
            format!("which of `{one}` and `{other}` becomes `{name}` is left to chance"),
        )
        .evidence(Evidence::Proof(format!(
            "both map to `{name}`, and `{server}` goes through discovered labels in no fixed order"
        )))
        .consequence("labels of targets change from sync to sync: series end and begin again")
        .remedy("write one `labelmap` for each kind of labels: the later one wins");
    context.report(finding);
}

/// Two labels of the job's discovery that the step copies to the same name.
fn clash(at: At<'_>, job: &Job) -> Option<[String; 3]> {
    let mut seen: Vec<(String, String)> = Vec::new();
    for label in offered(job)?.iter().flat_map(|offer| &offer.labels) {
        let label = label.replace('*', "app");
        let before = vec![(label.clone(), "x".to_owned())];
        let after = sample::run([at.step], &before).labels?;
        let Some((name, _)) = after.into_iter().find(|(name, _)| *name != label) else { continue };
        if let Some((other, _)) =
            seen.iter().find(|(other, known)| *known == name && *other != label)
        {
            return Some([other.clone(), label, name]);
        }
        seen.push((label, name));
    }
    None
}
