//! A field holds what a template should have filled in, or has lost what a template took for its own.
//!
//! ## Why
//! Helm, Ansible, `envsubst` and the like have a `$` or braces of their own: what they leave behind
//! is text to Prometheus, and where they replace `$1` by nothing only the rest is written.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_namespace]
//!     regex: '{{ .Values.namespace }}' # error
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_namespace]
//!     regex: payments
//!     action: keep
//! ```
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_port]
//!     regex: (.+);(\d+)
//!     target_label: __address__
//!     replacement: ':' # error
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_port]
//!     regex: (.+);(\d+)
//!     target_label: __address__
//!     replacement: $1:$2
//! ```
//!
//! ## Fix
//! None. Look how the template engine wants a `$` or a brace to be escaped.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::regexp::PartKind;
use crate::relabel::{Action, StepField};
use crate::server::Product;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL019", name: "template-leftover" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    // The collector fills in variables itself, and reads `$$` as one `$`.
    if at.step.server().product == Product::Otel {
        return;
    }
    let raw = &at.configured.raw;
    let texts = [
        (StepField::Regex, raw.regex.value()),
        (StepField::Replacement, raw.replacement.value()),
        (StepField::TargetLabel, raw.target_label.value()),
        (StepField::Separator, raw.separator.value()),
    ];
    for (field, text) in texts {
        let Some(text) = text.filter(|_| at.reads(field)) else { continue };
        let Some((message, consequence)) = leftover(at, field, text) else { continue };
        let finding = context
            .finding(at.value(field), message)
            .evidence(Evidence::Proof(evidence(context, at, field, text)))
            .consequence(consequence)
            .remedy("render the template, or escape the `$` and braces the way its engine wants");
        context.report(finding);
        return;
    }
}

/// What is wrong with a text, and what comes of it.
fn leftover(at: At<'_>, field: StepField, text: &str) -> Option<(String, &'static str)> {
    let names = at.step.pattern().group_names();
    let is_group = |part: &str| {
        let name = part.trim_matches(['$', '{', '}']);
        names.iter().flatten().any(|known| known == name)
    };
    if let Some(part) = placeholder(text).filter(|part| !is_group(part)) {
        let message = format!("`{part}` is a placeholder that nothing has filled in");
        let consequence = match field {
            StepField::Regex => "the pattern matches only values with the placeholder in them",
            _ if part.starts_with('$') => "the placeholder expands to nothing",
            _ => "the placeholder itself is written",
        };
        return Some((message, consequence));
    }
    if field != StepField::Replacement || at.step.action() != Action::Replace {
        return None;
    }
    let parts = at.step.replacement().parts();
    let is_dollar = |kind: &PartKind| matches!(kind, PartKind::Literal(text) if text == "$");
    let doubled = parts.windows(2).any(|two| {
        let PartKind::Literal(rest) = &two[1].kind else { return false };
        let rest = rest.trim_start_matches('{');
        is_dollar(&two[0].kind) && rest.starts_with(|first: char| first.is_ascii_digit())
    });
    if doubled {
        let message = format!("`{text}` writes a `$`: `$$` is one that starts no group");
        return Some((message, "the label gets the text of the template"));
    }
    if text.is_empty() && captures_a_part(at) {
        let message =
            "the replacement is empty, and the pattern takes a part of the value".to_owned();
        return Some((message, "the label is removed where the pattern matches"));
    }
    let only_marks = !text.is_empty() && text.chars().all(|c| ":;/-_.@,|".contains(c));
    let lost = only_marks && at.step.pattern().group_count() > 1;
    lost.then(|| {
        let groups = at.step.pattern().group_count();
        let message = format!("`{text}` uses none of the {groups} groups of the pattern");
        (message, "the label gets the same mark everywhere")
    })
}

/// Whether the pattern has a group beside other text, for a label that it does not read: who only
/// removes a label needs none. A group of words, as in `log_(bytes|lines).+`, chooses and takes
/// nothing.
fn captures_a_part(at: At<'_>) -> bool {
    let (pattern, target) = (at.step.pattern(), at.step.target_label());
    let text = pattern.text();
    let mut groups = text.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    pattern.group_count() > 0
        && groups.any(|group| group.contains(['+', '*']))
        && !(text.starts_with('(') && text.ends_with(')'))
        && !at.step.source_labels().iter().any(|source| **source == *target)
}

/// The part of a text that a template engine would have replaced.
fn placeholder(text: &str) -> Option<&str> {
    let between = |open: &str, close: &str| {
        let start = text.find(open)?;
        let inner = &text[start + open.len()..];
        let end = inner.find(close)?;
        let part = &text[start..start + open.len() + end + close.len()];
        let word = &inner[..end];
        let has_word = word.contains(|c: char| c.is_ascii_alphabetic());
        has_word.then_some(part)
    };
    let engines = between("{{", "}}").or_else(|| between("<%", "%>"));
    engines.or_else(|| between("%(", ")s")).or_else(|| variable(text))
}

/// A variable of the environment: `$NODE_NAME`, `${NODE_NAME}`, `$$NODE_NAME$$`.
fn variable(text: &str) -> Option<&str> {
    text.match_indices('$').find_map(|(start, _)| {
        let after = &text[start + 1..];
        let inner = after.strip_prefix('{').unwrap_or(after);
        let name = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &inner[..name.unwrap_or(inner.len())];
        let rest = &inner[name.len()..];
        let braced = inner.len() < after.len();
        (is_variable(name) && (!braced || rest.starts_with('}')))
            .then(|| &text[start..text.len() - rest.len() + usize::from(braced)])
    })
}

/// Whether `name` is written as variables of the environment are.
pub(super) fn is_variable(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(is_letter)
}

fn evidence(context: &Context<'_>, at: At<'_>, field: StepField, text: &str) -> String {
    let pattern = context.language(at.step.pattern());
    let labels = pattern.and_then(|wanted| sample::reading(context, at.step, &wanted));
    let Some(labels) = labels.filter(|_| !at.step.action().is_by_name()) else {
        return format!("the server reads `{}: {text}` as it stands", field.key());
    };
    let labels = sample::with_usual_labels(at.chain, labels);
    let ran = sample::run([at.step], &labels);
    format!("the server takes it as it stands: {}", sample::became(&labels, &ran))
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[track_caller]
    fn check(regex: &str, replacement: &str, expected: usize) {
        let chain = format!(
            "relabel_configs:\n- {{source_labels: [a], regex: '{regex}', target_label: b, replacement: '{replacement}'}}\n"
        );
        assert_eq!(found(&chain, "template-leftover").len(), expected, "{regex} {replacement}");
    }

    #[test]
    fn what_templates_leave_is_found() {
        check("(.+)", "{{ host }}", 1);
        check("(.+)", "%(host)s", 1);
        check("(.+)", "$${1}", 1);
        check("(.+)", "$$1", 1);
        check("(.+)", "$NODE_NAME", 1);
        check("(.+)", "${NODE_NAME}:9100", 1);
        check("$$NODE_NAME$$", "x", 1);
        check("(?P<NAME>.+)", "$NAME", 0);
        check("(a)(b)", "::", 1);
        check("a{2}", "x", 0);
        check("(.+)", "true", 0);
        check("(.+)", "", 0);
        check("(.+)-[0-9]+", "", 1);
        check("log_(bytes|lines).+", "", 0);
        check("(.+)", "$1", 0);
    }
}
