//! Questions about all strings at once: is every value that this regex matches matched by that one?
//!
//! A [`Language`] is a set of strings as a deterministic automaton over UTF-8 bytes. Every answer
//! is exact, with a shortest counter-example; what would grow too large is [`Undecided`].

mod arrows;
mod beginnings;
mod build;
mod cache;
mod concat;
mod dfa;
mod finite;
mod minimise;
mod product;
mod search;
mod tuple;
mod witness;

use std::fmt;
use std::sync::{Arc, LazyLock};

pub use self::cache::Languages;

use self::dfa::Dfa;
use super::Pattern;

/// How large automata may grow before the answer is [`Undecided`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Bytes for the automaton of one pattern.
    pub pattern_bytes: usize,
    /// States of one automaton, combined ones included.
    pub states: usize,
    /// Pairs of states that a question about two automata may look at.
    pub pairs: usize,
}

impl Default for Limits {
    /// 4 MiB, 20,000 states and 1,000,000 pairs; `docs/decisions/0011-chain-analysis.md` counts what
    /// real patterns need.
    fn default() -> Self {
        Self { pattern_bytes: 4 << 20, states: 20_000, pairs: 1_000_000 }
    }
}

/// The automaton would grow past a limit; nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Undecided {
    /// That of one pattern, past so many bytes.
    Pattern(usize),
    /// A combined one, past so many states.
    States(usize),
    /// The search of an answer, past so many pairs of states.
    Pairs(usize),
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(bytes) => {
                write!(f, "undecided: the pattern's automaton takes more than {bytes} bytes")
            }
            Self::States(states) => {
                write!(f, "undecided: the combined automaton has more than {states} states")
            }
            Self::Pairs(pairs) => {
                write!(f, "undecided: there are more than {pairs} pairs of states to look at")
            }
        }
    }
}

impl std::error::Error for Undecided {}

/// The answer to a question about all strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds for every string.
    Holds,
    /// It does not; this string shows it, and no shorter one (in bytes) does.
    Fails(String),
}

impl Verdict {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds)
    }

    /// The string that shows that it does not hold.
    pub fn witness(&self) -> Option<&str> {
        match self {
            Self::Holds => None,
            Self::Fails(witness) => Some(witness),
        }
    }

    fn from_witness(witness: Option<String>) -> Self {
        witness.map_or(Self::Holds, Self::Fails)
    }
}

/// A set of strings (of valid UTF-8, as label values are). Cloning shares it.
///
/// Its automaton is the smallest one: languages with the same strings have the same automaton.
#[derive(Debug, Clone)]
pub struct Language {
    dfa: Arc<Dfa>,
    limits: Limits,
}

