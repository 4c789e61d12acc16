//! A filter keeps only what an earlier one has dropped, so that nothing is left.
//!
//! ## Why
//! Two `keep` steps mean *and*, not *or*: a value has to pass both. Where their patterns have no
//! string in common, everything is dropped.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: kube_pod_.+
//!     action: keep
//!   - source_labels: [__name__]
//!     regex: kube_deployment_.+ # error
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: kube_pod_.+|kube_deployment_.+
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Join the patterns by `|` in one `keep` if either is wanted.

use crate::config::Chain;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::analysis::{ClaimKind, Witness};
use crate::relabel::{Action, Step, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL003", name: "contradictory-keeps" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    let analysis = context.analysis(chain);
    let Some(claim) = analysis.drops_everything() else { return };
    let ClaimKind::DropsEverything { because } = &claim.kind else { return };
    let Some(at) = At::new(chain, claim.step).filter(|_| !because.is_empty()) else { return };
    let steps: Vec<&Step> =
        because.iter().filter_map(|step| Some(At::new(chain, *step)?.step)).collect();
    let pattern = at.step.pattern().text();
    let message = match at.step.action() {
        Action::Keep => format!("`{pattern}` matches nothing that the steps before it leave"),
        Action::Drop => format!("`{pattern}` drops all that the steps before it leave"),
        action => format!("this `{action}` drops all that the steps before it leave"),
    };
    let mut finding = context
        .step_finding(claim.step, at.value(StepField::Regex), message)
        .evidence(Evidence::Proof(evidence(context, at, &steps, &claim.witness)))
        .consequence("everything is dropped: nothing of this chain is left");
    if steps.iter().all(|step| step.action() == Action::Keep) && at.step.action() == Action::Keep {
        finding = finding.remedy("join the patterns by `|` in one `keep` if either is wanted");
    } else {
        finding = finding.remedy("take one of these steps away, or let it match something else");
    }
    for &index in because {
        let Some(earlier) = At::new(chain, index) else { continue };
        let what = if earlier.step.action().is_filter() {
            "has dropped the rest"
        } else {
            "writes what it reads"
        };
        finding = finding.related(earlier.value(StepField::Regex), format!("this step {what}"));
    }
    context.report(finding);
}

/// A label set that each `keep` would let pass by itself, and what drops it.
fn evidence(context: &Context<'_>, at: At<'_>, earlier: &[&Step], witness: &Witness) -> String {
    let steps: Vec<&Step> = earlier.iter().copied().chain([at.step]).collect();
    let mut words = Vec::new();
    for step in steps.iter().filter(|step| step.action() == Action::Keep) {
        let wanted = context.language(step.pattern());
        let labels = wanted.and_then(|wanted| sample::reading(context, step, &wanted));
        let Some(labels) = labels else { continue };
        let labels = sample::with_usual_labels(at.chain, labels);
        let ran = sample::run(steps.iter().copied(), &labels);
        if ran.labels.is_none() {
            words.push(sample::became(&labels, &ran));
        }
    }
    if words.is_empty() {
        words.push(sample::became(&witness.labels, &witness.ran));
    }
    words.dedup();
    let what =
        if earlier.iter().all(|step| step.action().is_filter()) { "filters" } else { "steps" };
    format!("no label set passes all of these {what}: {}", words.join("; "))
}
