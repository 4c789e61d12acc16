//! A modulus is not the number that it looks like.
//!
//! ## Why
//! YAML 1.1 reads `010` as an octal number, and the server cuts `4.5` off to 4: the fleet is split
//! into another number of parts than meant.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__address__]
//!     modulus: 010 # error
//!     target_label: __tmp_shard
//!     action: hashmod
//!   - source_labels: [__tmp_shard]
//!     regex: 1
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml fixed
//! relabel_configs:
//!   - source_labels: [__address__]
//!     modulus: 8
//!     target_label: __tmp_shard
//!     action: hashmod
//!   - source_labels: [__tmp_shard]
//!     regex: 1
//!     action: keep
//! ```
//!
//! ## Fix
//! Safe: writes the number that the server reads.

use crate::finding::{Applicability, Edit, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL025", name: "modulus-misread" },
    severity: Severity::Warning,
    fix: FixKind::Safe,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let Some(span) = at.configured.spans.field(StepField::Modulus) else { return };
    let Some(node) = context.node(span) else { return };
    let (text, modulus) = (node.text(), at.step.modulus());
    // A decimal number without leading zeros, or one in plain hexadecimal, says what it is.
    let says = text.replace('_', "") == modulus.to_string() || text.starts_with("0x");
    if at.step.action() != Action::HashMod || says {
        return;
    }
    let mut finding = context
        .finding(span.value, format!("`{text}` is read as {modulus}"))
        .evidence(Evidence::Proof(format!("the server computes the hash modulo {modulus}")))
        .consequence(format!("targets are split into {modulus} parts"))
        .remedy("write the modulus as a plain decimal number");
    if let Some(node) = context.editable(at, StepField::Modulus) {
        let (file, text) = (span.value.file, modulus.to_string());
        let edits = vec![Edit { file, span: node.span(), text }];
        let (title, applicability) = (format!("write {modulus}"), Applicability::Safe);
        finding = finding.fix(Fix { title, applicability, edits });
    }
    context.report(finding);
}
