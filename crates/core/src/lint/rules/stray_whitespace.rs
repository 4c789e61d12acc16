//! A pattern that goes over several lines has white space of the line breaks in it.
//!
//! ## Why
//! YAML joins the lines of a plain or quoted text by a space, and `|` and `>` end their text with a
//! line break. The pattern then wants them in the value.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_gc_duration_seconds| # error
//!       go_threads
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: 'go_gc_duration_seconds|go_threads'
//!     action: drop
//! ```
//!
//! ## Fix
//! Unsafe: writes the pattern on one line, which changes what is matched.

use crate::doc::{self, Node};
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::regexp::Pattern;
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL016", name: "stray-whitespace" },
    severity: Severity::Warning,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let pattern = at.step.pattern();
    let Some(span) = at.configured.spans.field(StepField::Regex) else { return };
    let Some(node) = context.node(span).filter(|_| at.reads(StepField::Regex)) else { return };
    let Some(clean) = without_breaks(context, node, pattern.text()) else { return };
    let Ok(meant) = Pattern::parse(&clean, pattern.dialect()) else { return };
    let missed = context.language(&meant).zip(context.language(pattern));
    let missed = missed.and_then(|(meant, real)| meant.difference(&real).ok());
    let Some(missed) = missed.filter(|missed| !missed.is_empty().holds()) else { return };
    let Some(evidence) = evidence(context, at, &missed) else { return };
    let mut finding = context
        .finding(span.value, "the pattern has white space of its line breaks in it")
        .evidence(Evidence::Proof(evidence))
        .consequence("the step misses what the pattern is meant for")
        .remedy("write the pattern on one line, or use `>-` and no line break inside");
    if at.step.action() == Action::Keep {
        finding = finding.consequence("what the pattern is meant to keep is dropped");
    }
    if let Some(node) = context.editable(at, StepField::Regex) {
        let edits = vec![doc::replace_scalar(context.source(span.value), node, &clean)];
        let title = "write the pattern on one line".to_owned();
        finding = finding.fix(Fix { title, applicability: Applicability::Unsafe, edits });
    }
    context.report(finding);
}

/// The pattern without what line breaks have left in it; `None` when they left nothing.
fn without_breaks(context: &Context<'_>, node: Node<'_>, text: &str) -> Option<String> {
    let written = context.source(node.location()).text().get(node.span().range())?;
    if !text.contains(char::is_whitespace) || !written.contains('\n') {
        return None;
    }
    let mut clean = text.trim_end().replace('\n', " ");
    while let Some(at) = clean.find("  ") {
        clean.remove(at);
    }
    for mark in ["|", "(", ")"] {
        clean = clean.replace(&format!(" {mark}"), mark).replace(&format!("{mark} "), mark);
    }
    (clean != text).then_some(clean)
}

fn evidence(
    context: &Context<'_>,
    at: At<'_>,
    missed: &crate::regexp::language::Language,
) -> Option<String> {
    if at.step.action().is_by_name() {
        return Some(format!("`{}` is not matched", missed.example()?));
    }
    let labels = sample::reading(context, at.step, missed)?;
    let labels = sample::with_usual_labels(at.chain, labels);
    let ran = sample::run([at.step], &labels);
    Some(format!("the pattern does not match: {}", sample::became(&labels, &ran)))
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[track_caller]
    fn check(regex: &str, expected: usize) {
        let chain = format!(
            "metric_relabel_configs:\n- source_labels: [__name__]\n  action: drop\n  regex: {regex}\n"
        );
        assert_eq!(found(&chain, "stray-whitespace").len(), expected, "{regex}");
    }

    #[test]
    fn what_line_breaks_leave_is_found() {
        check("|\n    go_.*", 1);
        check("|-\n    go_.*", 0);
        check(">-\n    go_a|\n    go_b", 1);
        check("\"go_a|\\\n    go_b\"", 0);
        check("'a b'", 0);
    }
}
