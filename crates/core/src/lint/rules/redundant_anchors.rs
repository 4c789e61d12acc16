//! A pattern has anchors of its own, although the server anchors every pattern at both ends.
//!
//! ## Why
//! `^` and `$` change nothing here, and suggest that patterns without them match a part of a value.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: ^go_gc_.*$ # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: 'go_gc_.*'
//!     action: drop
//! ```
//!
//! ## Fix
//! Safe: takes the anchors away.

use crate::doc::{self, Style};
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::regexp::Pattern;
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL007", name: "redundant-anchors" },
    severity: Severity::Info,
    fix: FixKind::Safe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let pattern = at.step.pattern();
    let written = at.configured.raw.regex.value();
    if written.is_none() || !at.reads(StepField::Regex) || pattern.unanchored() {
        return;
    }
    let Some(bare) = bare(context, pattern) else { return };
    let mut finding = context
        .finding(
            at.value(StepField::Regex),
            format!("the server anchors every pattern: `{bare}` means the same"),
        )
        .evidence(Evidence::Proof("both patterns match the same strings".to_owned()))
        .remedy(format!("write `{bare}`"));
    if let Some(node) = context.editable(at, StepField::Regex)
        && !matches!(node.style(), Style::Literal | Style::Folded)
    {
        let edit = doc::replace_scalar(context.source(at.value(StepField::Regex)), node, &bare);
        let (title, applicability) = (format!("write `{bare}`"), Applicability::Safe);
        finding = finding.fix(Fix { title, applicability, edits: vec![edit] });
    }
    context.report(finding);
}

/// The pattern without anchors, where it means the same. `^$` says best what it means.
fn bare(context: &Context<'_>, pattern: &Pattern) -> Option<String> {
    let text = pattern.text();
    let start = text.strip_prefix('^').unwrap_or(text);
    let bare = match start.strip_suffix('$') {
        Some(end) if !ends_escaped(end) => end,
        _ => start,
    };
    if bare.is_empty() || bare.len() == text.len() {
        return None;
    }
    let other = Pattern::parse(bare, pattern.dialect()).ok()?;
    let same = context.language(pattern)?.equal(&context.language(&other)?).ok()?.holds();
    (same && other.group_names() == pattern.group_names() && !other.unanchored())
        .then(|| bare.to_owned())
}

fn ends_escaped(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}
