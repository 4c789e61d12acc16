//! Questions about all strings at once: is every value that this regex matches matched by that one?
//!
//! A [`Language`] is a set of strings as a deterministic automaton over UTF-8 bytes. Every answer
//! is exact, with a shortest counter-example; what would grow too large is [`Undecided`].

mod build;
mod concat;
mod dfa;
mod product;
mod witness;

use std::fmt;
use std::sync::Arc;

use self::dfa::Dfa;
use super::Pattern;

/// How large automata may grow before the answer is [`Undecided`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes for the automaton of one pattern.
    pub pattern_bytes: usize,
    /// States of one automaton, combined ones included.
    pub states: usize,
}

impl Default for Limits {
    /// 4 MiB and 20,000 states. Twenty real relabel regexes and their 380 pairs stay far below.
    fn default() -> Self {
        Self { pattern_bytes: 4 << 20, states: 20_000 }
    }
}

/// The automaton would grow past the limits; nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecided;

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too large to decide")
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

    /// Every string.
    pub fn all(limits: Limits) -> Self {
        Self::from(build::utf8(), limits)
    }

    /// No string.
    pub fn none(limits: Limits) -> Self {
        Self::from(Dfa::empty(), limits)
    }

    /// Just this string.
    pub fn literal(text: &str, limits: Limits) -> Self {
        Self::from(build::literal(text), limits)
    }

    /// One string of each part, in order, with the separator between them: what a step reads from
    /// several `source_labels`.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn joined(parts: &[Self], separator: &str, limits: Limits) -> Result<Self, Undecided> {
        let separator = build::literal(separator);
        let mut joined = build::literal("");
        for (number, part) in parts.iter().enumerate() {
            if number > 0 {
                joined = concat::concat(&joined, &separator, limits.states)?;
            }
            joined = concat::concat(&joined, &part.dfa, limits.states)?;
        }
        Ok(Self::from(joined, limits))
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

    /// Whether it has the string.
    pub fn contains(&self, text: &str) -> bool {
        self.dfa.accepts(text.as_bytes())
    }

    /// Whether it has no string; the witness is a string that it has.
    pub fn is_empty(&self) -> Verdict {
        Verdict::from_witness(witness::shortest(&self.dfa))
    }

    /// A shortest string that it has.
    pub fn example(&self) -> Option<String> {
        witness::shortest(&self.dfa)
    }

    /// Whether it has every string; the witness is one that it lacks.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn is_universal(&self) -> Result<Verdict, Undecided> {
        Ok(self.complement()?.is_empty())
    }

    /// Whether no string is in both; the witness is in both.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn disjoint(&self, other: &Self) -> Result<Verdict, Undecided> {
        Ok(self.intersection(other)?.is_empty())
    }

    /// Whether the other has all of its strings; the witness is one that the other lacks.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn subset(&self, other: &Self) -> Result<Verdict, Undecided> {
        Ok(self.difference(other)?.is_empty())
    }

    /// Whether both have the same strings; the witness is in one only.
    ///
    /// # Errors
    /// [`Undecided`] past the limits.
    pub fn equal(&self, other: &Self) -> Result<Verdict, Undecided> {
        Ok(self.combine(other, |here, there| here != there)?.is_empty())
    }

    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Result<Self, Undecided> {
        let dfa = product::product(&self.dfa, &other.dfa, keep, self.limits.states)?;
        Ok(Self::from(dfa, self.limits))
    }

    fn from(dfa: Dfa, limits: Limits) -> Self {
        Self { dfa: Arc::new(dfa), limits }
    }
}

#[cfg(test)]
mod brute_tests;
