//! A filter drops the `+Inf` bucket of a histogram and leaves others.
//!
//! ## Why
//! `histogram_quantile` reads the number of all observations from the bucket `+Inf`: without it the
//! result is `NaN`.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__, le]
//!     regex: request_duration_seconds_bucket;(0\.5|1\.0|5\.0) # error
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__, le]
//!     regex: request_duration_seconds_bucket;(0\.5|1\.0|5\.0|\+Inf)
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Leave `+Inf` in.

use crate::config::ChainKind;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::regexp::language::{Language, Limits};
use crate::relabel::{Action, Step, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST010", name: "infinite-bucket-dropped" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

const LE: &str = "le";

fn check(context: &mut Context<'_>, at: At<'_>) {
    let is_after = matches!(at.chain.kind, ChainKind::Metric | ChainKind::Write);
    let is_filter = matches!(at.step.action(), Action::Keep | Action::Drop);
    let sources = at.step.source_labels();
    let Some(place) = sources.iter().position(|label| &**label == LE) else { return };
    let sets = |step: &Step| filters::may_set(step, LE);
    let changed = at.earlier().iter().any(|step| step.step.as_ref().is_none_or(sets));
    if !is_after || !is_filter || changed {
        return;
    }
    let Some(labels) = kept(context, at, place) else { return };
    let mut infinite = labels.clone();
    for (name, value) in &mut infinite {
        if name == LE {
            "+Inf".clone_into(value);
        }
    }
    let all = || at.chain.steps.iter().filter_map(|step| step.step.as_ref());
    let (one, other) = (sample::run(all(), &labels), sample::run(all(), &infinite));
    let drops = sample::run([at.step], &infinite).labels.is_none();
    if one.labels.is_none() || other.labels.is_some() || !drops {
        return;
    }
    let finding = context
        .finding(at.value(StepField::Regex), "the bucket `+Inf` is dropped, others stay")
        .evidence(Evidence::Proof(format!(
            "{}, but {}",
            sample::became(&infinite, &other),
            sample::became(&labels, &one)
        )))
        .consequence("`histogram_quantile` over what is left gives `NaN`")
        .remedy("leave `+Inf` in");
    context.report(finding);
}

/// A bucket that the step lets pass, of a metric that the pattern names.
fn kept(context: &Context<'_>, at: At<'_>, place: usize) -> Option<sample::Labels> {
    let limits = Limits::default();
    let sources = at.step.source_labels();
    let pattern = context.language(at.step.pattern())?;
    // The other labels as the pattern wants them together with some bound: a metric that it means.
    let bound = if at.step.action() == Action::Keep { "[0-9.]+" } else { "\\+Inf" };
    let mut parts = vec![context.language_of("[^;]*")?; sources.len()];
    parts[place] = context.language_of(bound)?;
    let readable = Language::joined(&parts, at.step.separator(), limits).ok()?;
    let mut labels = sample::reading(context, at.step, &readable.intersection(&pattern).ok()?)?;
    if at.step.action() == Action::Drop {
        let (_, value) = labels.iter_mut().find(|(name, _)| name == LE)?;
        "7.25".clone_into(value);
    }
    if !labels.iter().any(|(name, _)| name == "__name__") {
        labels.push(("__name__".to_owned(), "request_duration_seconds_bucket".to_owned()));
    }
    // Buckets alone have a bound.
    labels
        .iter()
        .any(|(name, value)| name == "__name__" && value.ends_with("_bucket"))
        .then_some(())?;
    Some(sample::with_usual_labels(at.chain, labels))
}
