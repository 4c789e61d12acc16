//! A temporary label is written after the scrape, and stored with the series.
//!
//! ## Why
//! Only target relabeling removes labels that begin with `__`. After the scrape they stay: the label
//! is stored, costs memory and is one more part of the series' identity.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [uri]
//!     regex: (/[^/]+).*
//!     target_label: __tmp_uri_root # error
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [uri]
//!     regex: (/[^/]+).*
//!     target_label: __tmp_uri_root
//!   - regex: __tmp_uri_root
//!     action: labeldrop
//! ```
//!
//! ## Fix
//! Unsafe: appends a `labeldrop` of the label, which changes what is stored.

use crate::config::{ChainKind, ConfiguredStep};
use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST002", name: "temporary-label-stored" },
    severity: Severity::Warning,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    if !matches!(at.chain.kind, ChainKind::Metric | ChainKind::Write) {
        return;
    }
    let label = match at.step.action() {
        Action::Replace => at.step.target().constant(),
        Action::HashMod | Action::Lowercase | Action::Uppercase => {
            Some(at.step.target_label().to_owned())
        }
        _ => None,
    };
    let Some(label) = label.filter(|label| label.starts_with("__tmp")) else { return };
    // A later step that writes it may remove it, or is the one to report.
    let is_written = |step: &ConfiguredStep| {
        step.step.as_ref().is_none_or(|step| {
            step.action() != Action::LabelMap && filters::may_write(step, &label)
        })
    };
    if at.later().iter().any(is_written) {
        return;
    }
    let Some(evidence) = evidence(context, at, &label) else { return };
    let stored = match at.chain.kind {
        ChainKind::Write => "sent",
        _ => "stored",
    };
    let mut finding = context
        .finding(at.value(StepField::TargetLabel), format!("`{label}` is {stored} with the series"))
        .evidence(Evidence::Proof(evidence))
        .consequence("every series that the pattern matches carries one more label")
        .remedy(format!("end the chain with a `labeldrop` of `{label}`"));
    finding.fix = fix(context, at, &label);
    context.report(finding);
}

/// A label set that ends up with the label.
fn evidence(context: &Context<'_>, at: At<'_>, label: &str) -> Option<String> {
    let wanted = context.language(at.step.pattern())?;
    let wanted = wanted.difference(&context.language_of("")?).ok()?;
    let labels = sample::reading(context, at.step, &wanted)?;
    let labels = sample::with_usual_labels(at.chain, labels);
    let ran = sample::run([at.step], &labels);
    let is_there = ran.labels.iter().flatten().any(|(name, _)| name == label);
    is_there.then(|| format!("no later step removes it: {}", sample::became(&labels, &ran)))
}

fn fix(context: &Context<'_>, at: At<'_>, label: &str) -> Option<Fix> {
    let last = At::new(at.chain, at.chain.steps.len() - 1)?;
    context.editable_step(at)?;
    let item = context.editable_step(last)?;
    let source = context.source(at.configured.spans.item);
    let fields = [("regex", label), ("action", "labeldrop")];
    let edit = doc::insert_fields_after(source, item, &fields)?;
    let title = format!("drop `{label}` at the end of the chain");
    Some(Fix { title, applicability: Applicability::Unsafe, edits: vec![edit] })
}
