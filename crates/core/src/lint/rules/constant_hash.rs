//! A hash is taken of nothing, so that all targets fall to the same shard.
//!
//! ## Why
//! Without `source_labels` the empty text is hashed, for every target.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - modulus: 3
//!     target_label: __tmp_shard
//!     action: hashmod # error
//!   - source_labels: [__tmp_shard]
//!     regex: 1
//!     action: keep
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
//!     regex: 1
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Say what to hash, usually `__address__`.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::{Action, StepField, hash};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH003", name: "constant-hash" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    if at.step.action() != Action::HashMod || !at.step.source_labels().is_empty() {
        return;
    }
    let (modulus, residue) = (at.step.modulus(), hash("") % at.step.modulus());
    let finding = context
        .finding(at.value(StepField::Action), "this hash is the same for everything")
        .evidence(Evidence::Proof(format!(
            "without `source_labels` the empty text is hashed: modulo {modulus} that is {residue}"
        )))
        .consequence(format!("shard {residue} gets everything, and the others nothing"))
        .remedy("say in `source_labels` what to hash, usually `__address__`");
    context.report(finding);
}
