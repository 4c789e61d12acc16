//! A field is written without a value, which is the empty text and not the default.
//!
//! ## Why
//! A blank field is null to YAML, and null sets a text to nothing: a blank `regex` matches only the
//! empty value, a blank `separator` joins values without anything between, a blank `replacement`
//! deletes the target label.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [pod]
//!     regex: # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [pod]
//!     regex: ''
//!     action: drop
//! ```
//!
//! ## Fix
//! Safe: writes the empty text, which says what happens. Where the default is meant, remove the
//! field.

use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::{Field, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL018", name: "null-overrides-default" },
    severity: Severity::Info,
    fix: FixKind::Safe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let raw = &at.configured.raw;
    let fields = [
        (StepField::Regex, &raw.regex, "(.*)", "it matches only the empty value"),
        (StepField::Separator, &raw.separator, ";", "values are joined with nothing between"),
        (StepField::Replacement, &raw.replacement, "$1", "the target label is deleted"),
    ];
    for (field, written, default, effect) in fields {
        let joins = field != StepField::Separator || at.step.source_labels().len() > 1;
        if *written != Field::Null || !at.reads(field) || !joins {
            continue;
        }
        let Some(span) = at.configured.spans.field(field) else { continue };
        let key = field.key();
        let mut finding = context
            .finding(
                span.key,
                format!("a blank `{key}` is the empty text, not the default `{default}`"),
            )
            .evidence(Evidence::Proof(format!("the server sets `{key}` to nothing: {effect}")))
            .consequence(effect)
            .remedy("write `''` if that is meant, or remove the field");
        // A blank pattern or replacement may be meant: it is what the empty text does. Nobody wants
        // values run together.
        if field == StepField::Separator {
            finding.severity = Severity::Warning;
        }
        finding.fix = fix(context, at, field);
        context.report(finding);
    }
}

fn fix(context: &Context<'_>, at: At<'_>, field: StepField) -> Option<Fix> {
    // A tag may make anything of the text.
    let node = context.editable(at, field).filter(|node| node.tag().is_none())?;
    let key = at.configured.spans.field(field)?.key;
    let edit = doc::replace_scalar(context.source(key), node, "");
    let title = "write the empty text".to_owned();
    Some(Fix { title, applicability: Applicability::Safe, edits: vec![edit] })
}
