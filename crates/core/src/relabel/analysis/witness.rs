//! Label sets that show what a claim says, made from a state and confirmed by running them.

use super::start::Start;
use super::state::{Names, State};
use crate::regexp::language::Language;
use crate::relabel::{Did, Outcome, Program, Scratch, Step};
use crate::series::LabelBuf;

/// Label names and values, by name.
pub type Labels = Vec<(String, String)>;

/// What became of a label set in some steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The labels at the end; `None` when it was dropped, or no label was left.
    pub labels: Option<Labels>,
    /// What each step did, up to the one that dropped.
    pub did: Vec<Did>,
}

impl Ran {
    /// The step that dropped the label set.
    pub fn dropped_by(&self) -> Option<usize> {
        self.did.iter().position(|did| *did == Did::Dropped)
    }

    /// Whether the step was reached and did nothing to the labels.
    pub fn left_alone_by(&self, step: usize) -> bool {
        self.did.get(step).is_some_and(|did| !acted(did))
    }
}

/// Whether a step dropped or changed something.
fn acted(did: &Did) -> bool {
    match did {
        Did::Nothing | Did::Passed | Did::InvalidName(_) => false,
        Did::Wrote(changes) => changes.iter().any(|change| change.before != change.after),
        Did::Dropped => true,
    }
}

/// Runs steps on a label set.
pub fn run<'s>(steps: impl IntoIterator<Item = &'s Step>, labels: &Labels) -> Ran {
    let steps: Vec<Step> = steps.into_iter().cloned().collect();
    let mut set = LabelBuf::new();
    set.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (outcome, did) = Program::compile(&steps).apply_traced(&mut Scratch::new(), &mut set);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let labels = (outcome == Outcome::Kept && !set.is_empty())
        .then(|| set.sorted().into_iter().map(owned).collect());
    Ran { labels, did }
}

/// Label sets of the states, some in two ways: with as few labels as may be, and with many.
pub(super) fn candidates(names: &Names<'_>, start: &Start, states: &[State]) -> Vec<Labels> {
    let mut found: Vec<Labels> = Vec::new();
    for full in [false, true] {
        for labels in states.iter().filter_map(|state| one(names, start, state, full)) {
            if !found.contains(&labels) {
                found.push(labels);
            }
        }
    }
    found
}

/// A label set of the state as it was at the start of the chain.
fn one(names: &Names<'_>, start: &Start, state: &State, full: bool) -> Option<Labels> {
    let mut values: Vec<Option<String>> = vec![None; state.labels.len()];
    for joint in state.joints.iter().filter(|joint| joint.start) {
        let part = |label: &usize| match &values[*label] {
            Some(value) => names.languages.literal(value),
            None => state.labels[*label].start.clone(),
        };
        let parts: Vec<Language> = joint.sources.iter().map(part).collect();
        let usual: Vec<Language> = joint
            .sources
            .iter()
            .zip(&parts)
            .map(|(label, part)| match usual(start, &names.all[*label], part) {
                Some(value) => names.languages.literal(value),
                None => part.clone(),
            })
            .collect();
        let tuple = |parts: &[Language]| {
            Language::tuple(parts, &joint.separator, &joint.language).ok().flatten()
        };
        let tuple = tuple(&usual).or_else(|| tuple(&parts))?;
        for (label, value) in joint.sources.iter().zip(tuple) {
            values[*label] = Some(value);
        }
    }
    let mut labels = Labels::new();
    for ((name, label), value) in names.all.iter().zip(&state.labels).zip(values) {
        let value = match value {
            Some(value) => value,
            None => choose(names, start, name, &label.start, full)?,
        };
        if !value.is_empty() {
            labels.push((name.clone(), value));
        }
    }
    labels.extend(state.extra.iter().map(|name| (name.clone(), "x".to_owned())));
    labels.sort();
    Some(labels)
}

/// The usual value of a label, if it is one of these.
fn usual(start: &Start, name: &str, values: &Language) -> Option<&'static str> {
    let known = start.usual.iter().find(|(known, _)| *known == name);
    known.map(|(_, value)| *value).filter(|value| values.contains(value))
}

fn choose(
    names: &Names<'_>,
    start: &Start,
    name: &str,
    values: &Language,
    full: bool,
) -> Option<String> {
    if let Some(value) = usual(start, name, values) {
        return Some(value.to_owned());
    }
    if full {
        let there = names.minus(values, &names.absent());
        return there.example().or_else(|| values.example());
    }
    if values.contains("") { Some(String::new()) } else { values.example() }
}
