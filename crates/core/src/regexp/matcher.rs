//! Matching: by comparing strings where the pattern is that simple, else by an engine.
//!
//! Most relabel regexes are a literal, a list of literals and prefixes, or `(.*)`. Those never
//! build an engine, which costs about 100 µs and tens of kilobytes.

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Input, meta};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::pieces::{MAX_ALTERNATIVES, Pieces};

/// The most strings that a pattern is compared with.
pub const MAX_LITERALS: usize = MAX_ALTERNATIVES;
/// The most memory that the automaton of one pattern may take.
pub const MAX_ENGINE_BYTES: usize = 64 << 20;

/// A pattern that the server accepts and that is too large to run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern needs more than {} MiB", MAX_ENGINE_BYTES >> 20)
    }
}

impl std::error::Error for TooLarge {}

/// What a fully anchored pattern is, if it is simple.
#[derive(Debug)]
pub(super) struct Shape {
    set: Set,
    /// How many groups span the whole match, when no other group exists.
    whole_groups: Option<usize>,
}

#[derive(Debug)]
enum Set {
    /// These strings.
    Literals(Literals),
    /// These strings, and whatever is of one of these kinds, newlines in the gaps or not.
    Mixed { literals: Literals, kinds: Box<[Pieces]>, newlines: bool },
    /// Anything else.
    Other,
}

/// How a value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Beginning<'p> {
    pub(super) text: &'p str,
    pub(super) then: Then,
}

/// What follows a beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Then {
    Nothing,
    Text { at_least_one: bool, newlines: bool },
}

/// A set of strings.
#[derive(Debug)]
struct Literals {
    /// In byte order.
    strings: Box<[String]>,
    /// Bit n: there is one of n bytes, or of 63 and more.
    lengths: u64,
    /// Where each is in `strings`; empty when they are few.
    index: HashTable<u16>,
}

/// So many strings are compared one by one: of these, lengths rule out most.
const FEW: usize = 4;

impl Literals {
    fn of(strings: Vec<String>) -> Self {
        let lengths = strings.iter().fold(0, |bits, string| bits | length_bit(string));
        let mut index = HashTable::new();
        if strings.len() > FEW {
            for (at, string) in strings.iter().enumerate() {
                index.insert_unique(hash(string), at as u16, |&at| hash(&strings[at as usize]));
            }
        }
        Self { strings: strings.into(), lengths, index }
    }

    #[inline]
    fn contains(&self, value: &str) -> bool {
        if self.lengths & length_bit(value) == 0 {
            return false;
        }
        let is_it = |known: &String| known.as_bytes() == value.as_bytes();
        if self.strings.len() <= FEW {
            return self.strings.iter().any(is_it);
        }
        self.index.find(hash(value), |&at| is_it(&self.strings[at as usize])).is_some()
    }
}

fn length_bit(text: &str) -> u64 {
    1 << text.len().min(63)
}

fn hash(text: &str) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

impl Set {
    fn of(parts: &[Hir]) -> Self {
        let Some(all) = Pieces::of(parts) else { return Self::Other };
        let (plain, kinds): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.rest.is_empty());
        let mut gaps = kinds.iter().flat_map(|kind| &kind.rest).map(|(gap, _)| gap.newlines);
        let newlines = gaps.next().unwrap_or(true);
        // Where gaps hold no newline, a value with one matches only if a literal has it: rare, and
        // then an engine sees to it.
        let differ = gaps.any(|other| other != newlines);
        if differ || !newlines && plain.iter().chain(&kinds).any(Pieces::has_newline) {
            return Self::Other;
        }
        let literals = Literals::of(plain.into_iter().map(|one| one.head).collect());
        if kinds.is_empty() {
            return Self::Literals(literals);
        }
        Self::Mixed { literals, kinds: kinds.into(), newlines }
    }
}

impl Shape {
    /// Looks at a wrapped pattern with so many groups.
    pub(super) fn of(hir: &Hir, groups: usize) -> Self {
        let Some(mut inner) = unwrap_anchors(hir) else {
            return Self { set: Set::Other, whole_groups: None };
        };
        let mut around = 0;
        while let [only] = inner
            && let HirKind::Capture(capture) = only.kind()
        {
            around += 1;
            inner = parts(&capture.sub);
        }
        let whole_groups = (around == groups).then_some(groups);
        Self { set: Set::of(inner), whole_groups }
    }

    pub(super) fn literals(&self) -> Option<&[String]> {
        match &self.set {
            Set::Literals(literals) => Some(&literals.strings),
            _ => None,
        }
    }