impl Language {
    /// All values that the server's regex matches.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn of(pattern: &Pattern, limits: Limits) -> Result<Self, Undecided> {
        Ok(Self::from(build::full_match(pattern, limits)?, limits))
    }

    /// What a capturing group of the pattern holds in some match, "" where it takes no part. What
    /// `^`, `$` and `\b` ask for inside it is left out, so this may hold more, but never less. Just
    /// "" for a group that does not exist.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn of_group(pattern: &Pattern, group: usize, limits: Limits) -> Result<Self, Undecided> {
        Ok(Self::from(build::group(pattern, group, limits)?, limits))
    }

    /// Every string.
    pub fn all(limits: Limits) -> Self {
        static UTF8: LazyLock<Arc<Dfa>> =
            LazyLock::new(|| Arc::new(beginnings::text(true).clone()));
        Self { dfa: Arc::clone(&UTF8), limits }
    }

    /// No string.
    pub fn none(limits: Limits) -> Self {
        Self::from(Dfa::empty(), limits)
    }

    /// Just this string.
    pub fn literal(text: &str, limits: Limits) -> Self {
        Self::from(build::literal(text), limits)
    }

    /// Just these strings, which are in byte order.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn literals(texts: &[String], limits: Limits) -> Result<Self, Undecided> {
        Ok(Self::from(Dfa::literals(texts, limits.states)?, limits))
    }

    /// One string of each part, in order, with the separator between them: what a step reads from
    /// several `source_labels`.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn joined(parts: &[Self], separator: &str, limits: Limits) -> Result<Self, Undecided> {
        let [first, rest @ ..] = parts else { return Ok(Self::literal("", limits)) };
        let separator = build::literal(separator);
        let mut joined = Arc::clone(&first.dfa);
        for part in rest {
            let next = concat::concat(&separator, &part.dfa, limits.states)?;
            joined = Arc::new(concat::concat(&joined, &next, limits.states)?);
        }
        Ok(Self { dfa: joined, limits })
    }

    /// A string of each part whose join is in `joined`: the values of several labels that a step
    /// reads as such a string. The shortest together; `None` when there are none.
    ///
    /// # Errors
    /// [`Undecided`] past the limits of `joined`.
    pub fn tuple(
        parts: &[Self],
        separator: &str,
        joined: &Self,
    ) -> Result<Option<Vec<String>>, Undecided> {
        let parts: Vec<&Dfa> = parts.iter().map(|part| &*part.dfa).collect();
        tuple::shortest(&parts, separator.as_bytes(), &joined.dfa, joined.limits.pairs)
    }

    /// The strings of part `index` for which strings of the other parts exist so that the join is in
    /// `joined`: what is left of one label once a step has looked at several.
    ///
    /// # Errors
    /// [`Undecided`] past the limits of `joined`.
    pub fn part(
        parts: &[Self],
        index: usize,
        separator: &str,
        joined: &Self,
    ) -> Result<Self, Undecided> {
        let automata: Vec<&Dfa> = parts.iter().map(|part| &*part.dfa).collect();
        let limits = joined.limits;
        let dfa = tuple::part(&automata, index, separator.as_bytes(), &joined.dfa, limits.states)?;
        Ok(Self::from(dfa, limits))
    }

    /// The strings of any of them.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn union_of(languages: &[Self], limits: Limits) -> Result<Self, Undecided> {
        languages.iter().try_fold(Self::none(limits), |all, language| all.union(language))
    }

    /// The strings of all of them; every string when there are none.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn intersection_of(languages: &[Self], limits: Limits) -> Result<Self, Undecided> {
        languages.iter().try_fold(Self::all(limits), |all, language| all.intersection(language))
    }

    /// The strings of either.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn union(&self, other: &Self) -> Result<Self, Undecided> {
        self.combine(other, |here, there| here || there)
    }

    /// The strings of both.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn intersection(&self, other: &Self) -> Result<Self, Undecided> {
        self.combine(other, |here, there| here && there)
    }

    /// The strings of this one that the other does not have.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn difference(&self, other: &Self) -> Result<Self, Undecided> {
        self.combine(other, |here, there| here && !there)
    }

    /// The strings that it does not have.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn complement(&self) -> Result<Self, Undecided> {
        Self::all(self.limits).difference(self)
    }

    /// The same strings, where what is combined with it keeps to these limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Whether it has the string.
    pub fn contains(&self, text: &str) -> bool {
        self.dfa.accepts(text.as_bytes())
    }

    /// Whether it has no string; the witness is a string that it has.
    pub fn is_empty(&self) -> Verdict {
        Verdict::from_witness(self.dfa.shortest())
    }

    /// Whether it has no string; [`Language::is_empty`] without a witness.
    pub fn is_none(&self) -> bool {
        self.dfa.states() == 1
    }

    /// All of its strings, in byte order, if there are `most` at most.
    pub fn strings(&self, most: usize) -> Option<Vec<String>> {
        finite::strings(&self.dfa, most)
    }

    /// A shortest string that it has.
    pub fn example(&self) -> Option<String> {
        self.dfa.shortest()
    }

    /// Whether it has every string; the witness is one that it lacks.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn is_universal(&self) -> Result<Verdict, Undecided> {
        Self::all(self.limits).subset(self)
    }

    /// Whether no string is in both; the witness is in both.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn disjoint(&self, other: &Self) -> Result<Verdict, Undecided> {
        self.refute(other, |here, there| here && there)
    }

    /// Whether the other has all of its strings; the witness is one that the other lacks.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn subset(&self, other: &Self) -> Result<Verdict, Undecided> {
        self.refute(other, |here, there| here && !there)
    }

    /// Whether both have the same strings; the witness is in one only.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn equal(&self, other: &Self) -> Result<Verdict, Undecided> {
        self.refute(other, |here, there| here != there)
    }

    /// Whether both have the same strings, by comparing their automata: cheaper than
    /// [`Language::equal`], always decided, and without a witness.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dfa, &other.dfa) || self.dfa == other.dfa
    }

    /// How many states its automaton has, the dead one included.
    pub fn states(&self) -> usize {
        self.dfa.states()
    }

    /// Looks for a shortest string whose being in (this, the other) is as `counts` says.
    fn refute(&self, other: &Self, counts: fn(bool, bool) -> bool) -> Result<Verdict, Undecided> {
        let found = search::shortest(&self.dfa, &other.dfa, counts, self.limits.pairs)?;
        Ok(Verdict::from_witness(found))
    }

    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Result<Self, Undecided> {
        let fits = self.states() <= self.limits.states;
        if fits && other.is_none() && keep(true, false) {
            return Ok(self.clone());
        }
        let dfa = product::product(&self.dfa, &other.dfa, keep, self.limits.states)?;
        Ok(Self::from(dfa, self.limits))
    }

    fn from(dfa: Dfa, limits: Limits) -> Self {
        Self { dfa: Arc::new(dfa), limits }
    }
}

#[cfg(test)]
mod brute_tests;
