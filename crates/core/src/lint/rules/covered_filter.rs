//! A filter drops nothing that other steps would not drop without it.
//!
//! ## Why
//! It costs time on every scrape and hides what the chain really does; often it is a list that was
//! copied, or a name that an earlier and wider pattern already covers.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   # Runtime metrics.
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//!   # Garbage collection.
//!   - source_labels: [__name__]
//!     regex: go_gc_.* # error
//!     action: drop
//!   - regex: pod_uid
//!     action: labeldrop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   # Runtime metrics.
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//!   - regex: pod_uid
//!     action: labeldrop
//! ```
//!
//! ## Fix
//! Safe: removes the step.

use crate::config::Chain;
use crate::doc;
use crate::finding::{Applicability, Evidence, Finding, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::analysis::{ClaimKind, Witness};
use crate::relabel::{Action, Step, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL010", name: "covered-filter" },
    severity: Severity::Warning,
    fix: FixKind::Safe,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    let analysis = context.analysis(chain);
    for claim in &analysis.claims {
        let Some(at) = At::new(chain, claim.step).filter(|at| is_filter(at.step)) else { continue };
        let finding = match &claim.kind {
            ClaimKind::NoEffect { because } if !because.is_empty() => {
                covered_before(context, at, because, &claim.witness)
            }
            ClaimKind::Superseded { by } => covered_after(context, at, *by, &claim.witness),
            _ => continue,
        };
        let mut finding = finding.consequence("the step has no effect").remedy("remove the step");
        finding.fix = fix(context, at);
        context.report(finding);
    }
}

fn is_filter(step: &Step) -> bool {
    matches!(step.action(), Action::Keep | Action::Drop)
}

/// All that it would drop is dropped, or can no longer be, before it runs.
fn covered_before(
    context: &Context<'_>,
    at: At<'_>,
    because: &[usize],
    witness: &Witness,
) -> Finding {
    let pattern = at.step.pattern().text();
    let matched = match at.step.action() {
        Action::Keep => "all",
        _ => "nothing",
    };
    let earlier = || because.iter().filter_map(|&index| At::new(at.chain, index));
    let ran = sample::run(earlier().map(|at| at.step), &witness.labels);
    let mut finding = context
        .step_finding(
            at.index,
            at.value(StepField::Regex),
            format!("`{pattern}` matches {matched} that the steps before it leave"),
        )
        .evidence(Evidence::Proof(format!(
            "nothing that this step would drop reaches it; before it, {}",
            sample::became(&witness.labels, &ran)
        )));
    for earlier in earlier() {
        let what = if is_filter(earlier.step) {
            "filters the same labels"
        } else {
            "writes what it reads"
        };
        let place = earlier.value(StepField::Regex);
        finding = finding.related(place, format!("this step {what}"));
    }
    finding
}

/// All that it drops would be dropped without it.
fn covered_after(context: &Context<'_>, at: At<'_>, by: usize, witness: &Witness) -> Finding {
    let pattern = at.step.pattern().text();
    let others = at.chain.steps.iter().enumerate().filter(|(index, _)| *index != at.index);
    let ran = sample::run(others.filter_map(|(_, step)| step.step.as_ref()), &witness.labels);
    let place = at.chain.steps[by].spans.value_or_item(StepField::Regex);
    context
        .step_finding(
            at.index,
            at.value(StepField::Regex),
            format!("what the `{}` of `{pattern}` drops is dropped without it", at.step.action()),
        )
        .evidence(Evidence::Proof(format!(
            "no label set that this step drops gets past a later one; without this step, {}",
            sample::became(&witness.labels, &ran)
        )))
        .related(place, "nothing of it is left after this step")
}

fn fix(context: &Context<'_>, at: At<'_>) -> Option<Fix> {
    let item = context.editable_step(at)?;
    let edit = doc::delete_item(context.source(at.configured.spans.item), item)?;
    let title = "remove the step".to_owned();
    Some(Fix { title, applicability: Applicability::Safe, edits: vec![edit] })
}
