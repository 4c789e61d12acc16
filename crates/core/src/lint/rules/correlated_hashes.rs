//! Two hashes of the same labels are filtered one after the other, and depend on each other.
//!
//! ## Why
//! Both are the same number, modulo this and modulo that. Where the moduli share a factor, one filter
//! decides over the other: shards stay empty, or get far more than their share.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__address__]
//!     modulus: 2
//!     target_label: __tmp_region
//!     action: hashmod
//!   - source_labels: [__tmp_region]
//!     regex: 0
//!     action: keep
//!   - source_labels: [__address__]
//!     modulus: 4 # error
//!     target_label: __tmp_shard
//!     action: hashmod
//!   - source_labels: [__tmp_shard]
//!     regex: 1
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__address__]
//!     modulus: 8
//!     target_label: __tmp_shard
//!     action: hashmod
//!   - source_labels: [__tmp_shard]
//!     regex: 5
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Hash once modulo the number of all parts, or hash other labels.

use crate::config::Chain;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule};
use crate::relabel::StepField;
use crate::shard::{ShardFilter, changes, shard_filters};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH004", name: "correlated-hashes" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

/// Most hash values that are tried.
const MOST: u64 = 1_000_000;

fn check(context: &mut Context<'_>, chain: &Chain) {
    let filters = shard_filters(chain);
    for pair in filters.windows(2) {
        let [first, second] = pair else { continue };
        let same = first.sources == second.sources && first.separator == second.separator;
        let between = chain.steps[first.hash..second.hash].iter();
        let changed = between
            .into_iter()
            .any(|step| step.step.as_ref().is_none_or(|step| changes(step, &first.sources)));
        if !same || changed || first.sources.is_empty() {
            continue;
        }
        let Some((passing, all)) = passing(first, second) else { continue };
        // Independent filters let the product of their shares pass.
        let expected = first.residues.len() as u64 * second.residues.len() as u64;
        if passing * first.modulus * second.modulus == expected * all || expected == 0 {
            continue;
        }
        let Some(at) = At::new(chain, second.hash) else { continue };
        let finding = context
            .step_finding(
                second.hash,
                at.value(StepField::Modulus),
                format!("this hash depends on the one of step {}", first.hash),
            )
            .related(
                chain.steps[first.hash].spans.value_or_item(StepField::Modulus),
                "the same labels are hashed here",
            )
            .evidence(Evidence::Proof(format!(
                "of {all} hashes {passing} pass both filters; independent ones would let {} of {} \
                 pass",
                expected,
                first.modulus * second.modulus
            )))
            .remedy("hash once modulo the number of all parts, or hash other labels");
        context.report(if passing == 0 {
            let mut finding = finding.consequence("no target is left");
            finding.severity = Severity::Error;
            finding
        } else {
            finding.consequence("some shards stay empty, and others get more than their share")
        });
    }
}

/// How many of the hashes pass both, and of how many.
fn passing(first: &ShardFilter, second: &ShardFilter) -> Option<(u64, u64)> {
    let mut gcd = (first.modulus, second.modulus);
    while gcd.1 != 0 {
        gcd = (gcd.1, gcd.0 % gcd.1);
    }
    let all = first.modulus / gcd.0 * second.modulus;
    if all > MOST {
        return None;
    }
    let passes = |hash: &u64| {
        first.residues.binary_search(&(hash % first.modulus)).is_ok()
            && second.residues.binary_search(&(hash % second.modulus)).is_ok()
    };
    Some(((0..all).filter(passes).count() as u64, all))
}
