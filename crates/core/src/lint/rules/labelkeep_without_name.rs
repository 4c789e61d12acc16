//! A `labelkeep` after the scrape does not keep the metric's name.
//!
//! ## Why
//! The name is the label `__name__`. A series without a name makes the server reject the whole
//! scrape, and the target counts as down.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - regex: job|instance|pod # error
//!     action: labelkeep
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - regex: __name__|job|instance|pod|le|quantile
//!     action: labelkeep
//! ```
//!
//! ## Fix
//! None. Add `__name__` to the pattern, and `le` and `quantile` where there are histograms and
//! summaries.

use crate::config::{ChainKind, ConfiguredStep};
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::relabel::{Action, StepField};

/// The label that holds the metric's name.
const NAME: &str = "__name__";

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST003", name: "labelkeep-without-name" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let is_after = matches!(at.chain.kind, ChainKind::Metric | ChainKind::Write);
    let keeps = at.step.pattern().is_match(NAME);
    let may_set =
        |step: &ConfiguredStep| step.step.as_ref().is_none_or(|step| filters::may_set(step, NAME));
    if !is_after || at.step.action() != Action::LabelKeep || keeps || at.later().iter().any(may_set)
    {
        return;
    }
    let labels = sample::with_usual_labels(at.chain, Vec::new());
    let ran = sample::run([at.step], &labels);
    let consequence = match at.chain.kind {
        ChainKind::Write => "series without a name are sent, which receivers refuse",
        _ if ran.labels.is_some() => "the server loses the whole scrape: every target is down",
        _ => "series without a name make the server lose the whole scrape, others are dropped",
    };
    let finding = context
        .finding(at.value(StepField::Regex), format!("this `labelkeep` removes `{NAME}`"))
        .evidence(Evidence::Proof(format!(
            "the pattern does not match `{NAME}`: {}",
            sample::became(&labels, &ran)
        )))
        .consequence(consequence)
        .remedy(format!("add `{NAME}` to the pattern"));
    context.report(finding);
}
