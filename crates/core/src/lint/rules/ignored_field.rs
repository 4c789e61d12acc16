//! A step has a field that its action does not read.
//!
//! ## Why
//! The server accepts the field and ignores it: the step does not do what it says.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     # Runtime metrics.
//!     regex: go_.*
//!     action: drop
//!     replacement: golang # error
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     # Runtime metrics.
//!     regex: go_.*
//!     action: drop
//! ```
//!
//! ## Fix
//! Safe: removes the field.

use crate::config::ConfiguredStep;
use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::{StepField, ignored_fields};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL008", name: "ignored-field" },
    severity: Severity::Warning,
    fix: FixKind::Safe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let action = at.step.action();
    for field in ignored_fields(&at.configured.raw, action) {
        let Some(span) = at.configured.spans.field(field) else { continue };
        // What is merged in serves several steps, and what equals the default comes from the
        // server's own output.
        if span.merged || is_default(at.configured, field) {
            continue;
        }
        let key = field.key();
        let reads: Vec<String> =
            action.reads().iter().map(|field| format!("`{}`", field.key())).collect();
        let mut finding = context
            .finding(span.key, format!("`{action}` does not read `{key}`"))
            .evidence(Evidence::Proof(format!(
                "of a step with `action: {action}` the server reads {} only",
                reads.join(", ")
            )))
            .consequence("the field has no effect")
            .remedy(format!("remove `{key}`, or choose the action that reads it"));
        finding.fix = fix(context, at, field);
        context.report(finding);
    }
}

fn is_default(step: &ConfiguredStep, field: StepField) -> bool {
    let raw = &step.raw;
    match field {
        StepField::Separator => raw.separator.value().is_none_or(|text| text == ";"),
        StepField::Regex => raw.regex.value().is_none_or(|text| text == "(.*)" || text == ".*"),
        StepField::Replacement => raw.replacement.value().is_none_or(|text| text == "$1"),
        StepField::Modulus => raw.modulus.value().is_none_or(|modulus| *modulus == 0),
        StepField::TargetLabel => raw.target_label.value().is_none_or(String::is_empty),
        StepField::SourceLabels => raw.source_labels.value().is_none_or(Vec::is_empty),
        StepField::Action | StepField::If | StepField::Match | StepField::Labels => false,
    }
}

fn fix(context: &Context<'_>, at: At<'_>, field: StepField) -> Option<Fix> {
    let mapping = context.editable(at, field)?.parent()?;
    let source = context.source(at.configured.spans.item);
    let edit = doc::delete_key(source, mapping, field.key())?;
    let title = format!("remove `{}`", field.key());
    Some(Fix { title, applicability: Applicability::Safe, edits: vec![edit] })
}
