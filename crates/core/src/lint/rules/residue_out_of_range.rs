//! A `keep` wants a residue that the hash never has.
//!
//! ## Why
//! Residues go from 0 to one less than the modulus, as plain decimal numbers.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__address__]
//!     modulus: 3
//!     target_label: __tmp_shard
//!     action: hashmod
//!   - source_labels: [__tmp_shard]
//!     regex: 3 # error
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
//!     regex: 2
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Keep one of the residues from 0 on.

use crate::config::Chain;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::StepField;
use crate::shard::shard_filters;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH002", name: "residue-out-of-range" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    for filter in shard_filters(chain).into_iter().filter(|filter| filter.residues.is_empty()) {
        let Some(at) = At::new(chain, filter.filter) else { continue };
        let (pattern, last) = (at.step.pattern().text(), filter.modulus - 1);
        let finding = context
            .step_finding(
                at.index,
                at.value(StepField::Regex),
                format!("`{pattern}` lets no residue pass: they go from 0 to {last}"),
            )
            .related(
                chain.steps[filter.hash].spans.value_or_item(StepField::Modulus),
                format!("the hash is one of {} values", filter.modulus),
            )
            .evidence(Evidence::Proof(format!("none of the numbers from 0 to {last} passes")))
            .consequence("no target is left")
            .remedy(format!("keep one residue from 0 to {last}"));
        context.report(finding);
    }
}
