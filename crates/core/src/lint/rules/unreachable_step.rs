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
use crate::lint::filters::{self, Note};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::StepField;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL002", name: "unreachable-step" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    for note in filters::notes(context, chain) {
        let Note::DropsAll { step } = note else { continue };
        let (Some(drop), Some(next)) = (At::new(chain, step), At::new(chain, step + 1)) else {
            continue;
        };
        let labels = sample::with_usual_labels(chain, Vec::new());
        let ran = sample::run([drop.step], &labels);
        if ran.labels.is_some() {
            continue;
        }
        let rest = chain.steps.len() - step - 1;
        let others =
            if rest == 1 { String::new() } else { format!(", nor do {} after it", rest - 1) };
        let finding = context
            .step_finding(
                step + 1,
                next.configured.spans.item,
                format!("this step never runs{others}: step {step} drops everything"),
            )
            .related(drop.value(StepField::Regex), "this drops every value")
            .evidence(Evidence::Proof(format!(
                "the `{}` of step {step} lets no value pass, whatever its labels: {}",
                drop.step.action(),
                sample::became(&labels, &ran)
            )))
            .consequence("nothing of this chain is left")
            .remedy("take the step away that drops everything, or put it last");
        context.report(finding);
    }
}
