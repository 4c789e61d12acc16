//! A step of `relabel_configs` removes labels that the server needs to scrape a target.
//!
//! ## Why
//! The address, the interval and the timeout of a target are labels. Without them the server does not
//! scrape it.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - regex: job|instance|__address__|team # error
//!     action: labelkeep
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - regex: __.*|job|instance|team
//!     action: labelkeep
//! ```
//!
//! ## Fix
//! None. Let the pattern keep `__.*`.

use crate::config::{Chain, ChainKind};
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::target::{TargetDefaults, TargetOutcome, apply};
use crate::relabel::{Action, Program, Scratch, Step, StepField};
use crate::series::LabelBuf;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST004", name: "target-settings-removed" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

fn check(context: &mut Context<'_>, chain: &Chain) {
    if chain.kind != ChainKind::Target {
        return;
    }
    for index in 0..chain.steps.len() {
        let Some(at) = At::new(chain, index) else { return };
        let by_name = matches!(at.step.action(), Action::LabelDrop | Action::LabelKeep);
        if !by_name || !at.configured.raw.regex.is_written() {
            continue;
        }
        // Filters may drop the example target: what they let pass meets the rest.
        let rest: Vec<Step> = chain.steps[index..]
            .iter()
            .filter_map(|step| step.step.clone())
            .filter(|step| !step.action().is_filter())
            .collect();
        let Some(error) = refused(context, &rest) else { continue };
        let pattern = at.step.pattern().text();
        let finding = context
            .step_finding(
                index,
                at.value(StepField::Regex),
                format!("`{pattern}` takes from targets what the server scrapes them by"),
            )
            .evidence(Evidence::Proof(format!(
                "the target `10.0.0.1:9100` is refused after this step: {error}"
            )))
            .consequence("no target of the job is scraped")
            .remedy("let the pattern leave `__address__` and the other `__.*` labels alone");
        context.report(finding);
        return;
    }
}

/// Why the server refuses a usual target after these steps.
fn refused(context: &Context<'_>, steps: &[Step]) -> Option<String> {
    let chain = Chain::default();
    let labels = sample::with_usual_labels(&chain, Vec::new());
    let mut set = LabelBuf::new();
    set.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let defaults = TargetDefaults { job: "app".to_owned(), ..TargetDefaults::default() };
    let program = Program::compile(steps);
    match apply(&program, context.project.server, &defaults, &mut Scratch::new(), &mut set) {
        TargetOutcome::Invalid(error) => Some(error.to_string()),
        TargetOutcome::Active | TargetOutcome::Dropped { .. } => None,
    }
}
