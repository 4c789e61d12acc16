//! Languages by pattern and by operation, each built once: large files repeat the same patterns, and
//! the analysis of a chain asks the same question again and again.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::{Dfa, Language, Limits, Undecided};
use crate::regexp::{Dialect, Pattern};

/// What was combined; languages stand for themselves by the address of their shared automaton.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Question {
    Union(usize, usize),
    Intersection(usize, usize),
    Difference(usize, usize),
    Joined(Vec<usize>, String),
    Part(Vec<usize>, usize, String, usize),
    Group(String, Dialect, usize),
    Pattern(String, Dialect),
    Literal(String),
}

type Answer = Result<Language, Undecided>;

/// A store of languages. Two languages out of the same store are equal exactly when they share
/// their automaton ([`Language::same`]).
#[derive(Debug, Default)]
pub struct Languages {
    limits: Limits,
    known: RefCell<HashSet<Arc<Dfa>>>,
    /// The addresses of the automata in `known`, which stay where they are.
    kept: RefCell<HashSet<usize>>,
    answers: RefCell<HashMap<Question, Answer>>,
    all: OnceCell<Language>,
    none: OnceCell<Language>,
}

impl Languages {
    /// An empty store whose automata keep to the limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// How large automata may grow.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// All values that the server's regex matches.
    ///
    /// # Errors
    /// [`Undecided`] past the limits, here and below.
    pub fn of(&self, pattern: &Pattern) -> Answer {
        let key = Question::Pattern(pattern.text().to_owned(), pattern.dialect());
        self.answer(key, || Language::of(pattern, self.limits))
    }

    /// What a capturing group can hold, or more; see [`Language::of_group`].
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn of_group(&self, pattern: &Pattern, group: usize) -> Answer {
        let key = Question::Group(pattern.text().to_owned(), pattern.dialect(), group);
        self.answer(key, || Language::of_group(pattern, group, self.limits))
    }

    /// Just this string.
    pub fn literal(&self, text: &str) -> Language {
        let literal = || Ok(Language::literal(text, self.limits));
        self.answer(Question::Literal(text.to_owned()), literal)
            .unwrap_or_else(|_| Language::literal(text, self.limits))
    }

    /// Every string.
    pub fn all(&self) -> Language {
        self.all.get_or_init(|| self.keep(Language::all(self.limits))).clone()
    }

    /// No string.
    pub fn none(&self) -> Language {
        self.none.get_or_init(|| self.keep(Language::none(self.limits))).clone()
    }

    /// The strings of either.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn union(&self, left: &Language, right: &Language) -> Answer {
        let (left, right) = (self.keep(left.clone()), self.keep(right.clone()));
        self.answer(Question::Union(left.address(), right.address()), || left.union(&right))
    }

    /// The strings of both.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn intersection(&self, left: &Language, right: &Language) -> Answer {
        let (left, right) = (self.keep(left.clone()), self.keep(right.clone()));
        let key = Question::Intersection(left.address(), right.address());
        self.answer(key, || left.intersection(&right))
    }

    /// The strings of the first that the second does not have.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn difference(&self, left: &Language, right: &Language) -> Answer {
        let (left, right) = (self.keep(left.clone()), self.keep(right.clone()));
        let key = Question::Difference(left.address(), right.address());
        self.answer(key, || left.difference(&right))
    }

    /// One string of each part, with the separator between them; see [`Language::joined`].
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn joined(&self, parts: &[Language], separator: &str) -> Answer {
        let (parts, addresses) = self.keep_all(parts);
        let key = Question::Joined(addresses, separator.to_owned());
        let limits = parts.first().map_or(self.limits, |part| part.limits);
        self.answer(key, || Language::joined(&parts, separator, limits))
    }

    /// What one part can be where the join is in `joined`; see [`Language::part`].
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn part(&self, parts: &[Language], index: usize, sep: &str, joined: &Language) -> Answer {
        let (parts, addresses) = self.keep_all(parts);
        let joined = self.keep(joined.clone());
        let key = Question::Part(addresses, index, sep.to_owned(), joined.address());
        self.answer(key, || Language::part(&parts, index, sep, &joined))
    }

    /// The language with the automaton that the store shares.
    pub fn keep(&self, language: Language) -> Language {
        if self.kept.borrow().contains(&language.address()) {
            return language;
        }
        let mut known = self.known.borrow_mut();
        if let Some(same) = known.get(&language.dfa) {
            return Language { dfa: Arc::clone(same), ..language };
        }
        known.insert(Arc::clone(&language.dfa));
        self.kept.borrow_mut().insert(language.address());
        language
    }

    fn keep_all(&self, languages: &[Language]) -> (Vec<Language>, Vec<usize>) {
        let kept: Vec<Language> =
            languages.iter().map(|language| self.keep(language.clone())).collect();
        let addresses = kept.iter().map(Language::address).collect();
        (kept, addresses)
    }

    fn answer(&self, question: Question, build: impl FnOnce() -> Answer) -> Answer {
        if let Some(answer) = self.answers.borrow().get(&question) {
            return answer.clone();
        }
        let answer = build().map(|language| self.keep(language));
        self.answers.borrow_mut().insert(question, answer.clone());
        answer
    }
}
