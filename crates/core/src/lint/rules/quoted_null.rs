//! A pattern is a quoted `null` or `~`, which breaks every other pattern of the process.
//!
//! ## Why
//! The YAML reader of Prometheus takes the text for null even in quotes. Since 2.53 the server then
//! overwrites its default pattern by it, unanchored: every step of the whole configuration without a
//! `regex` of its own matches only values with `null` in them, and the server says nothing.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [reason]
//!     regex: 'null' # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [reason]
//!     regex: '(null)'
//!     action: drop
//! ```
//!
//! ## Fix
//! Unsafe: puts the word in parentheses, so that the step does what it says.

use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "VE002", name: "quoted-null" },
    severity: Severity::Error,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let Some(span) = at.configured.spans.field(StepField::Regex) else { return };
    let Some(node) = context.node(span) else { return };
    let Some(text) = at.configured.raw.regex.value() else { return };
    if !node.skips_unmarshaler() || !context.project.server.at_least(2, 53) {
        return;
    }
    let mut finding = context
        .finding(
            span.value,
            format!("a quoted `{text}` replaces the default pattern of the server"),
        )
        .evidence(Evidence::Server(format!(
            "`{}` reads the text into the pattern that all steps without `regex` share (seen on \
             2.53 and 3.5)",
            context.project.server
        )))
        .consequence(format!(
            "every step of the process without a `regex` matches only values with `{text}` in them"
        ))
        .remedy(format!("write `({text})`"));
    if let Some(node) = context.editable(at, StepField::Regex) {
        let text = format!("({text})");
        let edit = doc::replace_scalar(context.source(span.value), node, &text);
        let (title, applicability) = (format!("write `{text}`"), Applicability::Unsafe);
        finding = finding.fix(Fix { title, applicability, edits: vec![edit] });
    }
    context.report(finding);
}
