//! A pattern ends or begins with `|`, and so matches the empty value too.
//!
//! ## Why
//! A label that is missing has the empty value. `a|` matches all that has no such label; often the
//! `|` is what was left of a list.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [env]
//!     regex: dev|test| # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [env]
//!     regex: dev|test
//!     action: drop
//! ```
//!
//! ## Fix
//! None. Take the `|` away, or write `()` where the empty value is meant.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, alternatives, sample};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL014", name: "empty-alternative" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let text = at.step.pattern().text();
    let ranges = alternatives::alternatives(text);
    let has_source = at.step.source_labels().len() == 1;
    if !at.reads(StepField::Regex) || !has_source || ranges.len() < 2 {
        return;
    }
    // In the middle it is a slip too, but then the list itself shows it.
    let ends = [ranges.first(), ranges.last()];
    if !ends.into_iter().flatten().any(std::ops::Range::is_empty) {
        return;
    }
    let labels = sample::with_usual_labels(at.chain, Vec::new());
    let label = &*at.step.source_labels()[0];
    if labels.iter().any(|(name, _)| name == label) {
        return;
    }
    let ran = sample::run([at.step], &labels);
    let finding = context
        .finding(at.value(StepField::Regex), format!("`{text}` matches the empty value too"))
        .evidence(Evidence::Proof(format!("without `{label}`: {}", sample::became(&labels, &ran))))
        .consequence(format!("the step takes all that has no `{label}`"))
        .remedy("take the `|` away, or write `()` where the empty value is meant");
    context.report(finding);
}
