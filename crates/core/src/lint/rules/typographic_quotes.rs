//! A pattern has typographic quotes, which it then looks for in the value.
//!
//! ## Why
//! Chats and word processors turn `'` and `"` into typographic ones. To YAML and to patterns they are
//! letters like any other.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [env]
//!     regex: ‘SANDBOX’ # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [env]
//!     regex: SANDBOX
//!     action: drop
//! ```
//!
//! ## Fix
//! Unsafe: takes the quotes away, which changes what is matched.

use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::regexp::Pattern;
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL015", name: "typographic-quotes" },
    severity: Severity::Warning,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

const QUOTES: [char; 7] = ['‘', '’', '‚', '“', '”', '„', '‟'];

fn check(context: &mut Context<'_>, at: At<'_>) {
    let pattern = at.step.pattern();
    let text = pattern.text();
    if !at.reads(StepField::Regex) || !text.contains(QUOTES) {
        return;
    }
    let bare = text.replace(QUOTES, "");
    let Ok(meant) = Pattern::parse(&bare, pattern.dialect()) else { return };
    let missed = context.language(&meant).zip(context.language(pattern));
    let missed = missed.and_then(|(meant, real)| meant.difference(&real).ok()?.example());
    let Some(missed) = missed.filter(|value| !value.is_empty()) else { return };
    let mut finding = context
        .finding(at.value(StepField::Regex), format!("`{text}` wants the quotes in the value"))
        .evidence(Evidence::Proof(format!("`{missed}` is not matched")))
        .consequence("the step misses what the pattern is meant for")
        .remedy("write ASCII quotes around the pattern, or none");
    if let Some(node) = context.editable(at, StepField::Regex) {
        let source = context.source(at.value(StepField::Regex));
        let edits = vec![doc::replace_scalar(source, node, &bare)];
        let title = "take the quotes away".to_owned();
        finding = finding.fix(Fix { title, applicability: Applicability::Unsafe, edits });
    }
    context.report(finding);
}
