//! Unbalanced parentheses free a pattern from the server's anchors.
//!
//! ## Why
//! The server puts `^(?s:` before a pattern and `)$` after it, as text. With `a)|(?:b` the anchors
//! bind to one alternative each, and the pattern is looked for anywhere in the value.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: up)|(?:node_.+ # error
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: (up)|(?:node_.+)
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Balance the parentheses.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL009", name: "unanchored-pattern" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let pattern = at.step.pattern();
    if !at.reads(StepField::Regex) || !pattern.unanchored() {
        return;
    }
    let Some(example) = context.language(pattern).and_then(|language| language.example()) else {
        return;
    };
    let longer = [format!("{example}!?"), format!("!?{example}")];
    let Some(longer) = longer.iter().find(|value| pattern.is_match(value)) else { return };
    let finding = context
        .finding(
            at.value(StepField::Regex),
            format!("`{}` is not anchored: its parentheses close the server's own", pattern.text()),
        )
        .evidence(Evidence::Proof(format!("it matches `{example}`, and `{longer}` too")))
        .consequence("it matches values that only begin or end as the pattern says")
        .remedy("balance the parentheses");
    context.report(finding);
}
