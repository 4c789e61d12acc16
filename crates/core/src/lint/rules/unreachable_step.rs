//! A step never runs, because one before it drops everything.
//!
//! ## Why
//! Steps run from top to bottom, and what is dropped is gone: unlike in a firewall, a later `keep`
//! brings nothing back. Nothing of the chain is stored.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: .+
//!     action: drop
//!   - source_labels: [__name__] # error
//!     regex: up|node_.+
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: up|node_.+
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Take the step away that drops everything: a `keep` alone drops the rest.

use crate::config::Chain;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::StepField;
use crate::relabel::analysis::ClaimKind;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL002", name: "unreachable-step" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    let analysis = context.analysis(chain);
    let Some(drops) = analysis.drops_everything() else { return };
    // With earlier steps it is a contradiction, which is a rule of its own.
    let alone = ClaimKind::DropsEverything { because: Vec::new() };
    let (Some(drop), Some(next)) = (At::new(chain, drops.step), At::new(chain, drops.step + 1))
    else {
        return;
    };
    if drops.kind != alone {
        return;
    }
    let step = drops.step;
    let rest = chain.steps.len() - step - 1;
    let others = if rest == 1 { String::new() } else { format!(", nor do {} after it", rest - 1) };
    let finding = context
        .step_finding(
            step + 1,
            next.configured.spans.item,
            format!("this step never runs{others}: step {step} drops everything"),
        )
        .related(drop.value(StepField::Regex), "this drops every value")
        .evidence(Evidence::Proof(format!(
            "the `{}` of step {step} lets nothing pass that can come to it: {}",
            drop.step.action(),
            sample::became(&drops.witness.labels, &drops.witness.ran)
        )))
        .consequence("nothing of this chain is left")
        .remedy("take the step away that drops everything, or put it last");
    context.report(finding);
}
