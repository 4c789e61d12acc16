//! A set of label sets: for each label the values it may have, for several labels what is known of
//! them together, for all other labels their names. It holds every label set that can be there, and
//! may hold more.

use super::start::Start;
use crate::regexp::language::{Language, Languages, Limits};
use crate::relabel::Step;

/// What grows larger than this is taken for more than it is: precise sets of that size cost seconds a
/// chain and have not been seen to prove anything more.
const SMALL: Limits = Limits { pattern_bytes: 4 << 20, states: 200, pairs: 20_000 };

/// What is known about one label; "" stands for no label.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// Its values now.
    pub(super) now: Language,
    /// The values it had at the start, as far as later steps asked for some.
    pub(super) start: Language,
    /// Whether a step may have written it.
    pub(super) touched: bool,
}

/// What is known about several labels together.
#[derive(Debug, Clone)]
pub(super) struct Joint {
    pub(super) sources: Vec<usize>,
    pub(super) separator: Box<str>,
    /// Their values, joined.
    pub(super) language: Language,
    /// Whether it holds for the values now, and for those at the start.
    pub(super) now: bool,
    pub(super) start: bool,
}

/// A set of label sets.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// By the numbers that [`Names`] gives.
    pub(super) labels: Vec<Label>,
    pub(super) joints: Vec<Joint>,
    /// Names of all other labels that may be there.
    pub(super) rest: Language,
    /// Another label that a witness should have.
    pub(super) extra: Option<String>,
}

/// The labels that are followed one by one: those that a chain names.
#[derive(Debug)]
pub(super) struct Names<'a> {
    pub(super) languages: &'a Languages,
    pub(super) all: Vec<String>,
    /// All of them, as a language.
    pub(super) followed: Language,
}

impl<'a> Names<'a> {
    pub(super) fn of(languages: &'a Languages, steps: &[&Step], start: &Start) -> Self {
        let mut names: Vec<String> = start.labels.keys().cloned().collect();
        for step in steps {
            names.extend(step.source_labels().iter().map(ToString::to_string));
            names.extend(step.target().constant());
            names.push(step.target_label().to_owned());
        }
        names.extend(start.usual.iter().map(|(name, _)| (*name).to_owned()));
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !name.is_empty());
        // In doubt none is followed alone: then the names of all others hold theirs too.
        let followed = languages.literals(&names).unwrap_or_else(|_| languages.none());
        Self { languages, all: names, followed }
    }

    /// The number of a label; every label that a step names has one.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.all.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// The numbers of the labels that a step joins.
    pub(super) fn sources(&self, step: &Step) -> Vec<usize> {
        step.source_labels().iter().filter_map(|name| self.find(name)).collect()
    }

    /// At least the strings of both.
    pub(super) fn and(&self, left: &Language, right: &Language) -> Language {
        self.languages.intersection(&small(left), right).unwrap_or_else(|_| left.clone())
    }

    /// At least the strings of the first without those of the second.
    pub(super) fn minus(&self, left: &Language, right: &Language) -> Language {
        self.languages.difference(&small(left), right).unwrap_or_else(|_| left.clone())
    }

    /// At least the strings of either.
    pub(super) fn or(&self, left: &Language, right: &Language) -> Language {
        self.languages.union(&small(left), right).unwrap_or_else(|_| self.languages.all())
    }

    /// Only the empty string: no label.
    pub(super) fn absent(&self) -> Language {
        self.languages.literal("")
    }

    /// The state at the start of a chain.
    pub(super) fn start(&self, start: &Start) -> State {
        let label = |name: &String| {
            let now = start.values(self.languages, name);
            Label { start: now.clone(), now, touched: false }
        };
        let labels = self.all.iter().map(label).collect();
        let rest = self.minus(&start.names, &self.followed);
        State { labels, joints: Vec::new(), rest, extra: None }
    }

    /// All strings that a step can read from its source labels.
    pub(super) fn readable(&self, state: &State, step: &Step) -> Language {
        let sources = self.sources(step);
        if let [one] = sources[..] {
            return state.labels[one].now.clone();
        }
        let joined = self
            .languages
            .joined(&state.parts(&sources), step.separator())
            .unwrap_or_else(|_| self.languages.all());
        match state.joint(&sources, step.separator()) {
            Some(joint) => self.and(&joined, &joint.language),
            None => joined,
        }
    }

    /// The state where the step reads one of these strings, which it can.
    pub(super) fn narrow(&self, mut state: State, step: &Step, strings: &Language) -> State {
        let sources = self.sources(step);
        match sources[..] {
            [] => {}
            [one] => state.narrow_label(one, strings.clone()),
            _ => {
                let parts = state.parts(&sources);
                for (index, label) in sources.iter().enumerate() {
                    let strings = small(strings);
                    let part = self.languages.part(&parts, index, step.separator(), &strings);
                    if let Ok(part) = part {
                        let both = self.and(&state.labels[*label].now, &part);
                        state.narrow_label(*label, both);
                    }
                }
                let start = sources.iter().all(|label| !state.labels[*label].touched);
                let separator: Box<str> = step.separator().into();
                let is_same = |joint: &Joint| {
                    joint.now && joint.sources == sources && joint.separator == separator
                };
                state.joints.retain(|joint| !is_same(joint));
                let language = strings.clone();
                state.joints.push(Joint { sources, separator, language, now: true, start });
            }
        }
        state
    }

    /// One state that holds the label sets of all of them.
    pub(super) fn merge(&self, states: Vec<State>) -> Option<State> {
        states.into_iter().reduce(|mut all, state| {
            for (label, other) in all.labels.iter_mut().zip(&state.labels) {
                label.now = self.or(&label.now, &other.now);
                label.start = self.or(&label.start, &other.start);
                label.touched |= other.touched;
            }
            all.rest = self.or(&all.rest, &state.rest);
            all.joints.retain_mut(|joint| {
                let same = state.joints.iter().find(|other| joint.is_about_same(other));
                if let Some(other) = same {
                    joint.language = self.or(&joint.language, &other.language);
                }
                same.is_some()
            });
            all
        })
    }
}

