//! What the keeps and drops of a chain leave, by automata: for each combination of source labels
//! the language of the values that are still possible.

use super::{Context, values};
use crate::config::Chain;
use crate::regexp::language::Language;
use crate::relabel::{Action, Step};

/// What is special about a filter.
#[expect(clippy::enum_variant_names, reason = "what a filter does is drop")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// It drops everything, by itself.
    DropsAll {
        /// Its index.
        step: usize,
    },
    /// After the earlier filters of the same labels it drops everything that is left.
    DropsRest {
        /// Its index.
        step: usize,
        /// The earlier filters.
        earlier: Vec<usize>,
    },
    /// After the earlier filters of the same labels it drops nothing.
    DropsNothing {
        /// Its index.
        step: usize,
        /// The earlier filters.
        earlier: Vec<usize>,
    },
}

/// The values of one combination of labels.
struct Possible {
    sources: Vec<Box<str>>,
    separator: Box<str>,
    language: Language,
    filters: Vec<usize>,
}

/// Goes through a chain until nothing is left. Says nothing where an automaton grows too large.
pub(super) fn notes(context: &Context<'_>, chain: &Chain) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut known: Vec<Possible> = Vec::new();
    for (index, configured) in chain.steps.iter().enumerate() {
        let Some(step) = &configured.step else { return notes };
        if !matches!(step.action(), Action::Keep | Action::Drop) {
            known.retain(|possible| possible.sources.iter().all(|label| !may_write(step, label)));
            continue;
        }
        let Some(note) = filter(context, &mut known, chain, index) else { continue };
        let is_end = !matches!(note, Note::DropsNothing { .. });
        notes.push(note);
        if is_end {
            break;
        }
    }
    notes
}

/// Narrows what is possible by one keep or drop.
fn filter(
    context: &Context<'_>,
    known: &mut Vec<Possible>,
    chain: &Chain,
    index: usize,
) -> Option<Note> {
    let step = chain.steps[index].step.as_ref()?;
    let all = values::readable(context, chain, index, step)?;
    let pattern = context.language(step.pattern())?;
    let narrow = |values: &Language| match step.action() {
        Action::Keep => values.intersection(&pattern).ok(),
        _ => values.difference(&pattern).ok(),
    };
    let same = |possible: &&mut Possible| {
        possible.sources == step.source_labels() && *possible.separator == *step.separator()
    };
    let Some(before) = known.iter_mut().find(same) else {
        let language = narrow(&all)?;
        if language.is_empty().holds() {
            return Some(Note::DropsAll { step: index });
        }
        let (sources, separator) = (step.source_labels().to_vec(), step.separator().into());
        known.push(Possible { sources, separator, language, filters: vec![index] });
        return None;
    };
    let after = narrow(&before.language)?;
    let earlier = before.filters.clone();
    if after.is_empty().holds() {
        return Some(Note::DropsRest { step: index, earlier });
    }
    let is_same = |a: &Language, b: &Language| a.subset(b).is_ok_and(|verdict| verdict.holds());
    let drops_nothing = is_same(&before.language, &after) && !is_same(&all, &narrow(&all)?);
    before.language = after;
    before.filters.push(index);
    drops_nothing.then_some(Note::DropsNothing { step: index, earlier })
}

/// Whether a step may change `label`. In doubt it may.
pub(super) fn may_write(step: &Step, label: &str) -> bool {
    match step.action() {
        action if action.is_filter() => false,
        Action::Replace => step.target().constant().is_none_or(|target| target == label),
        Action::HashMod | Action::Lowercase | Action::Uppercase => step.target_label() == label,
        Action::LabelDrop => step.pattern().is_match(label),
        Action::LabelKeep => !step.pattern().is_match(label),
        // `labelmap`, and what writes labels in ways of its own.
        _ => true,
    }
}

/// Whether a step may give `label` a value. In doubt it may.
pub(super) fn may_set(step: &Step, label: &str) -> bool {
    !matches!(step.action(), Action::LabelDrop | Action::LabelKeep) && may_write(step, label)
}
