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
use crate::lint::filters::{self, Note};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL003", name: "contradictory-keeps" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    for note in filters::notes(context, chain) {
        let Note::DropsRest { step, earlier } = note else { continue };
        let Some(at) = At::new(chain, step) else { continue };
        let Some(evidence) = evidence(context, at, &earlier) else { continue };
        let pattern = at.step.pattern().text();
        let message = match at.step.action() {
            Action::Keep => format!("`{pattern}` matches nothing that the steps before it keep"),
            _ => format!("`{pattern}` drops all that the steps before it keep"),
        };
        let mut finding = context
            .step_finding(step, at.value(StepField::Regex), message)
            .evidence(Evidence::Proof(evidence))
            .consequence("everything is dropped: nothing of this chain is left")
            .remedy("join the patterns by `|` in one `keep` if either is wanted");
        for index in earlier {
            let place = chain.steps[index].spans.value_or_item(StepField::Regex);
            finding = finding.related(place, format!("step {index} has dropped the rest"));
        }
        context.report(finding);
    }
}

/// A label set that each of the filters alone would keep, and what drops it.
fn evidence(context: &Context<'_>, at: At<'_>, earlier: &[usize]) -> Option<String> {
    let steps: Vec<_> = earlier
        .iter()
        .chain(std::iter::once(&at.index))
        .filter_map(|&index| at.chain.steps[index].step.as_ref())
        .collect();
    let mut words = Vec::new();
    for step in steps.iter().filter(|step| step.action() == Action::Keep) {
        let wanted = context.language(step.pattern())?;
        let labels = sample::reading(context, step, &wanted)?;
        let labels = sample::with_usual_labels(at.chain, labels);
        let ran = sample::run(steps.iter().copied(), &labels);
        if ran.labels.is_some() {
            return None;
        }
        words.push(sample::became(&labels, &ran));
    }
    let proof = "no string passes all of these filters";
    Some(if words.is_empty() { proof.to_owned() } else { format!("{proof}: {}", words.join("; ")) })
}
