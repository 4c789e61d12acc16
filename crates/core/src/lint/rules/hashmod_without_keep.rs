//! A hash is taken of the targets, and no later step reads it.
//!
//! ## Why
//! `hashmod` only writes a label. Without a `keep` of one residue every shard scrapes every target;
//! labels that begin with `__` are gone after target relabeling.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__address__]
//!     modulus: 3
//!     target_label: __tmp_shard
//!     action: hashmod # error
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__address__]
//!     modulus: 3
//!     target_label: __tmp_shard
//!     action: hashmod
//!   - source_labels: [__tmp_shard]
//!     regex: 0
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Add a `keep` of this shard's residue.

use crate::config::ChainKind;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::{Action, Step, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH001", name: "hashmod-without-keep" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let label = at.step.target_label();
    let is_target = matches!(at.chain.kind, ChainKind::Target | ChainKind::Alertmanager);
    if !is_target || at.step.action() != Action::HashMod || !is_removed_after(label) {
        return;
    }
    let is_read = |step: &crate::config::ConfiguredStep| {
        step.step.as_ref().is_none_or(|step| may_read(step, label))
    };
    if at.later().iter().any(is_read) {
        return;
    }
    let residues = residues(at);
    let modulus = at.step.modulus();
    let finding = context
        .finding(
            at.value(StepField::Action),
            format!("no step reads `{label}`: this hash keeps and drops nothing"),
        )
        .evidence(Evidence::Proof(format!(
            "no later step reads `{label}`, and the server removes it: {residues} all stay"
        )))
        .consequence(format!("each of {modulus} shards scrapes every target"))
        .remedy(format!(
            "keep one residue: `source_labels: [{label}]`, `regex: 0`, `action: keep`"
        ));
    context.report(finding);
}

/// Whether target relabeling takes the label away, and the server itself does not read it.
fn is_removed_after(label: &str) -> bool {
    let read = ["__address__", "__scheme__", "__metrics_path__", "__alerts_path__"];
    label.starts_with("__")
        && !read.contains(&label)
        && !["__param_", "__scrape_"].iter().any(|prefix| label.starts_with(prefix))
}

fn may_read(step: &Step, label: &str) -> bool {
    step.source_labels().iter().any(|source| **source == *label)
        || step.compares_target() && step.target_label() == label
        || step.action() == Action::LabelMap && step.pattern().is_match(label)
}

/// Example targets with different residues.
fn residues(at: At<'_>) -> String {
    let mut seen: Vec<String> = Vec::new();
    let mut words = Vec::new();
    for number in 1..=50 {
        let value = format!("10.0.0.{number}:9100");
        let labels = at.step.source_labels().iter().map(|label| (label.to_string(), value.clone()));
        let ran = sample::run([at.step], &labels.collect());
        let residue =
            ran.labels.into_iter().flatten().find(|(label, _)| label == at.step.target_label());
        let Some((_, residue)) = residue else { continue };
        if !seen.contains(&residue) && words.len() < 3 {
            words.push(format!("`{value}` (residue {residue})"));
            seen.push(residue);
        }
    }
    words.join(", ")
}
