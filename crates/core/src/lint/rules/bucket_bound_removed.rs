//! A step removes `le` or `quantile`, so that the parts of a histogram or summary become one.
//!
//! ## Why
//! The buckets of a histogram differ in `le` alone, the values of a summary in `quantile`. Without it
//! they are the same series: the server stores the first and drops the rest, silently.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - regex: le|pod_uid # error
//!     action: labeldrop
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: .+_bucket
//!     action: drop
//!   - regex: le|pod_uid
//!     action: labeldrop
//! ```
//!
//! ## Fix
//! None. Drop the buckets themselves.

use crate::config::{Chain, ChainKind};
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::sample::Labels;
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST009", name: "bucket-bound-removed" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Chain(check),
};

/// A metric, the label that tells its parts apart, and two of its values.
const PARTS: [(&str, &str, [&str; 2]); 2] = [
    ("request_duration_seconds_bucket", "le", ["0.5", "+Inf"]),
    ("request_duration_seconds", "quantile", ["0.5", "0.99"]),
];

fn check(context: &mut Context<'_>, chain: &Chain) {
    if !matches!(chain.kind, ChainKind::Metric | ChainKind::Write) {
        return;
    }
    for (metric, label, values) in PARTS {
        let remover = (0..chain.steps.len()).find(|&index| {
            chain.steps[index].step.as_ref().is_some_and(|step| match step.action() {
                Action::LabelDrop => step.pattern().is_match(label),
                // What forgets the name loses everything, and is told of that.
                Action::LabelKeep => {
                    !step.pattern().is_match(label) && step.pattern().is_match("__name__")
                }
                _ => false,
            })
        });
        let Some(at) = remover.and_then(|index| At::new(chain, index)) else { continue };
        if !at.configured.raw.regex.is_written() {
            continue;
        }
        let part = |value: &str| -> Labels {
            let labels = [("__name__", metric), (label, value)];
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            sample::with_usual_labels(chain, labels.to_vec())
        };
        let all = || chain.steps.iter().filter_map(|step| step.step.as_ref());
        let [first, second] = values.map(|value| sample::run(all(), &part(value)));
        let Some(merged) = first.labels.filter(|labels| Some(labels) == second.labels.as_ref())
        else {
            continue;
        };
        let what = if label == "le" { "buckets of a histogram" } else { "values of a summary" };
        let mut finding = context
            .step_finding(
                at.index,
                at.value(StepField::Regex),
                format!("without `{label}` the {what} are one series"),
            )
            .evidence(Evidence::Proof(format!(
                "`{}` and `{}` both become `{}`",
                sample::show(&part(values[0])),
                sample::show(&part(values[1])),
                sample::show(&merged)
            )))
            .consequence("only the first of each scrape is stored, without any error")
            .remedy(format!("keep `{label}`, or drop the {what} as a whole"));
        // A list of what stays may be for metrics without such parts.
        if at.step.action() == Action::LabelDrop {
            finding.severity = Severity::Warning;
        }
        context.report(finding);
        return;
    }
}
