//! A deterministic automaton over byte classes, in one table: the smallest one of its language.

use std::collections::VecDeque;

use foldhash::{HashMap, HashMapExt};

use super::minimise::blocks;
use super::witness::readability;
use super::{Undecided, witness};

/// The state from which nothing is accepted any more. It is state 0 of every automaton.
pub(super) const DEAD: u32 = 0;

/// A set of byte strings. The start state is 1, unless there is only the dead state.
///
/// It is minimal and its classes and states are numbered in one order, so two automata are equal
/// exactly when their languages are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Dfa {
    /// The class of each byte; bytes of a class are never told apart.
    classes: Box<[u8; 256]>,
    /// One byte of each class, the most readable one.
    samples: Vec<u8>,
    /// `table[state * classes + class]` is the next state.
    table: Vec<u32>,
    accepting: Vec<bool>,
}

impl Dfa {
    /// No string at all.
    pub(super) fn empty() -> Self {
        let classes = Box::new([0; 256]);
        Self { samples: samples(&classes), classes, table: vec![DEAD], accepting: vec![false] }
    }

    /// Explores an automaton given by its start, its step and its accepting states; `None` is dead.
    pub(super) fn explore<S: Clone + Eq + std::hash::Hash>(
        classes: Box<[u8; 256]>,
        start: Option<S>,
        max_states: usize,
        mut step: impl FnMut(&S, u8) -> Option<S>,
        mut accepts: impl FnMut(&S) -> bool,
    ) -> Result<Self, Undecided> {
        let samples = samples(&classes);
        let mut found = Self { classes, samples, table: Vec::new(), accepting: Vec::new() };
        found.table.resize(found.samples.len(), DEAD);
        found.accepting.push(false);
        let Some(start) = start else { return Ok(Self::empty()) };
        let mut numbers: HashMap<S, u32> = HashMap::new();
        numbers.insert(start.clone(), 1);
        let mut queue = VecDeque::from([start]);
        while let Some(state) = queue.pop_front() {
            found.accepting.push(accepts(&state));
            for class in 0..found.samples.len() {
                let next = step(&state, found.samples[class]).map_or(DEAD, |next| {
                    let fresh = numbers.len() as u32 + 1;
                    *numbers.entry(next).or_insert_with_key(|next| {
                        queue.push_back(next.clone());
                        fresh
                    })
                });
                found.table.push(next);
            }
            if numbers.len() > max_states {
                return Err(Undecided::States(max_states));
            }
        }
        Ok(found.canonical())
    }

    pub(super) fn start(&self) -> u32 {
        u32::from(self.accepting.len() > 1)
    }

    pub(super) fn states(&self) -> usize {
        self.accepting.len()
    }

    /// The number of byte classes.
    pub(super) fn width(&self) -> usize {
        self.samples.len()
    }

    pub(super) fn class(&self, byte: u8) -> u8 {
        self.classes[usize::from(byte)]
    }

    pub(super) fn next_by_class(&self, state: u32, class: u8) -> u32 {
        self.table[state as usize * self.samples.len() + usize::from(class)]
    }

    pub(super) fn next(&self, state: u32, byte: u8) -> u32 {
        self.next_by_class(state, self.class(byte))
    }

    pub(super) fn is_accepting(&self, state: u32) -> bool {
        self.accepting[state as usize]
    }

    /// The state after a text.
    pub(super) fn after(&self, state: u32, text: &[u8]) -> u32 {
        text.iter().fold(state, |state, byte| self.next(state, *byte))
    }

    pub(super) fn accepts(&self, text: &[u8]) -> bool {
        self.is_accepting(self.after(self.start(), text))
    }

