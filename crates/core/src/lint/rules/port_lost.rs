//! A step takes the port off the address that is scraped.
//!
//! ## Why
//! Prometheus connects to `__address__`. Without a port it takes 80, or 443 for `https`.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__address__]
//!     regex: ([^:]+):\d+
//!     target_label: __address__ # error
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__address__]
//!     regex: ([^:]+):\d+
//!     target_label: instance
//! ```
//!
//! ## Fix
//! None. Write the port into the replacement, or write to `instance`.

use crate::config::ChainKind;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL023", name: "port-lost" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

const ADDRESS: &str = "__address__";

fn check(context: &mut Context<'_>, at: At<'_>) {
    let [source] = at.step.source_labels() else { return };
    let rewrites = at.step.action() == Action::Replace
        && at.step.target().constant().as_deref() == Some(ADDRESS)
        && &**source == ADDRESS;
    let is_written =
        [at.earlier(), at.later()].iter().any(|others| filters::any_may_write(others, ADDRESS));
    if at.chain.kind != ChainKind::Target || !rewrites || is_written {
        return;
    }
    let labels = vec![(ADDRESS.to_owned(), "10.0.0.1:8080".to_owned())];
    let ran = sample::run([at.step], &labels);
    let is_lost = ran
        .labels
        .iter()
        .flatten()
        .any(|(name, address)| name == ADDRESS && address.trim_end_matches(':') == "10.0.0.1");
    if !is_lost {
        return;
    }
    let finding = context
        .finding(at.value(StepField::TargetLabel), "the address that is scraped loses its port")
        .evidence(Evidence::Proof(sample::became(&labels, &ran)))
        .consequence("the server connects to port 80, or 443 for `https`, instead")
        .remedy("write the port into the replacement, or write to `instance`");
    context.report(finding);
}
