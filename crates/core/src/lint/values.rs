//! Which values a step can read, where service discovery keeps to what it guarantees.

use super::Context;
use crate::config::Chain;
use crate::regexp::language::Language;
use crate::relabel::Step;

/// All strings that a step of a chain can read, whatever the filters before it let pass: its label
/// values joined.
pub(super) fn expected(
    context: &Context<'_>,
    chain: &Chain,
    index: usize,
    step: &Step,
) -> Option<Language> {
    context.chains().expected(chain, index, step)
}
