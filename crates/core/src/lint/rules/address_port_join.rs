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
//! ## Bad
//! ```yaml bad
//! relabel_configs:
//!   - source_labels: [__address__]
//!     target_label: __address__
//!     replacement: $1:9102 # error
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__address__]
//!     regex: ([^:]+)(?::\d+)?
//!     target_label: __address__
//!     replacement: $1:9102
//! ```
//!
//! ## Fix
//! None. Write `([^:]+)(?::\d+)?` for the address.

use crate::config::{ChainKind, Discovery, Job, Located};
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
    let mut labels = vec![(ADDRESS.to_owned(), "10.0.0.1:8080".to_owned())];
    let joins_port = match at.step.source_labels() {
        [first] => &**first == ADDRESS && context.job().is_some_and(has_ports),
        [first, second] => {
            labels.push((second.to_string(), "9102".to_owned()));
            &**first == ADDRESS && second.contains("port")
        }
        _ => false,
    };
    let joins = joins_port
        && at.step.action() == Action::Replace
        && at.step.target().constant().as_deref() == Some(ADDRESS);
    let is_target = matches!(at.chain.kind, ChainKind::Target | ChainKind::Alertmanager);
    if !is_target || !joins || filters::any_may_write(at.earlier(), ADDRESS) {
        return;
    }
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

/// Whether addresses of the job come with a port: those that it names, and of what Kubernetes has
/// all but hosts of an Ingress.
fn has_ports(job: &Job) -> bool {
    let is_written = |target: &Located<String>| {
        target.value.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    };
    let is_served = |discovery: &Discovery| {
        let role = discovery.role.as_deref();
        discovery.kind == "kubernetes_sd_configs" && role.is_some_and(|role| role != "ingress")
    };
    job.static_targets.iter().flat_map(|group| &group.targets).any(is_written)
        || job.discoveries.iter().any(is_served)
}