fn small(language: &Language) -> Language {
    language.clone().with_limits(SMALL)
}

impl Joint {
    fn is_about_same(&self, other: &Self) -> bool {
        self.sources == other.sources
            && self.separator == other.separator
            && (self.now, self.start) == (other.now, other.start)
    }
}

impl State {
    /// The values of these labels now.
    fn parts(&self, labels: &[usize]) -> Vec<Language> {
        labels.iter().map(|label| small(&self.labels[*label].now)).collect()
    }

    fn joint(&self, sources: &[usize], separator: &str) -> Option<&Joint> {
        self.joints
            .iter()
            .find(|joint| joint.now && joint.sources == sources && *joint.separator == *separator)
    }

    /// Nothing changes, but the label is known to have one of these values.
    pub(super) fn narrow_label(&mut self, label: usize, values: Language) {
        let label = &mut self.labels[label];
        label.now = values;
        if !label.touched {
            label.start = label.now.clone();
        }
    }

    /// A step writes the label.
    pub(super) fn set(&mut self, label: usize, values: Language) {
        self.labels[label].now = values;
        self.labels[label].touched = true;
        for joint in &mut self.joints {
            joint.now &= !joint.sources.contains(&label);
        }
        self.joints.retain(|joint| joint.now || joint.start);
    }

    /// Whether both hold the same label sets, as far as that can be seen.
    pub(super) fn same(&self, other: &Self) -> bool {
        let is_same = |(a, b): (&Label, &Label)| {
            a.touched == b.touched && a.now.same(&b.now) && a.start.same(&b.start)
        };
        self.labels.iter().zip(&other.labels).all(is_same)
            && self.rest.same(&other.rest)
            && self.joints.len() == other.joints.len()
            && self
                .joints
                .iter()
                .zip(&other.joints)
                .all(|(a, b)| a.is_about_same(b) && a.language.same(&b.language))
    }
}
