//! A pattern ends like a file glob: its `*` repeats the last letter.
//!
//! ## Why
//! Patterns are regular expressions: `metrica_*` is `metrica` with any number of underscores. What
//! goes on behind them is not matched.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_memstats_*|go_gc_duration_seconds # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: 'go_memstats_.*|go_gc_duration_seconds'
//!     action: drop
//! ```
//!
//! ## Fix
//! Unsafe: writes `.*` for the `*`, which changes what is matched.

use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, alternatives};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL012", name: "glob-pattern" },
    severity: Severity::Warning,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    if !at.reads(StepField::Regex) {
        return;
    }
    let pattern = at.step.pattern();
    let text = pattern.text();
    let globs: Vec<_> = alternatives::entries(text)
        .into_iter()
        .filter_map(|range| Some((range.clone(), glob(&text[range])?)))
        .filter(|(_, word)| pattern.is_match(word) && !pattern.is_match(&format!("{word}x")))
        .collect();
    let Some((range, word)) = globs.first() else { return };
    let entry = &text[range.clone()];
    let effect = match at.step.action() {
        Action::Keep | Action::LabelKeep => "what the pattern is meant to keep is removed",
        Action::Drop | Action::LabelDrop => "what the pattern is meant to remove stays",
        _ => "the step misses what the pattern is meant for",
    };
    let mut finding = context
        .finding(
            context.part(at, StepField::Regex, range.clone()),
            format!("`{entry}` repeats its last letter: `*` is no wildcard here"),
        )
        .evidence(Evidence::Proof(format!("it matches `{word}`, but not `{word}x`")))
        .consequence(effect)
        .remedy("write `.*`");
    finding.fix = fix(context, at, &globs.iter().map(|(range, _)| range.end).collect::<Vec<_>>());
    context.report(finding);
}

/// The word that a glob such as `metrica_*` stands for, without what its star repeats.
fn glob(entry: &str) -> Option<String> {
    let word = entry.strip_suffix('*')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-');
    (word.len() >= 4 && word.bytes().all(is_plain)).then(|| word.to_owned())
}

fn fix(context: &Context<'_>, at: At<'_>, ends: &[usize]) -> Option<Fix> {
    let node = context.editable(at, StepField::Regex)?;
    let mut fixed = at.step.pattern().text().to_owned();
    for end in ends.iter().rev() {
        fixed.insert(end - 1, '.');
    }
    let edit = doc::replace_scalar(context.source(at.value(StepField::Regex)), node, &fixed);
    let title = "write `.*` for `*`".to_owned();
    Some(Fix { title, applicability: Applicability::Unsafe, edits: vec![edit] })
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[track_caller]
    fn check(regex: &str, expected: usize) {
        let chain = format!(
            "metric_relabel_configs:\n- {{source_labels: [__name__], regex: '{regex}', action: drop}}\n"
        );
        assert_eq!(found(&chain, "glob-pattern").len(), expected, "{regex}");
    }

    #[test]
    fn only_a_star_behind_a_word_is_a_glob() {
        check("(kube_pod*|x)", 1);
        check("kube_pod.*", 0);
        check("kube_pod[0-9]*", 0);
        check(r"kube_\d*", 0);
        check("kube_pod*|kube_pod.*", 0);
        check("x*", 0);
    }
}
