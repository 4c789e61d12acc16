//! From patterns and strings to automata.

use regex_automata::dfa::{Automaton, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Dot, Hir, HirKind, Look, Repetition};

use super::dfa::Dfa;
use super::{Limits, Undecided, beginnings};
use crate::regexp::Pattern;

/// The values that a pattern matches.
pub(super) fn full_match(pattern: &Pattern, limits: Limits) -> Result<Dfa, Undecided> {
    if let Some(strings) = pattern.literals() {
        return Dfa::literals(strings, limits.states);
    }
    if let Some(words) = pattern.beginnings() {
        return beginnings::automaton(&words, limits.states);
    }
    if pattern.unanchored() {
        return compile(&anywhere(pattern.hir().clone()), limits);
    }
    compile(pattern.hir(), limits)
}

/// What a capturing group of the pattern can hold. What a look-around asks for is left out, so this
/// may be more than it ever holds.
pub(super) fn group(pattern: &Pattern, group: usize, limits: Limits) -> Result<Dfa, Undecided> {
    let found = find_group(pattern.hir(), group as u32, true);
    let Some((sub, takes_part)) = found else { return Ok(literal("")) };
    let (start, end) = (Hir::look(Look::Start), Hir::look(Look::End));
    let inner = without_looks(sub);
    let inner = if takes_part { inner } else { Hir::alternation(vec![inner, Hir::empty()]) };
    compile(&Hir::concat(vec![start, inner, end]), limits)
}

/// A group, and whether it takes part in every match.
fn find_group(hir: &Hir, group: u32, certain: bool) -> Option<(&Hir, bool)> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.index == group => Some((&capture.sub, certain)),
        HirKind::Capture(capture) => find_group(&capture.sub, group, certain),
        HirKind::Repetition(repetition) => {
            find_group(&repetition.sub, group, certain && repetition.min > 0)
        }
        HirKind::Concat(parts) => parts.iter().find_map(|part| find_group(part, group, certain)),
        HirKind::Alternation(parts) => parts.iter().find_map(|part| find_group(part, group, false)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

fn without_looks(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Capture(capture) => without_looks(&capture.sub),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(without_looks(&repetition.sub)),
            ..repetition.clone()
        }),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_looks).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_looks).collect()),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
    }
}

/// Just this string.
pub(super) fn literal(text: &str) -> Dfa {
    Dfa::literals(&[text], usize::MAX).expect("there is no limit")
}

/// `^(?s:.*)HIR(?s:.*)$`: what a search finds, as a full match.
fn anywhere(hir: Hir) -> Hir {
    let anything = Hir::repetition(Repetition {
        min: 0,
        max: None,
        greedy: true,
        sub: Box::new(Hir::dot(Dot::AnyChar)),
    });
    let (start, end) = (Hir::look(Look::Start), Hir::look(Look::End));
    Hir::concat(vec![start, anything.clone(), hir, anything, end])
}

pub(super) fn compile(hir: &Hir, limits: Limits) -> Result<Dfa, Undecided> {
    let too_large = Undecided::Pattern(limits.pattern_bytes);
    let thompson = thompson::Config::new()
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(limits.pattern_bytes));
    let nfa =
        thompson::Compiler::new().configure(thompson).build_from_hir(hir).map_err(|_| too_large)?;
    let config = dense::Config::new()
        .start_kind(regex_automata::dfa::StartKind::Anchored)
        .match_kind(MatchKind::All)
        .accelerate(false)
        .dfa_size_limit(Some(limits.pattern_bytes))
        .determinize_size_limit(Some(limits.pattern_bytes));
    let dense =
        dense::Builder::new().configure(config).build_from_nfa(&nfa).map_err(|_| too_large)?;
    let start =
        dense.start_state(&start::Config::new().anchored(Anchored::Yes)).map_err(|_| too_large)?;
    let alive = |state: StateID| (!dense.is_dead_state(state)).then_some(state);
    Dfa::explore(
        classes(&dense),
        alive(start),
        limits.states,
        |state, byte| alive(dense.next_state(*state, byte)),
        |state| dense.is_match_state(dense.next_eoi_state(*state)),
    )
}

fn classes(dense: &dense::DFA<Vec<u32>>) -> Box<[u8; 256]> {
    let mut classes = Box::new([0; 256]);
    for byte in 0..=u8::MAX {
        classes[usize::from(byte)] = dense.byte_classes().get(byte);
    }
    classes
}