    /// A byte of each class, the most readable one.
    pub(super) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// The classes of bytes that neither automaton tells apart.
    pub(super) fn joint_classes(&self, other: &Self) -> Box<[u8; 256]> {
        let mut numbers = vec![None; self.width() * other.width()];
        let mut joint = Box::new([0; 256]);
        let mut fresh = 0;
        for byte in 0..=u8::MAX {
            let pair =
                usize::from(self.class(byte)) * other.width() + usize::from(other.class(byte));
            let number = numbers[pair].get_or_insert_with(|| {
                fresh += 1;
                fresh - 1
            });
            joint[usize::from(byte)] = u8::try_from(*number).expect("there are 256 bytes");
        }
        joint
    }

    /// The smallest automaton of the language, numbered in the one order.
    fn canonical(self) -> Self {
        let live = self.live();
        if live.get(1) != Some(&true) {
            return Self::empty();
        }
        let block = blocks(&self, &live);
        let merged = self.merged_classes(&block);
        self.renumbered(&block, merged)
    }

    /// Which states can still reach an accepting one.
    fn live(&self) -> Vec<bool> {
        let width = self.width();
        let mut before = vec![Vec::new(); self.states()];
        for (at, next) in self.table.iter().enumerate() {
            let state = (at / width) as u32;
            if before[*next as usize].last() != Some(&state) {
                before[*next as usize].push(state);
            }
        }
        let mut live = self.accepting.clone();
        let mut queue: Vec<u32> =
            (0..self.states() as u32).filter(|state| live[*state as usize]).collect();
        while let Some(state) = queue.pop() {
            for from in &before[state as usize] {
                if !std::mem::replace(&mut live[*from as usize], true) {
                    queue.push(*from);
                }
            }
        }
        live
    }

    /// The classes of bytes that lead every state into the same block, numbered by first byte.
    fn merged_classes(&self, block: &[u32]) -> Box<[u8; 256]> {
        let column = |class: usize| -> Vec<u32> {
            self.table
                .iter()
                .skip(class)
                .step_by(self.width())
                .map(|to| block[*to as usize])
                .collect()
        };
        let mut known: HashMap<Vec<u32>, u8> = HashMap::new();
        let mut number_of: Vec<Option<u8>> = vec![None; self.width()];
        let mut merged = Box::new([0; 256]);
        for byte in 0..=u8::MAX {
            let class = usize::from(self.class(byte));
            let number = *number_of[class].get_or_insert_with(|| {
                let fresh = known.len() as u8;
                *known.entry(column(class)).or_insert(fresh)
            });
            merged[usize::from(byte)] = number;
        }
        merged
    }

    /// One state a block, in the order in which they are reached.
    fn renumbered(self, block: &[u32], classes: Box<[u8; 256]>) -> Self {
        let samples = samples(&classes);
        let mut number = vec![DEAD; self.states() + 1];
        let mut order = vec![1];
        number[block[1] as usize] = 1;
        let mut small =
            Self { table: vec![DEAD; samples.len()], accepting: vec![false], classes, samples };
        let mut at = 0;
        while let Some(&state) = order.get(at) {
            small.accepting.push(self.is_accepting(state));
            for &byte in &small.samples {
                let next = self.next(state, byte);
                let to = block[next as usize];
                if to != DEAD && number[to as usize] == DEAD {
                    order.push(next);
                    number[to as usize] = order.len() as u32;
                }
                small.table.push(number[to as usize]);
            }
            at += 1;
        }
        small
    }

    /// A shortest string of the language.
    pub(super) fn shortest(&self) -> Option<String> {
        witness::shortest(self)
    }
}

/// The most readable byte of each class.
fn samples(classes: &[u8; 256]) -> Vec<u8> {
    let count = classes.iter().copied().max().map_or(0, usize::from) + 1;
    let mut samples: Vec<Option<u8>> = vec![None; count];
    for byte in 0..=u8::MAX {
        let sample = &mut samples[usize::from(classes[usize::from(byte)])];
        if sample.is_none_or(|known| readability(byte) < readability(known)) {
            *sample = Some(byte);
        }
    }
    samples.into_iter().map(|sample| sample.expect("classes are numbered without gaps")).collect()
}
