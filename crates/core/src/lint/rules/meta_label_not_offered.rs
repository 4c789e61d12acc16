//! A step reads a `__meta_*` label that the job's service discovery does not have.
//!
//! ## Why
//! Each service discovery, and each role of Kubernetes discovery, has labels of its own. Those of
//! another are always empty.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: nodes
//!     kubernetes_sd_configs:
//!       - role: node
//!     relabel_configs:
//!       - source_labels: [__meta_kubernetes_pod_name] # error
//!         target_label: pod
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: nodes
//!     kubernetes_sd_configs:
//!       - role: node
//!     relabel_configs:
//!       - source_labels: [__meta_kubernetes_node_name]
//!         target_label: node
//! ```
//!
//! ## Fix
//! None. Take a label of this discovery, or another role.

use crate::config::ChainKind;
use crate::finding::{RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, counterparts, offered, reads_nothing};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST008", name: "meta-label-not-offered" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    if at.chain.kind != ChainKind::Target || !at.reads(StepField::SourceLabels) {
        return;
    }
    let job = context.job();
    let Some((job, offers)) = job.and_then(|job| Some((job, offered(job)?))) else { return };
    if offers.is_empty() {
        return;
    }
    let written = |label: &str| {
        let groups = job.static_targets.iter();
        groups.flat_map(|group| &group.labels).any(|(name, _)| name.value == label)
    };
    let is_empty = |label: &str| {
        label.starts_with("__meta_")
            && !offers.iter().any(|offer| offer.has(label))
            && !written(label)
            && !reads_nothing::may_be_set(at, label)
    };
    let sources = at.step.source_labels();
    let Some(index) = sources.iter().position(|label| is_empty(label)) else { return };
    let mut titles: Vec<String> = offers.iter().map(|offer| offer.title()).collect();
    titles.dedup();
    let titles = titles.join(" and ");
    let message = format!("{titles} has no label `{}`", sources[index]);
    let because = "a label that discovery does not set is empty";
    let mut finding = reads_nothing::finding(context, at, index, message, because, is_empty);
    finding =
        finding.remedy(match (near(&offers, &sources[index]), same(&offers, &sources[index])) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some((tells, label))) => format!("here `{label}` tells {tells}"),
            _ => "take a label that this discovery has, or another role".to_owned(),
        });
    context.report(finding);
}

/// A label of the discovery that tells what the label of another one does, and what that is.
fn same(offers: &[&crate::lint::Offer], label: &str) -> Option<(&'static str, String)> {
    let others = counterparts(label).into_iter();
    let mut labels =
        others.flat_map(|it| it.labels.into_iter().map(move |label| (it.tells, label)));
    labels.find(|(_, label)| offers.iter().any(|offer| offer.has(label)))
}

/// A label of the discovery that ends the same: `…_pod_name` for `…_pods_name`.
fn near<'a>(offers: &[&'a crate::lint::Offer], label: &str) -> Option<&'a str> {
    let labels = offers.iter().flat_map(|offer| &offer.labels);
    let squeezed = |text: &str| text.replace(['_', 's'], "");
    labels.map(String::as_str).find(|known| squeezed(known) == squeezed(label))
}
