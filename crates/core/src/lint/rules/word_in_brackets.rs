//! Brackets hold a word, but stand for one character of it.
//!
//! ## Why
//! `[^prometheus-server]` is one character that is none of those letters, and `[foo|bar]` one of `f`,
//! `o`, `|`, `b`, `a`, `r`. Words stand in parentheses; *not this word* is a `drop` of it.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_service_name]
//!     regex: '[^prometheus-server]' # error
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_service_name]
//!     regex: prometheus-server
//!     action: drop
//! ```
//!
//! ## Fix
//! None. Write parentheses for the brackets, or turn `keep` into `drop`.

use std::ops::Range;

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, alternatives};
use crate::regexp::Pattern;
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL021", name: "word-in-brackets" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let text = at.step.pattern().text();
    if !at.reads(StepField::Regex) {
        return;
    }
    let Some((range, word)) = classes(text).into_iter().find_map(|range| {
        let word = word_of(&text[range.clone()])?;
        Some((range, word))
    }) else {
        return;
    };
    let class = &text[range.clone()];
    let Ok(alone) = Pattern::parse(class, at.step.pattern().dialect()) else { return };
    let one = context.language(&alone).and_then(|language| language.example());
    let Some(one) = one.filter(|_| !alone.is_match(word)) else { return };
    let finding = context
        .finding(
            context.part(at, StepField::Regex, range.clone()),
            format!("`{class}` is one character, not a word"),
        )
        .evidence(Evidence::Proof(format!("it matches `{one}`, and never `{word}`")))
        .consequence("the step takes other values than meant")
        .remedy("write `(…)` for a word, or a `drop` of it for *not this word*");
    context.report(finding);
}

/// The classes of a pattern.
fn classes(text: &str) -> Vec<Range<usize>> {
    let (bytes, mut at, mut found) = (text.as_bytes(), 0, Vec::new());
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'[' => {
                let end = alternatives::class_end(bytes, at);
                found.push(at..end);
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// The word in a class that can only be meant as one: a set repeats no letter and has no `|`
/// between words.
fn word_of(class: &str) -> Option<&str> {
    let inner = class.strip_prefix('[')?.strip_suffix(']')?.trim_start_matches('^');
    let is_word = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'|');
    if inner.len() < 5 || !inner.bytes().all(is_word) {
        return None;
    }
    let words: Vec<&str> = inner.split('|').collect();
    let letters: Vec<u8> = inner.bytes().filter(u8::is_ascii_lowercase).collect();
    let mut distinct = letters.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let repeats = distinct.len() < letters.len() && letters.len() >= 5;
    let lists = words.len() > 1 && words.iter().all(|word| word.len() > 1);
    // `a-z` and the like: a range between single letters.
    let has_range = inner.split(['_', '|']).any(|part| {
        part.split('-').collect::<Vec<_>>().windows(2).any(|two| two.iter().all(|p| p.len() <= 1))
    });
    (!has_range && (repeats || lists)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::word_of;

    #[test]
    fn sets_are_no_words() {
        for word in ["[^prometheus-server]", "[foo|bar]", "[kubelet]"] {
            let is_word = word_of(word).is_some();
            assert_eq!(is_word, word != "[kubelet]" || "kubelet".contains('l'), "{word}");
        }
        for set in ["[a-z]", "[a-z0-9-]", "[aeiou]", "[a|b]", "[a-z-_]", "[^;]+", "[abc-xyz]"] {
            assert_eq!(word_of(set), None, "{set}");
        }
    }
}
