//! Matching: by comparing strings where the pattern is that simple, else by an engine.
//!
//! Most relabel regexes are a literal, a short list of literals, a prefix or `(.*)`. Those never
//! build an engine, which costs about 100 µs and tens of kilobytes.

use std::fmt;
use std::ops::Range;

use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Input, meta};
use regex_syntax::hir::{Class, ClassUnicodeRange, Dot, Hir, HirKind, Look};

/// The most strings that a pattern is compared with one by one.
pub const MAX_LITERALS: usize = 256;
/// The most bytes that these strings have together.
const MAX_LITERAL_BYTES: usize = 1 << 14;
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
    /// These strings, in byte order.
    Literals(Box<[String]>),
    /// Whatever starts with the prefix and goes on with enough characters, newlines or not.
    Prefix { prefix: Box<str>, at_least_one: bool, newlines: bool },
    /// Anything else.
    Other,
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
        let set = Strings::of(inner).map_or_else(|| prefix(inner), Set::Literals);
        Self { set, whole_groups }
    }

    pub(super) fn literals(&self) -> Option<&[String]> {
        match &self.set {
            Set::Literals(strings) => Some(strings),
            _ => None,
        }
    }

    pub(super) fn whole_groups(&self) -> Option<usize> {
        self.whole_groups
    }

    /// Whether neither matching nor capturing needs an engine.
    pub(super) fn decides(&self, groups: usize) -> bool {
        !matches!(self.set, Set::Other) && self.whole_groups == Some(groups)
    }

    /// The verdict, if this decides it.
    pub(super) fn is_match(&self, value: &str) -> Option<bool> {
        match &self.set {
            Set::Literals(strings) => {
                Some(strings.binary_search_by(|known| known.as_str().cmp(value)).is_ok())
            }
            Set::Prefix { prefix, at_least_one, newlines } => {
                let Some(rest) = value.strip_prefix(&**prefix) else { return Some(false) };
                let long_enough = !at_least_one || !rest.is_empty();
                Some(long_enough && (*newlines || memchr::memchr(b'\n', rest.as_bytes()).is_none()))
            }
            Set::Other => None,
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

/// `literal.*` and `literal.+`, the literal possibly empty.
fn prefix(parts: &[Hir]) -> Set {
    let (head, tail) = match parts {
        [tail] => ("", tail),
        [head, tail] => match head.kind() {
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(head) => (head, tail),
                Err(_) => return Set::Other,
            },
            _ => return Set::Other,
        },
        _ => return Set::Other,
    };
    let HirKind::Repetition(repetition) = tail.kind() else { return Set::Other };
    let newlines = match &*repetition.sub {
        dot if *dot == Hir::dot(Dot::AnyChar) => true,
        dot if *dot == Hir::dot(Dot::AnyCharExceptLF) => false,
        _ => return Set::Other,
    };
    if repetition.min > 1 || repetition.max.is_some() {
        return Set::Other;
    }
    Set::Prefix { prefix: head.into(), at_least_one: repetition.min == 1, newlines }
}

/// Collects the strings of a finite pattern, within bounds.
struct Strings;

impl Strings {
    /// All strings of a concatenation, sorted, without duplicates.
    fn of(parts: &[Hir]) -> Option<Box<[String]>> {
        let mut all = Self::concat(parts)?;
        all.sort_unstable();
        all.dedup();
        Some(all.into_boxed_slice())
    }

    fn concat(parts: &[Hir]) -> Option<Vec<String>> {
        let mut all = vec![String::new()];
        for part in parts {
            let tails = Self::any(part)?;
            if let [tail] = tails.as_slice() {
                for head in &mut all {
                    head.push_str(tail);
                }
            } else {
                if all.len().saturating_mul(tails.len()) > MAX_LITERALS {
                    return None;
                }
                let join = |head: &String| {
                    tails.iter().map(|tail| format!("{head}{tail}")).collect::<Vec<_>>()
                };
                all = all.iter().flat_map(join).collect();
            }
            if all.iter().map(String::len).sum::<usize>() > MAX_LITERAL_BYTES {
                return None;
            }
        }
        Some(all)
    }

    fn any(hir: &Hir) -> Option<Vec<String>> {
        match hir.kind() {
            HirKind::Empty => Some(vec![String::new()]),
            HirKind::Literal(literal) => {
                Some(vec![std::str::from_utf8(&literal.0).ok()?.to_owned()])
            }
            HirKind::Class(Class::Unicode(class)) => {
                let count: usize = class.ranges().iter().map(ClassUnicodeRange::len).sum();
                (count <= MAX_LITERALS).then(|| {
                    let chars = class.ranges().iter().flat_map(|range| range.start()..=range.end());
                    chars.map(String::from).collect()
                })
            }
            HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) => None,
            HirKind::Repetition(repetition) => match (repetition.min, repetition.max) {
                (0, Some(1)) => {
                    let mut all = Self::any(&repetition.sub)?;
                    all.push(String::new());
                    Some(all)
                }
                (min, Some(max)) if min == max && max <= 16 => {
                    let copies = vec![(*repetition.sub).clone(); max as usize];
                    Self::concat(&copies)
                }
                _ => None,
            },
            HirKind::Capture(capture) => Self::any(&capture.sub),
            HirKind::Concat(parts) => Self::concat(parts),
            HirKind::Alternation(alternatives) => {
                let mut all = Vec::new();
                for alternative in alternatives {
                    all.extend(Self::any(alternative)?);
                    if all.len() > MAX_LITERALS {
                        return None;
                    }
                }
                Some(all)
            }
        }
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
