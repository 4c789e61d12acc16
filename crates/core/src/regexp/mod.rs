//! Relabel regexes: the Go RE2 dialect read, matched, expanded and decided about.
//!
//! A [`Pattern`] accepts, refuses, matches and captures what the server's Go release does. A
//! [`Template`] is the other half of a relabel step. [`Language`](language::Language) answers
//! questions about all strings at once.

mod dialect;
mod error;
pub mod language;
mod matcher;
mod parse;
mod pieces;
mod quote;
mod replace;
mod template;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod generate;

use std::fmt;
use std::sync::{Arc, OnceLock};

use regex_syntax::hir::{Hir, Look};

pub use self::dialect::{Anchoring, Dialect};
pub use self::error::SyntaxError;
use self::matcher::Engine;
pub use self::matcher::{Groups, MAX_ENGINE_BYTES, MAX_LITERALS, Slots, TooLarge};
pub use self::quote::quote;
pub use self::replace::{expand, replace_all, replace_all_into};
pub use self::template::{Part, PartKind, Template};

use self::matcher::Shape;

/// A relabel regex as one server reads it. Cloning shares it.
#[derive(Clone)]
pub struct Pattern(Arc<Inner>);

struct Inner {
    text: String,
    dialect: Dialect,
    /// The wrapped pattern.
    hir: Hir,
    names: Vec<Option<String>>,
    shape: Shape,
    engine: OnceLock<Result<Engine, TooLarge>>,
}

impl Pattern {
    /// Reads a regex as written in the configuration; the anchors are added here.
    ///
    /// # Errors
    /// What the server refuses, in its own words.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, SyntaxError> {
        let parsed = match parse::plain(text, dialect.anchoring) {
            Some(parsed) => parsed,
            None => Self::read(text, dialect)?,
        };
        let shape = Shape::of(&parsed.hir, parsed.names.len() - 1);
        Ok(Self(Arc::new(Inner {
            text: text.to_owned(),
            dialect,
            hir: parsed.hir,
            names: parsed.names,
            shape,
            engine: OnceLock::new(),
        })))
    }

    fn read(text: &str, dialect: Dialect) -> Result<parse::Parsed, SyntaxError> {
        let anchoring = dialect.anchoring;
        let wrapped = format!("{}{text}{}", anchoring.prefix(), anchoring.suffix());
        parse::parse(&wrapped, dialect).map_err(|failure| failure.explain(&wrapped, anchoring))
    }

    /// The regex as written, without anchors.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The dialect it was read in.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// How many capturing groups it has, the whole match not counted.
    pub fn group_count(&self) -> usize {
        self.0.names.len() - 1
    }

    /// The names of the groups; index 0 is the whole match. Go lets several groups share a name.
    pub fn group_names(&self) -> &[Option<String>] {
        &self.0.names
    }

    /// The one string it matches, if it has no groups and is that simple.
    pub fn literal(&self) -> Option<&str> {
        match self.literals() {
            Some([only]) if self.group_count() == 0 => Some(only),
            _ => None,
        }
    }

    /// All strings it matches, in byte order, if they are few ([`MAX_LITERALS`] at most).
    pub fn literals(&self) -> Option<&[String]> {
        self.0.shape.literals()
    }

    /// The words of which a matched value is one, or begins with one, where the pattern is a list of
    /// those.
    fn beginnings(&self) -> Option<Vec<matcher::Beginning<'_>>> {
        self.0.shape.beginnings()
    }

    /// Whether the pattern escaped its anchors, as `a)|(?:b` does: the server then looks for it
    /// anywhere in the value.
    pub fn unanchored(&self) -> bool {
        let properties = self.0.hir.properties();
        !properties.look_set_prefix().contains(Look::Start)
            || !properties.look_set_suffix().contains(Look::End)
    }

    /// How many groups there are, when each of them always spans the whole match: 1 for `(.*)`, 0
    /// for `a|b`; `None` when some group does not.
    pub fn whole_groups(&self) -> Option<usize> {
        self.0.shape.whole_groups()
    }

    /// Builds the engine now, if one is needed at all. Everything below does that by itself, but
    /// takes a pattern that is too large as one that never matches: ask here where that matters.
    ///
    /// # Errors
    /// The server accepts the pattern but here it would take more than
    /// [`MAX_ENGINE_BYTES`].
    pub fn prepare(&self) -> Result<(), TooLarge> {
        if self.0.shape.decides(self.group_count()) {
            return Ok(());
        }
        self.engine().map(|_| ()).map_err(Clone::clone)
    }

    /// Whether the server's regex matches the value.
    pub fn is_match(&self, value: &str) -> bool {
        match self.0.shape.is_match(value) {
            Some(verdict) => verdict,
            None => self.engine().is_ok_and(|engine| engine.is_match(value)),
        }
    }

    /// Whether some value that starts so may match; `true` where that takes more than a look.
    pub fn may_start_with(&self, start: &str) -> bool {
        self.0.shape.may_start_with(start)
    }

    /// The groups of the first match. `slots` is scratch space: once it has grown, no call
    /// allocates.
    pub fn captures<'s>(&self, value: &str, slots: &'s mut Slots) -> Option<Groups<'s>> {
        self.captures_at(value, 0, slots)
    }

    /// The groups of the first match from a byte offset on.
    fn captures_at<'s>(
        &self,
        value: &str,
        from: usize,
        slots: &'s mut Slots,
    ) -> Option<Groups<'s>> {
        slots.reset(self.0.names.len());
        if from == 0
            && let Some(verdict) = self.0.shape.is_match(value)
        {
            if !verdict {
                return None;
            }
            if let Some(whole) = self.0.shape.whole_groups() {
                return Some(slots.fill(value.len(), whole));
            }
        }
        let engine = self.engine().ok()?;
        engine.captures(value, from, slots)
    }

    fn engine(&self) -> Result<&Engine, &TooLarge> {
        self.0.engine.get_or_init(|| Engine::build(&self.0.hir)).as_ref()
    }

    /// The wrapped pattern, for automata.
    fn hir(&self) -> &Hir {
        &self.0.hir
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.0.text).field(&self.0.dialect).finish()
    }
}

impl PartialEq for Pattern {
    /// The same text in the same dialect.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.0.text == other.0.text && self.0.dialect == other.0.dialect
    }
}

impl Eq for Pattern {}
