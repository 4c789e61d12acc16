//! Languages by pattern and by operation, each built once: large files repeat the same patterns, and
//! the analysis of a chain asks the same question again and again.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashSet};

use super::{Dfa, Language, Limits, Undecided};
use crate::regexp::{Dialect, Pattern};

/// So many bytes of automata are kept; then the store starts anew.
const MAX_BYTES: usize = 64 << 20;

/// So many locks, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// An automaton that the store shares: the same one exactly when it is in the same place.
#[derive(Debug, Clone)]
struct Shared(Arc<Dfa>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Shared {}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).addr().hash(state);
    }
}

/// What was asked, and how large the answer may be: it does not depend on what was asked before.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    asked: Asked,
    limits: Limits,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Asked {
    Union(Shared, Shared),
    Intersection(Shared, Shared),
    Difference(Shared, Shared),
    Joined(Vec<Shared>, Box<str>),
    Part(Vec<Shared>, usize, Box<str>, Shared),
    Group(Box<str>, Dialect, usize),
    Pattern(Box<str>, Dialect),
    Literal(Box<str>),
    Literals(Vec<String>),
}

type Answer = Result<Language, Undecided>;

/// What falls to one lock.
#[derive(Debug, Default)]
struct Shard {
    known: HashSet<Arc<Dfa>>,
    answers: HashMap<Question, Answer>,
}

/// A store of languages, for any number of threads. Two languages out of the same store are equal
/// exactly when [`Language::same`] says so, which most often a look at their places tells.
#[derive(Debug, Default)]
pub struct Languages {
    limits: Limits,
    shards: [Mutex<Shard>; SHARDS],
    /// Bytes of the automata in all shards.
    bytes: AtomicUsize,
    all: OnceLock<Language>,
    none: OnceLock<Language>,
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
        let asked = Asked::Pattern(pattern.text().into(), pattern.dialect());
        self.answer(asked, self.limits, || Language::of(pattern, self.limits))
    }

    /// What a capturing group can hold, or more; see [`Language::of_group`].
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn of_group(&self, pattern: &Pattern, group: usize) -> Answer {
        let asked = Asked::Group(pattern.text().into(), pattern.dialect(), group);
        self.answer(asked, self.limits, || Language::of_group(pattern, group, self.limits))
    }

    /// Just this string.
    pub fn literal(&self, text: &str) -> Language {
        let literal = || Ok(Language::literal(text, self.limits));
        self.answer(Asked::Literal(text.into()), self.limits, literal)
            .unwrap_or_else(|_| Language::literal(text, self.limits))
    }

    /// Just these strings, which are in byte order.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn literals(&self, texts: &[String]) -> Answer {
        let literals = || Language::literals(texts, self.limits);
        self.answer(Asked::Literals(texts.to_vec()), self.limits, literals)
    }

    /// Every string.
    pub fn all(&self) -> Language {
        self.all.get_or_init(|| self.keep(&Language::all(self.limits))).clone()
    }

    /// No string.
    pub fn none(&self) -> Language {
        self.none.get_or_init(|| self.keep(&Language::none(self.limits))).clone()
    }

    /// The strings of either.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn union(&self, left: &Language, right: &Language) -> Answer {
        let asked = Asked::Union(self.share(left), self.share(right));
        self.answer(asked, left.limits, || left.union(right))
    }

    /// The strings of both.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn intersection(&self, left: &Language, right: &Language) -> Answer {
        let asked = Asked::Intersection(self.share(left), self.share(right));
        self.answer(asked, left.limits, || left.intersection(right))
    }

    /// The strings of the first that the second does not have.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn difference(&self, left: &Language, right: &Language) -> Answer {
        let asked = Asked::Difference(self.share(left), self.share(right));
        self.answer(asked, left.limits, || left.difference(right))
    }

    /// One string of each part, with the separator between them; see [`Language::joined`].
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn joined(&self, parts: &[Language], separator: &str) -> Answer {
        let limits = parts.first().map_or(self.limits, |part| part.limits);
        let asked = Asked::Joined(self.share_all(parts), separator.into());
        self.answer(asked, limits, || Language::joined(parts, separator, limits))
    }

    /// What one part can be where the join is in `joined`; see [`Language::part`].
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn part(&self, parts: &[Language], index: usize, sep: &str, joined: &Language) -> Answer {
        let asked = Asked::Part(self.share_all(parts), index, sep.into(), self.share(joined));
        self.answer(asked, joined.limits, || Language::part(parts, index, sep, joined))
    }

    /// The language with the automaton that the store shares.
    pub fn keep(&self, language: &Language) -> Language {
        Language { dfa: self.share(language).0, limits: language.limits }
    }

    fn share(&self, language: &Language) -> Shared {
        let mut shard = self.shard(&language.dfa);
        if let Some(same) = shard.known.get(&language.dfa) {
            return Shared(Arc::clone(same));
        }
        shard.known.insert(Arc::clone(&language.dfa));
        drop(shard);
        let bytes = language.dfa.bytes();
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_BYTES {
            self.clear();
        }
        Shared(Arc::clone(&language.dfa))
    }

    fn share_all(&self, languages: &[Language]) -> Vec<Shared> {
        languages.iter().map(|language| self.share(language)).collect()
    }

    /// Answers from the store or by building; meanwhile others may ask, and then build it too.
    fn answer(&self, asked: Asked, limits: Limits, build: impl FnOnce() -> Answer) -> Answer {
        let question = Question { asked, limits };
        if let Some(answer) = self.shard(&question).answers.get(&question) {
            return answer.clone();
        }
        let answer = build().map(|language| self.keep(&language));
        self.shard(&question).answers.entry(question).or_insert(answer).clone()
    }

    fn shard(&self, key: &impl Hash) -> MutexGuard<'_, Shard> {
        let hash = FixedState::default().hash_one(key);
        // A shard holds nothing that a panic could leave half done.
        self.shards[hash as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything. Whatever is in use elsewhere stays what it is: keys hold their automata.
    fn clear(&self) {
        self.bytes.store(0, Ordering::Relaxed);
        for shard in &self.shards {
            *shard.lock().unwrap_or_else(PoisonError::into_inner) = Shard::default();
        }
    }
}
