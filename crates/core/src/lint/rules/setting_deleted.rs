//! A setting of targets is deleted where an optional label is missing.
//!
//! ## Why
//! Without a `regex` of its own a step matches the empty value too, and a label that gets nothing is
//! deleted: targets without the annotation lose their `job` or their address.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_label_app]
//!     target_label: job # error
//! ```
//!
//! ## Good
//! ```yaml fixed
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_label_app]
//!     target_label: job
//!     regex: '(.+)'
//! ```
//!
//! ## Fix
//! Unsafe: adds `regex: '(.+)'`, so that the setting stays where the label is missing.

use crate::config::{ChainKind, ConfiguredStep};
use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL024", name: "setting-deleted" },
    severity: Severity::Warning,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

/// Labels that every target starts with, and what their loss does.
const SETTINGS: [(&str, &str); 3] = [
    ("__address__", "targets without it have no address, and are not scraped"),
    ("job", "series of targets without it have no `job`"),
    ("__metrics_path__", "targets without it are scraped at an empty path"),
];

fn check(context: &mut Context<'_>, at: At<'_>) {
    let target = at.step.target().constant();
    let fills_in = !context.project.server.capabilities().sets_before_relabeling;
    let setting = SETTINGS.iter().find(|(label, _)| {
        target.as_deref() == Some(*label) && (*label == "__address__" || !fills_in)
    });
    let Some((label, consequence)) = setting.filter(|_| at.chain.kind == ChainKind::Target) else {
        return;
    };
    let sources = at.step.source_labels();
    let is_replace = at.step.action() == Action::Replace;
    if !is_replace || sources.is_empty() || !sources.iter().all(|label| is_optional(label)) {
        return;
    }
    let changed = |step: &ConfiguredStep| {
        step.step.as_ref().is_none_or(|step| filters::may_write(step, label))
    };
    if at.later().iter().any(changed) || is_filtered(at) {
        return;
    }
    let mut labels = sample::with_usual_labels(at.chain, Vec::new());
    if !labels.iter().any(|(name, _)| name == label) {
        labels.push(((*label).to_owned(), "/metrics".to_owned()));
    }
    let ran = sample::run([at.step], &labels);
    if ran.labels.iter().flatten().any(|(name, _)| name == label) {
        return;
    }
    let mut finding = context
        .finding(
            at.value(StepField::TargetLabel),
            format!("`{label}` is deleted where `{}` is missing", sources[0]),
        )
        .evidence(Evidence::Proof(sample::became(&labels, &ran)))
        .consequence(*consequence)
        .remedy("add `regex: (.+)`, so that the step does nothing without a value");
    if let Some(step) = context.editable_step(at)
        && !at.configured.raw.regex.is_written()
    {
        let source = context.source(at.configured.spans.item);
        let edit = doc::append_text(source, step, "regex", "(.+)");
        let title = "do nothing without a value".to_owned();
        finding.fix =
            edit.map(|edit| Fix { title, applicability: Applicability::Unsafe, edits: vec![edit] });
    }
    context.report(finding);
}

/// Whether targets may come without it: what users write on their objects.
fn is_optional(label: &str) -> bool {
    let families = ["_label_", "_annotation_", "_tag_", "_metadata_"];
    label.starts_with("__meta_") && families.iter().any(|family| label.contains(family))
}

/// Whether an earlier filter reads one of the labels: it may let only those pass that have it.
fn is_filtered(at: At<'_>) -> bool {
    let sources = at.step.source_labels();
    at.earlier().iter().filter_map(|step| step.step.as_ref()).any(|step| {
        step.action().is_filter()
            && step.source_labels().iter().any(|label| sources.contains(label))
    })
}
