//! What steps do that look at the names of labels: `labeldrop`, `labelkeep`, `labelmap`.

use super::state::{Names, State};
use super::template::{expansions, is_value};
use super::transfer::Took;
use crate::regexp::language::Language;
use crate::relabel::{Action, Effect, Input, Scratch, Step};

/// So few names are run through the step itself, one by one.
const FEW: usize = 16;

/// Runs a `labeldrop` or a `labelkeep`.
pub(super) fn remove(names: &Names<'_>, step: &Step, state: State) -> Took {
    let removes =
        |name: &str| step.pattern().is_match(name) == (step.action() == Action::LabelDrop);
    let mut after = state.clone();
    let mut acting = state.clone();
    let mut may_change = false;
    for (label, _) in names.all.iter().enumerate().filter(|(_, name)| removes(name)) {
        let there = present(names, &state, label);
        if there.is_none() {
            continue;
        }
        if !std::mem::replace(&mut may_change, true) {
            acting.narrow_label(label, there);
        }
        after.set(label, names.absent());
    }
    let (gone, left) = match (names.languages.of(step.pattern()), step.action()) {
        (Ok(pattern), Action::LabelDrop) => {
            (names.and(&state.rest, &pattern), names.minus(&state.rest, &pattern))
        }
        (Ok(pattern), _) => (names.minus(&state.rest, &pattern), names.and(&state.rest, &pattern)),
        (Err(_), _) => (state.rest.clone(), state.rest.clone()),
    };
    if !gone.is_none() && !std::mem::replace(&mut may_change, true) {
        acting.extra = gone.example();
    }
    after.rest = left;
    if may_change {
        Took { after: vec![after], acts_on: vec![acting], may_change, may_drop: false }
    } else {
        Took::nothing(state)
    }
}

/// Its values where it is there.
fn present(names: &Names<'_>, state: &State, label: usize) -> Language {
    names.minus(&state.labels[label].now, &names.absent())
}

/// Runs a `labelmap`.
pub(super) fn map(names: &Names<'_>, step: &Step, state: State) -> Took {
    let mut copies = Copies { names, step, after: state.clone(), may_change: false };
    let mut acting: Option<State> = None;
    for (label, name) in names.all.iter().enumerate() {
        let there = present(names, &state, label);
        if !there.is_none() && step.pattern().is_match(name) && copies.one(name, &there) {
            acting.get_or_insert_with(|| {
                let mut acting = state.clone();
                acting.narrow_label(label, there.clone());
                acting
            });
        }
    }
    let others = match names.languages.of(step.pattern()) {
        Ok(pattern) => names.and(&state.rest, &pattern),
        Err(_) => state.rest.clone(),
    };
    if !others.is_none() && copies.others(&others) {
        let extra = others.example();
        acting.get_or_insert_with(|| State { extra, ..state.clone() });
    }
    let Copies { after, may_change, .. } = copies;
    if !may_change {
        return Took::nothing(state);
    }
    let acts_on = acting.into_iter().collect();
    Took { after: vec![after], acts_on, may_change, may_drop: false }
}

/// The copies of a `labelmap`, which all read the labels as they were before it.
struct Copies<'a> {
    names: &'a Names<'a>,
    step: &'a Step,
    after: State,
    may_change: bool,
}

impl Copies<'_> {
    /// Copies a label of that name, if it is there, and says whether that may change anything.
    fn one(&mut self, name: &str, values: &Language) -> bool {
        let mut scratch = Scratch::new();
        let Effect::Copy { to } = self.step.effect(Input::Name(name), &mut scratch) else {
            return false;
        };
        // Onto itself, which only another copy could disturb: that one is a change.
        if to == name {
            return false;
        }
        self.write(to, values);
        self.may_change = true;
        true
    }

    /// Copies labels that are not followed, of any of these names.
    fn others(&mut self, from: &Language) -> bool {
        let any = self.names.minus(&self.names.languages.all(), &self.names.absent());
        if let Some(from) = from.strings(FEW) {
            return from.iter().filter(|name| self.one(name, &any)).count() > 0;
        }
        let (step, names) = (self.step, self.names);
        if is_value(step.replacement(), step.pattern()) {
            return false;
        }
        let to = if step.pattern().unanchored() {
            names.languages.all()
        } else {
            expansions(names, step.replacement(), step.pattern(), from)
        };
        for name in names.all.iter().filter(|name| to.contains(name)) {
            self.write(name, &any);
        }
        self.after.rest = names.or(&self.after.rest, &names.minus(&to, &names.followed));
        self.may_change = true;
        true
    }

    /// The label may get one of these values.
    fn write(&mut self, to: &str, values: &Language) {
        if let Some(label) = self.names.find(to) {
            let values = self.names.or(&self.after.labels[label].now, values);
            self.after.set(label, values);
        } else {
            let to = self.names.languages.literal(to);
            self.after.rest = self.names.or(&self.after.rest, &to);
        }
    }
}
