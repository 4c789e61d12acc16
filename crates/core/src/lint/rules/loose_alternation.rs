//! An alternative of a pattern for several labels leaves out their separator, and never matches.
//!
//! ## Why
//! `|` binds weaker than everything else: `a|b;true` is either `a` alone or `b;true`. The values of
//! several source labels are joined by the separator, so that `a` alone is never read.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_service_name, __meta_kubernetes_service_port_name]
//!     regex: node-exporter|kubelet;https # error
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_service_name, __meta_kubernetes_service_port_name]
//!     regex: (node-exporter|kubelet);https
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Put the alternatives of each label in parentheses.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, alternatives, values};
use crate::regexp::Pattern;
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL013", name: "loose-alternation" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let several = at.step.source_labels().len() > 1 && !at.step.separator().is_empty();
    if !several || !at.reads(StepField::Regex) || at.step.pattern().unanchored() {
        return;
    }
    let (pattern, separator) = (at.step.pattern(), at.step.separator());
    let text = pattern.text();
    let Some(readable) = values::expected(context, at.chain, at.index, at.step) else { return };
    let never = |range: &std::ops::Range<usize>| {
        let alone = Pattern::parse(&text[range.clone()], pattern.dialect()).ok()?;
        Some(context.language(&alone)?.disjoint(&readable).ok()?.holds())
    };
    let ranges = alternatives::alternatives(text);
    let Some(verdicts) = ranges.iter().map(never).collect::<Option<Vec<bool>>>() else { return };
    // When none can match, the separator was forgotten as a whole.
    let Some(first) = verdicts.iter().position(|never| *never) else { return };
    let dead = verdicts.iter().filter(|never| **never).count();
    if dead == verdicts.len() {
        return;
    }
    let entry = &text[ranges[first].clone()];
    let others = if dead == 1 { String::new() } else { format!(" (and {} more)", dead - 1) };
    let effect = match at.step.action() {
        Action::Keep => "what it is meant to keep is dropped",
        Action::Drop => "what it is meant to drop stays",
        _ => "what it is meant for is left as it is",
    };
    let finding = context
        .finding(
            context.part(at, StepField::Regex, ranges[first].clone()),
            format!("the alternative `{entry}`{others} allows no `{separator}`, and never matches"),
        )
        .evidence(Evidence::Proof(format!(
            "{} labels are read as one value with `{separator}` between them; no such value \
             matches `{entry}`",
            at.step.source_labels().len()
        )))
        .consequence(effect)
        .remedy("put the alternatives of each label in parentheses");
    context.report(finding);
}