    /// The words of which a value is one, or begins with one; in byte order.
    pub(super) fn beginnings(&self) -> Option<Vec<Beginning<'_>>> {
        let Set::Mixed { literals, kinds, newlines } = &self.set else { return None };
        let mut words: Vec<_> =
            literals.strings.iter().map(|text| Beginning { text, then: Then::Nothing }).collect();
        for kind in kinds {
            let [(gap, end)] = kind.rest.as_slice() else { return None };
            if !end.is_empty() {
                return None;
            }
            let then = Then::Text { at_least_one: gap.at_least_one, newlines: *newlines };
            words.push(Beginning { text: &kind.head, then });
        }
        words.sort_unstable();
        Some(words)
    }

    pub(super) fn whole_groups(&self) -> Option<usize> {
        self.whole_groups
    }

    /// Whether neither matching nor capturing needs an engine.
    pub(super) fn decides(&self, groups: usize) -> bool {
        !matches!(self.set, Set::Other) && self.whole_groups == Some(groups)
    }

    /// The verdict, if this decides it.
    #[inline]
    pub(super) fn is_match(&self, value: &str) -> Option<bool> {
        match &self.set {
            Set::Literals(literals) => Some(literals.contains(value)),
            Set::Mixed { literals, kinds, newlines } => {
                let found = literals.contains(value)
                    || kinds.iter().any(|kind| kind.is_match(value))
                        && (*newlines || memchr::memchr(b'\n', value.as_bytes()).is_none());
                Some(found)
            }
            Set::Other => None,
        }
    }

    /// Whether some value that starts so may match; `true` where that is not known.
    pub(super) fn may_start_with(&self, start: &str) -> bool {
        let literal = |literals: &Literals| {
            let strings = &literals.strings;
            let first = strings.partition_point(|known| known.as_str() < start);
            strings.get(first).is_some_and(|known| known.starts_with(start))
        };
        match &self.set {
            Set::Literals(literals) => literal(literals),
            Set::Mixed { literals, kinds, .. } => {
                literal(literals) || kinds.iter().any(|kind| kind.may_start_with(start))
            }
            Set::Other => true,
        }
    }
}

/// What stands between the anchors, if the pattern kept them.
fn unwrap_anchors(hir: &Hir) -> Option<&[Hir]> {
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let [first, inner @ .., last] = parts.as_slice() else { return None };
    let anchored = matches!(first.kind(), HirKind::Look(Look::Start))
        && matches!(last.kind(), HirKind::Look(Look::End));
    anchored.then_some(inner)
}

fn parts(hir: &Hir) -> &[Hir] {
    match hir.kind() {
        HirKind::Concat(parts) => parts,
        HirKind::Empty => &[],
        _ => std::slice::from_ref(hir),
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Engine(meta::Regex);

impl Engine {
    pub(super) fn build(hir: &Hir) -> Result<Self, TooLarge> {
        let config = meta::Config::new().nfa_size_limit(Some(MAX_ENGINE_BYTES));
        meta::Builder::new().configure(config).build_from_hir(hir).map(Self).map_err(|_| TooLarge)
    }

    pub(super) fn is_match(&self, value: &str) -> bool {
        self.0.is_match(value)
    }

    pub(super) fn captures<'s>(
        &self,
        value: &str,
        from: usize,
        slots: &'s mut Slots,
    ) -> Option<Groups<'s>> {
        let input = Input::new(value).range(from..);
        self.0.search_slots(&input, &mut slots.0)?;
        Some(Groups(&slots.0))
    }
}

/// Scratch space for [`Pattern::captures`](super::Pattern::captures).
#[derive(Debug, Clone, Default)]
pub struct Slots(Vec<Option<NonMaxUsize>>);

impl Slots {
    /// Empty slots for so many groups, the whole match included.
    pub(super) fn reset(&mut self, groups: usize) {
        self.0.clear();
        self.0.resize(groups * 2, None);
    }

    /// The whole value for the match and for its first `groups` groups.
    pub(super) fn fill(&mut self, length: usize, groups: usize) -> Groups<'_> {
        for pair in self.0.chunks_exact_mut(2).take(groups + 1) {
            pair.copy_from_slice(&[NonMaxUsize::new(0), NonMaxUsize::new(length)]);
        }
        Groups(&self.0)
    }
}

/// Where the groups of a match are, in bytes of the value.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'s>(&'s [Option<NonMaxUsize>]);

impl Groups<'_> {
    /// Those of no match: all are missing.
    pub(crate) fn none() -> Self {
        Self(&[])
    }

    /// A group by number, 0 being the whole match; `None` if it took no part or does not exist.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        let pair = self.0.get(group.checked_mul(2)?..)?.get(..2)?;
        Some(pair[0]?.get()..pair[1]?.get())
    }

    /// How many groups there are, the whole match included.
    pub fn len(&self) -> usize {
        self.0.len() / 2
    }

    /// Never: a match has a group 0.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
