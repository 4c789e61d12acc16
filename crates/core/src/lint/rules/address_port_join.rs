//! A new port is put behind an address that keeps its old one.
//!
//! ## Why
//! `__address__` may come with a port. `(.+)` takes it all, so that the result has two ports, and the
//! target cannot be reached.
//!
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port]
//!     regex: (.+)(?::\d+)?;(\d+)
//!     target_label: __address__
//!     replacement: $1:$2 # error
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port]
//!     regex: ([^:]+)(?::\d+)?;(\d+)
//!     target_label: __address__
//!     replacement: $1:$2
//! ```
//!
//! ## Fix
//! None. Write `([^:]+)(?::\d+)?` for the address.

use crate::config::ChainKind;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL022", name: "address-port-join" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

const ADDRESS: &str = "__address__";

fn check(context: &mut Context<'_>, at: At<'_>) {
    let [first, second] = at.step.source_labels() else { return };
    let joins = at.step.action() == Action::Replace
        && at.step.target().constant().as_deref() == Some(ADDRESS)
        && &**first == ADDRESS
        && second.contains("port");
    let is_target = matches!(at.chain.kind, ChainKind::Target | ChainKind::Alertmanager);
    if !is_target || !joins || filters::any_may_write(at.earlier(), ADDRESS) {
        return;
    }
    let labels =
        vec![(ADDRESS.to_owned(), "10.0.0.1:8080".to_owned()), (second.to_string(), "9102".into())];
    let ran = sample::run([at.step], &labels);
    let after = ran.labels.iter().flatten().find(|(name, _)| name == ADDRESS);
    let Some((_, address)) = after.filter(|(_, address)| address.matches(':').count() > 1) else {
        return;
    };
    let finding = context
        .finding(
            at.value(StepField::Replacement),
            format!("an address with a port gets a second one: `{address}`"),
        )
        .evidence(Evidence::Proof(sample::became(&labels, &ran)))
        .consequence("targets whose address has a port cannot be scraped")
        .remedy("match the address by `([^:]+)(?::\\d+)?`");
    context.report(finding);
}
