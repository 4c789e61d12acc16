//! Which values a step can read, where service discovery keeps to what it guarantees.

use super::Context;
use crate::config::Chain;
use crate::regexp::language::Language;
use crate::relabel::Step;
use crate::relabel::analysis::{Start, readable};

/// All strings that a step of a chain can read, whatever the filters before it let pass: its label
/// values joined.
pub(super) fn expected(
    context: &Context<'_>,
    chain: &Chain,
    index: usize,
    step: &Step,
) -> Option<Language> {
    let earlier: Option<Vec<&Step>> =
        chain.steps[..index].iter().map(|configured| configured.step.as_ref()).collect();
    let mut steps = earlier?;
    steps.retain(|step| !step.action().is_filter());
    let start = Start::clone(&context.start(chain.kind)).with_discovery(context.languages());
    readable(&steps, step, &start, context.languages())
}
