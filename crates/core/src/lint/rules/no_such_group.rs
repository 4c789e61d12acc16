//! A template names a group that the pattern does not have.
//!
//! ## Why
//! A group that does not exist expands to nothing, and a label that gets nothing is deleted. The
//! default `replacement` is `$1`: with a pattern without groups it deletes the target label.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_name]
//!     regex: (.+)-[a-z0-9]+-[a-z0-9]{5}
//!     target_label: workload
//!     replacement: $2 # error
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_name]
//!     regex: (.+)-[a-z0-9]+-[a-z0-9]{5}
//!     target_label: workload
//!     replacement: $1
//! ```
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_container_name]
//!     regex: istio-proxy # error
//!     target_label: sidecar
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_container_name]
//!     regex: istio-proxy
//!     target_label: sidecar
//!     replacement: 'true'
//! ```
//!
//! ## Fix
//! None. Put parentheses around the part of the pattern that is meant, or write the value. To delete
//! a label, write `replacement: ''`.

use crate::config::ChainKind;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::regexp::PartKind;
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL005", name: "no-such-group" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    if !at.reads(StepField::Replacement) {
        return;
    }
    let Some((kind, range)) = missing(at) else { return };
    let Some(labels) = matching(context, at) else { return };
    let labels = sample::with_usual_labels(at.chain, labels);
    let ran = sample::run([at.step], &labels);
    let (name, groups) = match &kind {
        PartKind::Group(number) => (format!("${number}"), at.step.pattern().group_count()),
        PartKind::Name(name) => (format!("${name}"), at.step.pattern().group_count()),
        _ => return,
    };
    let pattern = at.step.pattern().text();
    let has = match groups {
        0 => "no group".to_owned(),
        1 => "one group".to_owned(),
        groups => format!("{groups} groups"),
    };
    let (location, message) = if at.configured.raw.replacement.is_written() {
        let location = context.part(at, StepField::Replacement, range);
        (location, format!("`{name}` names no group: `{pattern}` has {has}"))
    } else {
        let message = format!("the default `replacement` is `$1`, and `{pattern}` has {has}");
        (at.value(StepField::Regex), message)
    };
    let finding = context
        .finding(location, message)
        .evidence(Evidence::Proof(format!(
            "a group that does not exist expands to nothing: {}",
            sample::became(&labels, &ran)
        )))
        .consequence(consequence(at))
        .remedy("put parentheses around the part that is meant, or write the value");
    context.report(finding);
}

/// The first part of the replacement that names a group which does not exist.
fn missing(at: At<'_>) -> Option<(PartKind, std::ops::Range<usize>)> {
    let pattern = at.step.pattern();
    let is_missing = |kind: &PartKind| match kind {
        PartKind::Group(number) => *number > pattern.group_count(),
        // What starts with a digit is a trap of its own.
        PartKind::Name(name) => {
            // So is a variable of the environment.
            !name.starts_with(|first: char| first.is_ascii_digit())
                && !super::template_leftover::is_variable(name)
                && !pattern.group_names().iter().flatten().any(|known| known == name)
        }
        PartKind::Literal(_) | PartKind::Malformed => false,
    };
    let part = at.step.replacement().parts().iter().find(|part| is_missing(&part.kind))?;
    Some((part.kind.clone(), part.span.clone()))
}

/// Labels that the pattern matches, with a target label to lose.
fn matching(context: &Context<'_>, at: At<'_>) -> Option<sample::Labels> {
    let wanted = context.language(at.step.pattern())?;
    if at.step.action() == Action::LabelMap {
        let name = wanted.example().filter(|name| !name.is_empty())?;
        return Some(vec![(name, "x".to_owned())]);
    }
    let mut labels = sample::reading(context, at.step, &wanted)?;
    let target = at.step.target().constant()?;
    if !at.step.source_labels().iter().any(|label| **label == *target) {
        labels.push((target, "before".to_owned()));
    }
    Some(labels)
}

fn consequence(at: At<'_>) -> String {
    let is_nothing = at.step.replacement().parts().len() == 1;
    match (at.step.action(), at.step.target().constant(), at.chain.kind) {
        (Action::LabelMap, _, ChainKind::Metric) if is_nothing => {
            "a label without a name is made, and the server loses the whole scrape".to_owned()
        }
        (Action::LabelMap, _, _) => "the labels are copied to other names than meant".to_owned(),
        (_, Some(target), _) if is_nothing => format!("label `{target}` is deleted"),
        (_, Some(target), _) => format!("label `{target}` gets a value without the group"),
        (_, None, _) => "the value that is written lacks the group".to_owned(),
    }
}
