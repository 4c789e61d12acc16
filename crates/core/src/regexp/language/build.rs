//! From patterns and strings to automata.

use regex_automata::dfa::{Automaton, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Dot, Hir, Look, Repetition};

use super::dfa::Dfa;
use super::{Limits, Undecided};
use crate::regexp::Pattern;

/// The values that a pattern matches.
pub(super) fn full_match(pattern: &Pattern, limits: Limits) -> Result<Dfa, Undecided> {
    if let Some([only]) = pattern.literals() {
        return Ok(literal(only));
    }
    if pattern.unanchored() {
        return compile(&anywhere(pattern.hir().clone()), limits);
    }
    compile(pattern.hir(), limits)
}

/// Every string of valid UTF-8.
pub(super) fn utf8() -> Dfa {
    compile(&anywhere(Hir::empty()), Limits::default()).expect("it has a handful of states")
}

/// Just this string.
pub(super) fn literal(text: &str) -> Dfa {
    let bytes = text.as_bytes();
    let mut known = [false; 256];
    for byte in bytes {
        known[usize::from(*byte)] = true;
    }
    let mut classes = Box::new([0; 256]);
    let mut last = 0;
    for (class, _) in classes.iter_mut().zip(known).filter(|(_, known)| *known) {
        last += 1;
        *class = last;
    }
    let step = |at: &usize, byte: u8| (bytes.get(*at) == Some(&byte)).then_some(at + 1);
    Dfa::explore(classes, Some(0), usize::MAX, step, |at| *at == bytes.len())
        .expect("there is no limit")
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

fn compile(hir: &Hir, limits: Limits) -> Result<Dfa, Undecided> {
    let thompson = thompson::Config::new()
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(limits.pattern_bytes));
    let nfa =
        thompson::Compiler::new().configure(thompson).build_from_hir(hir).map_err(|_| Undecided)?;
    let config = dense::Config::new()
        .start_kind(regex_automata::dfa::StartKind::Anchored)
        .match_kind(MatchKind::All)
        .accelerate(false)
        .dfa_size_limit(Some(limits.pattern_bytes))
        .determinize_size_limit(Some(limits.pattern_bytes));
    let dense =
        dense::Builder::new().configure(config).build_from_nfa(&nfa).map_err(|_| Undecided)?;
    let start =
        dense.start_state(&start::Config::new().anchored(Anchored::Yes)).map_err(|_| Undecided)?;
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
