//! What steps write that look at values: `replace`, `hashmod`, `lowercase`, `uppercase`.

use super::start;
use super::state::{Names, State};
use super::template::{expansions, is_value};
use super::transfer::{Took, split};
use crate::regexp::language::Language;
use crate::relabel::{Action, Effect, Input, Scratch, Step};

/// So few strings are run through the step itself, one by one.
const FEW: usize = 16;

/// What is written where a step acts.
enum Written {
    /// One label, always.
    Label { label: usize, values: Language },
    /// Each of these labels perhaps, and other labels of these names perhaps.
    Perhaps { labels: Vec<(usize, Language)>, others: Language },
}

/// Runs a `replace`.
pub(super) fn replace(names: &Names<'_>, step: &Step, state: State, splits: bool) -> Took {
    let [matched, other] = split(names, step, &state);
    if matched.is_none() {
        return Took::nothing(state);
    }
    let (written, may_change) = written(names, step, &state, &matched);
    if !may_change {
        return Took::nothing(state);
    }
    let acting = names.narrow(state.clone(), step, &matched);
    let acts_on = vec![acting.clone()];
    let after = if other.is_none() {
        vec![carry_out(names, acting, &written)]
    } else if splits {
        let others = names.narrow(state, step, &other);
        vec![carry_out(names, acting, &written), others]
    } else {
        // Apart from the label that is written, both halves together are the whole again.
        vec![carry_out(names, state, &written.perhaps(names))]
    };
    Took { after, acts_on, may_change, may_drop: false }
}

/// Runs a step that writes whatever it reads.
pub(super) fn always(names: &Names<'_>, step: &Step, state: State) -> Took {
    let readable = names.readable(&state, step);
    let (written, may_change) = written(names, step, &state, &readable);
    if !may_change {
        return Took::nothing(state);
    }
    let acts_on = vec![state.clone()];
    Took { after: vec![carry_out(names, state, &written)], acts_on, may_change, may_drop: false }
}

impl Written {
    /// The same, where the step may also not act.
    fn perhaps(self, names: &Names<'_>) -> Self {
        match self {
            Self::Label { label, values } => {
                Self::Perhaps { labels: vec![(label, values)], others: names.languages.none() }
            }
            perhaps @ Self::Perhaps { .. } => perhaps,
        }
    }
}

fn carry_out(names: &Names<'_>, mut state: State, written: &Written) -> State {
    match written {
        Written::Label { label, values } => state.set(*label, values.clone()),
        Written::Perhaps { labels, others } => {
            for (label, values) in labels {
                let values = names.or(&state.labels[*label].now, values);
                state.set(*label, values);
            }
            state.rest = names.or(&state.rest, others);
        }
    }
    state
}

/// What a step writes where it reads one of `matched`, and whether that may change anything.
fn written(names: &Names<'_>, step: &Step, state: &State, matched: &Language) -> (Written, bool) {
    if let Some(strings) = matched.strings(FEW) {
        return one_by_one(names, step, state, &strings);
    }
    let target = match step.action() {
        Action::Replace => step.target().constant(),
        _ => Some(step.target_label().to_owned()),
    };
    let values = match step.action() {
        Action::Replace => expansions(names, step.replacement(), step.pattern(), matched),
        Action::HashMod => start::language(names.languages, "0|[1-9][0-9]*"),
        _ => cased(names, step.action(), matched),
    };
    let Some(label) = target.and_then(|target| names.find(&target)) else {
        return (anywhere(names, step, matched, &values), true);
    };
    let is_same_label = names.sources(step)[..] == [label];
    let keeps_value = match step.action() {
        Action::Replace => is_value(step.replacement(), step.pattern()),
        Action::HashMod => false,
        _ => values.same(matched),
    };
    let is_known = state.labels[label].now.same(&values) && is_single(&values);
    (Written::Label { label, values }, !(is_same_label && keeps_value || is_known))
}

fn is_single(values: &Language) -> bool {
    values.strings(1).is_some_and(|one| one.len() == 1)
}

/// Runs the step itself over each string that it can read.
fn one_by_one(
    names: &Names<'_>,
    step: &Step,
    state: &State,
    strings: &[String],
) -> (Written, bool) {
    let mut scratch = Scratch::new();
    let mut labels: Vec<(usize, Language)> = Vec::new();
    let (mut others, mut may_change, mut hits) = (names.languages.none(), false, 0);
    let sources = names.sources(step);
    for joined in strings {
        let Effect::Set { name, value } =
            step.effect(Input::Values { joined, target: "" }, &mut scratch)
        else {
            continue;
        };
        let written = names.languages.literal(value);
        let Some(label) = names.find(name) else {
            others = names.or(&others, &names.languages.literal(name));
            may_change = true;
            continue;
        };
        hits += 1;
        let is_there =
            sources[..] == [label] && value == joined || state.labels[label].now.same(&written);
        may_change |= !is_there;
        match labels.iter_mut().find(|(known, _)| *known == label) {
            Some((_, values)) => *values = names.or(values, &written),
            None => labels.push((label, written)),
        }
    }
    if let ([(label, values)], true) = (&labels[..], hits == strings.len()) {
        return (Written::Label { label: *label, values: values.clone() }, may_change);
    }
    (Written::Perhaps { labels, others }, may_change)
}

/// What a `replace` writes whose `target_label` depends on the match.
fn anywhere(names: &Names<'_>, step: &Step, matched: &Language, values: &Language) -> Written {
    let targets = expansions(names, step.target(), step.pattern(), matched);
    let hit = |name: &String| {
        let by_text = step.server().deletes_literal_target() && name == step.target_label();
        by_text || targets.contains(name)
    };
    // A release that deletes the label that `target_label` spells may delete it here.
    let values = names.or(values, &names.absent());
    let numbered = names.all.iter().enumerate().filter(|(_, name)| hit(name));
    Written::Perhaps {
        labels: numbered.map(|(label, _)| (label, values.clone())).collect(),
        others: names.minus(&targets, &names.followed),
    }
}

/// What comes of these strings in upper or lower case.
fn cased(names: &Names<'_>, action: Action, strings: &Language) -> Language {
    let languages = names.languages;
    let (unchanged, possible) = match action {
        Action::Lowercase => (r"[\x00-@\[-\x7f]*", "[^A-Z]*"),
        _ => (r"[\x00-`{-\x7f]*", "[^a-z]*"),
    };
    let unchanged = start::language(languages, unchanged);
    if strings.subset(&unchanged).is_ok_and(|verdict| verdict.holds()) {
        return strings.clone();
    }
    let possible = start::language(languages, possible);
    if strings.contains("") { possible } else { names.minus(&possible, &names.absent()) }
}
