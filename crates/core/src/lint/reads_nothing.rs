//! A finding about a source label that is always empty: what the step then does to everything.

use super::{At, Context, filters, sample};
use crate::finding::{Evidence, Finding, Severity};
use crate::relabel::{Did, Step, StepField};
use crate::text::Location;

/// Whether a step before this one may give `label` a value.
pub(super) fn may_be_set(at: At<'_>, label: &str) -> bool {
    let sets = |step: &Step| filters::may_set(step, label);
    at.earlier().iter().any(|step| step.step.as_ref().is_none_or(sets))
}

/// Where the source label at `index` is written.
pub(super) fn source_location(at: At<'_>, index: usize) -> Location {
    let field = at.configured.spans.field(StepField::SourceLabels);
    let item = field.and_then(|field| {
        Some(Location { file: field.value.file, span: *field.items.get(index)? })
    });
    item.unwrap_or_else(|| at.value(StepField::SourceLabels))
}

/// A finding about the source label at `index`, which has no value here, `because`. `is_empty` says
/// which other source labels have none either: when that is true of all, the consequence is what
/// the step does to everything.
pub(super) fn finding(
    context: &Context<'_>,
    at: At<'_>,
    index: usize,
    message: String,
    because: &str,
    is_empty: impl Fn(&str) -> bool,
) -> Finding {
    let sources = at.step.source_labels();
    let mut labels = sample::with_usual_labels(at.chain, Vec::new());
    labels.retain(|(name, _)| !is_empty(name));
    let target = at.step.target().constant().filter(|target| !target.is_empty());
    // A target has no other labels than those that something sets.
    let is_there = |label: &str| Context::is_after_scrape(at.chain) || may_be_set(at, label);
    if let Some(target) = target.filter(|target| is_there(target))
        && !labels.iter().any(|(name, _)| *name == target)
        && !sources.iter().any(|source| **source == *target)
    {
        labels.push((target, "x".to_owned()));
    }
    let ran = sample::run([at.step], &labels);
    let became = sample::became(&labels, &ran);
    let mut finding = context
        .finding(source_location(at, index), message)
        .evidence(Evidence::Proof(format!("{because}: {became}")));
    if sources.iter().all(|label| is_empty(label)) {
        let (severity, consequence) = outcome(&ran);
        finding.severity = severity;
        finding = finding.consequence(consequence);
    } else {
        finding = finding.consequence("its part of the value that is read is always empty");
    }
    finding
}

/// What the step does to every label set, since all that it reads is empty.
fn outcome(ran: &sample::Ran) -> (Severity, String) {
    match ran.did.first() {
        Some(Did::Dropped) => (Severity::Error, "everything is dropped".to_owned()),
        Some(Did::Wrote(changes)) => match changes.first() {
            Some(change) if change.after.is_empty() && change.before.is_empty() => {
                (Severity::Warning, "the step has no effect".to_owned())
            }
            Some(change) if change.after.is_empty() => {
                (Severity::Error, format!("label `{}` is deleted everywhere", change.label))
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
