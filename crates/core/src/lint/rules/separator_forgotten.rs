//! A pattern for several source labels matches no value with their separator in it.
//!
//! ## Why
//! The values of the source labels are joined by `separator`, `;` by default, also where a label is
//! missing. A pattern that wants something else between them never matches.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_namespace, __meta_kubernetes_pod_name]
//!     regex: ([a-z0-9]+)/(.+) # error
//!     target_label: pod_key
//!     replacement: $1.$2
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_namespace, __meta_kubernetes_pod_name]
//!     regex: ([a-z0-9]+);(.+)
//!     target_label: pod_key
//!     replacement: $1.$2
//! ```
//!
//! ## Fix
//! None. Write the separator into the pattern, or set `separator` to what the pattern has.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample, values};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL006", name: "separator-forgotten" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let labels = at.step.source_labels().len();
    if labels < 2 || !at.reads(StepField::Regex) || at.step.separator().is_empty() {
        return;
    }
    let Some(example) = never_matches(context, at) else { return };
    let joined: sample::Labels =
        at.step.source_labels().iter().map(|label| (label.to_string(), "x".to_owned())).collect();
    let ran = sample::run([at.step], &joined);
    let (pattern, separator) = (at.step.pattern().text(), at.step.separator());
    let wanted = match labels - 1 {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        times => format!("{times} times"),
    };
    let mut finding = context
        .finding(
            at.value(StepField::Regex),
            format!("`{pattern}` never matches: it allows no `{separator}` between {labels} labels"),
        )
        .evidence(Evidence::Proof(format!(
            "a value read here has `{separator}` {wanted} at least, and none of those is matched, but \
             {example} would be; {}",
            sample::became(&joined, &ran)
        )))
        .consequence("the step has no effect")
        .remedy(format!("put `{separator}` into the pattern, or set `separator` to what it has"));
    if at.step.action() == Action::Keep {
        finding.severity = Severity::Error;
        finding = finding.consequence("everything is dropped: nothing of this chain is left");
    }
    context.report(finding);
}

/// A string that the pattern matches, when none of them can be read.
fn never_matches(context: &Context<'_>, at: At<'_>) -> Option<String> {
    let pattern = context.language(at.step.pattern())?;
    let readable = values::expected(context, at.chain, at.index, at.step)?;
    let never = pattern.disjoint(&readable).is_ok_and(|verdict| verdict.holds());
    never.then(|| pattern.example()).flatten().map(|text| match text.as_str() {
        "" => "the empty one".to_owned(),
        text => format!("`{text}`"),
    })
}
