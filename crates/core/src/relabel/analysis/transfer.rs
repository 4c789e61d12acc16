//! What one step makes of a set of label sets.

use super::names;
use super::state::{Names, State};
use super::values;
use crate::regexp::language::Language;
use crate::relabel::{Action, Step};

/// What a step may do to the label sets of a state.
#[derive(Debug, Default)]
pub(super) struct Took {
    /// The label sets after the step, in one or two states.
    pub(super) after: Vec<State>,
    /// Those before the step on which it acts: which it drops, or may change.
    pub(super) acts_on: Vec<State>,
    /// Whether it may change one.
    pub(super) may_change: bool,
    /// Whether it may drop one.
    pub(super) may_drop: bool,
}

impl Took {
    /// The step leaves everything as it is.
    pub(super) fn nothing(state: State) -> Self {
        Self { after: vec![state], ..Self::default() }
    }
}

/// Runs a step. With `splits`, label sets that it matches and those that it does not stay apart.
pub(super) fn step(names: &Names<'_>, step: &Step, state: State, splits: bool) -> Took {
    match step.action() {
        Action::Keep | Action::Drop => filter(names, step, state),
        Action::KeepEqual | Action::DropEqual => compare(names, step, state),
        Action::Replace => values::replace(names, step, state, splits),
        Action::HashMod | Action::Lowercase | Action::Uppercase => {
            values::always(names, step, state)
        }
        Action::LabelDrop | Action::LabelKeep => names::remove(names, step, state),
        Action::LabelMap => names::map(names, step, state),
        // Only vmagent has the others, whose chains are not followed.
        _ => Took::nothing(state),
    }
}

/// The strings that a step reads: those that its pattern matches, and the others.
pub(super) fn split(names: &Names<'_>, step: &Step, state: &State) -> [Language; 2] {
    let readable = names.readable(state, step);
    match names.languages.of(step.pattern()) {
        Ok(pattern) => [names.and(&readable, &pattern), names.minus(&readable, &pattern)],
        Err(_) => [readable.clone(), readable],
    }
}

fn filter(names: &Names<'_>, step: &Step, state: State) -> Took {
    let [matched, other] = split(names, step, &state);
    let (kept, dropped) =
        if step.action() == Action::Keep { (matched, other) } else { (other, matched) };
    let mut took = Took::default();
    if !dropped.is_none() {
        took.may_drop = true;
        took.acts_on.push(names.narrow(state.clone(), step, &dropped));
    }
    if !kept.is_none() {
        took.after.push(names.narrow(state, step, &kept));
    }
    took
}

fn compare(names: &Names<'_>, step: &Step, state: State) -> Took {
    let Some(target) = names.find(step.target_label()) else { return Took::nothing(state) };
    let readable = names.readable(&state, step);
    let other = state.labels[target].now.clone();
    let both = names.and(&readable, &other);
    let always_equal = names.sources(step)[..] == [target]
        || readable.same(&other) && readable.strings(1).is_some_and(|one| one.len() == 1);
    let never_equal = both.is_none();
    let mut equal = names.narrow(state.clone(), step, &both);
    let narrowed = names.and(&equal.labels[target].now, &both);
    equal.narrow_label(target, narrowed);
    let mut different = state;
    if let Some([one]) = readable.strings(1).as_deref() {
        let rest = names.minus(&different.labels[target].now, &names.languages.literal(one));
        different.narrow_label(target, rest);
    }
    if let Some([one]) = other.strings(1).as_deref() {
        let rest = names.minus(&readable, &names.languages.literal(one));
        different = names.narrow(different, step, &rest);
    }
    let equal = (!never_equal).then_some(equal);
    let different = (!always_equal).then_some(different);
    let (after, dropped) = match step.action() {
        Action::KeepEqual => (equal, different),
        _ => (different, equal),
    };
    Took {
        may_drop: dropped.is_some(),
        after: after.into_iter().collect(),
        acts_on: dropped.into_iter().collect(),
        may_change: false,
    }
}
