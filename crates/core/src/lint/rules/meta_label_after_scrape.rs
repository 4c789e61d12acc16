//! A step reads a label that exists only until the target is scraped.
//!
//! ## Why
//! `__meta_*` and the other labels of service discovery are gone after target relabeling: in
//! `metric_relabel_configs`, `write_relabel_configs` and `alert_relabel_configs` they are always
//! empty. With the default pattern such a step deletes its target label.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_label_version] # error
//!     target_label: version
//! ```
//!
//! ## Good
//! ```yaml good
//! relabel_configs:
//!   - source_labels: [__meta_kubernetes_pod_label_version]
//!     target_label: version
//! ```
//!
//! ## Fix
//! None. Move the step to `relabel_configs`, or copy the label there to one that stays.

use crate::config::ConfiguredStep;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::relabel::{Did, StepField};
use crate::text::Location;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST001", name: "meta-label-after-scrape" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

/// Labels that the server makes for each target, besides those of discovery and of `params`.
const OF_TARGETS: [&str; 5] =
    ["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"];

fn check(context: &mut Context<'_>, at: At<'_>) {
    if !Context::is_after_scrape(at.chain) || !at.reads(StepField::SourceLabels) {
        return;
    }
    let is_gone = |label: &str| is_discovered(label) && !may_be_set(at.earlier(), label);
    let sources = at.step.source_labels();
    let Some(index) = sources.iter().position(|label| is_gone(label)) else { return };
    let label = &sources[index];
    let field = at.configured.spans.field(StepField::SourceLabels);
    let item = field.and_then(|field| Some((field.value.file, *field.items.get(index)?)));
    let location = item
        .map_or_else(|| at.value(StepField::SourceLabels), |(file, span)| Location { file, span });
    let mut labels = sample::with_usual_labels(at.chain, Vec::new());
    let target = at.step.target().constant().filter(|target| !target.is_empty());
    if let Some(target) = target.filter(|target| !labels.iter().any(|(name, _)| name == target)) {
        labels.push((target, "x".to_owned()));
    }
    let ran = sample::run([at.step], &labels);
    let mut finding = context
        .finding(location, format!("`{label}` is always empty after the scrape"))
        .evidence(Evidence::Proof(format!(
            "labels of discovery end with target relabeling: {}",
            sample::became(&labels, &ran)
        )))
        .remedy("move the step to `relabel_configs`, or copy the label there to one that stays");
    if sources.iter().all(|label| is_gone(label)) {
        let (severity, consequence) = outcome(&ran);
        finding.severity = severity;
        finding = finding.consequence(consequence);
    }
    context.report(finding);
}

/// What the step does to every label set, since all that it reads is empty.
fn outcome(ran: &sample::Ran) -> (Severity, String) {
    match ran.did.first() {
        Some(Did::Dropped) => (Severity::Error, "everything is dropped".to_owned()),
        Some(Did::Wrote(changes)) => match changes.first() {
            Some(change) if change.after.is_empty() => {
                (Severity::Error, format!("label `{}` is deleted from every series", change.label))
            }
            Some(change) => {
                let (label, value) = (&change.label, &change.after);
                (Severity::Warning, format!("label `{label}` is always set to `{value}`"))
            }
            None => (Severity::Warning, "the step has no effect".to_owned()),
        },
        _ => (Severity::Warning, "the step has no effect".to_owned()),
    }
}

fn is_discovered(label: &str) -> bool {
    label.starts_with("__meta_") || label.starts_with("__param_") || OF_TARGETS.contains(&label)
}

fn may_be_set(steps: &[ConfiguredStep], label: &str) -> bool {
    steps.iter().any(|step| step.step.as_ref().is_none_or(|step| filters::may_set(step, label)))
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[test]
    fn a_label_that_the_chain_sets_itself_is_not_empty() {
        let chain = "metric_relabel_configs:
- {source_labels: [pod], target_label: __meta_pod}
- {source_labels: [__meta_pod], target_label: name}
";
        assert_eq!(found(chain, "meta-label-after-scrape"), [] as [u32; 0]);
    }
}
