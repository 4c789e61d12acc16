//! A filter drops nothing, because earlier ones have dropped all that it would drop.
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
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::filters::{self, Note};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL010", name: "covered-filter" },
    severity: Severity::Warning,
    fix: FixKind::Safe,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    for note in filters::notes(context, chain) {
        let Note::DropsNothing { step, earlier } = note else { continue };
        let Some(at) = At::new(chain, step) else { continue };
        let Some(evidence) = evidence(context, at, &earlier) else { continue };
        let pattern = at.step.pattern().text();
        let message = match at.step.action() {
            Action::Keep => format!("`{pattern}` matches all that the steps before it leave"),
            _ => format!("`{pattern}` matches nothing that the steps before it leave"),
        };
        let mut finding = context
            .step_finding(step, at.value(StepField::Regex), message)
            .evidence(Evidence::Proof(evidence))
            .consequence("the step has no effect")
            .remedy("remove the step");
        for index in earlier {
            let place = chain.steps[index].spans.value_or_item(StepField::Regex);
            finding = finding.related(place, format!("step {index} filters the same labels"));
        }
        finding.fix = fix(context, at);
        context.report(finding);
    }
}

/// What the step alone would drop, and that an earlier one drops it.
fn evidence(context: &Context<'_>, at: At<'_>, earlier: &[usize]) -> Option<String> {
    let language = context.language(at.step.pattern())?;
    let dropped = match at.step.action() {
        Action::Keep => language.complement().ok()?,
        _ => language,
    };
    let labels = sample::reading(context, at.step, &dropped)?;
    let labels = sample::with_usual_labels(at.chain, labels);
    let filters = earlier.iter().filter_map(|&index| at.chain.steps[index].step.as_ref());
    let ran = sample::run(filters, &labels);
    let is_shown = ran.labels.is_none() && sample::run([at.step], &labels).labels.is_none();
    is_shown.then(|| {
        let became = sample::became(&labels, &ran);
        format!("every value that this step would drop is dropped before it; so {became}")
    })
}

fn fix(context: &Context<'_>, at: At<'_>) -> Option<Fix> {
    let item = context.editable_step(at)?;
    let edit = doc::delete_item(context.source(at.configured.spans.item), item)?;
    let title = "remove the step".to_owned();
    Some(Fix { title, applicability: Applicability::Safe, edits: vec![edit] })
}
