//! A deterministic automaton over byte classes, in one table.

use std::collections::{HashMap, VecDeque};

use super::Undecided;

/// The state from which nothing is accepted any more. It is state 0 of every automaton.
pub(super) const DEAD: u32 = 0;

/// A set of byte strings. The start state is 1, unless there is only the dead state.
#[derive(Debug, Clone)]
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
    /// Every state found is numbered in the order found, so the result depends on the input alone.
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
        let Some(start) = start else { return Ok(found.trimmed()) };
        let mut numbers = HashMap::new();
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
                return Err(Undecided);
            }
        }
        Ok(found.trimmed())
    }

    pub(super) fn start(&self) -> u32 {
        u32::from(self.accepting.len() > 1)
    }

    pub(super) fn states(&self) -> usize {
        self.accepting.len()
    }

    pub(super) fn next(&self, state: u32, byte: u8) -> u32 {
        let class = self.classes[usize::from(byte)];
        self.table[state as usize * self.samples.len() + usize::from(class)]
    }

    pub(super) fn is_accepting(&self, state: u32) -> bool {
        self.accepting[state as usize]
    }

    pub(super) fn accepts(&self, text: &[u8]) -> bool {
        let end = text.iter().fold(self.start(), |state, byte| self.next(state, *byte));
        self.is_accepting(end)
    }

    /// A byte of each class, the most readable one.
    pub(super) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// The classes of bytes that neither automaton tells apart.
    pub(super) fn joint_classes(&self, other: &Self) -> Box<[u8; 256]> {
        let mut numbers = HashMap::new();
        let mut joint = Box::new([0; 256]);
        for (byte, class) in joint.iter_mut().enumerate() {
            let fresh = numbers.len() as u8;
            *class = *numbers.entry((self.classes[byte], other.classes[byte])).or_insert(fresh);
        }
        joint
    }

    /// The same language with all states that lead nowhere made the dead one.
    fn trimmed(mut self) -> Self {
        let live = self.live();
        for next in &mut self.table {
            if !live[*next as usize] {
                *next = DEAD;
            }
        }
        if live.get(1) == Some(&true) { self.renumbered(&live) } else { Self::empty() }
    }

    /// Which states can still reach an accepting one.
    fn live(&self) -> Vec<bool> {
        let width = self.samples.len();
        let mut before = vec![Vec::new(); self.states()];
        for (at, next) in self.table.iter().enumerate() {
            before[*next as usize].push((at / width) as u32);
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

    /// Only the live states, and the dead one, in the same order.
    fn renumbered(self, live: &[bool]) -> Self {
        let width = self.samples.len();
        let mut number = 0;
        let numbers: Vec<u32> = live
            .iter()
            .map(|live| {
                number += u32::from(*live);
                if *live { number } else { DEAD }
            })
            .collect();
        let kept = |state: &usize| *state == DEAD as usize || live[*state];
        let mut table = Vec::new();
        let mut accepting = Vec::new();
        for state in (0..self.states()).filter(kept) {
            accepting.push(self.accepting[state]);
            let row = &self.table[state * width..(state + 1) * width];
            table.extend(row.iter().map(|next| numbers[*next as usize]));
        }
        Self { table, accepting, ..self }
    }
}

/// The most readable byte of each class: letters, digits, other printable ones, the rest.
fn samples(classes: &[u8; 256]) -> Vec<u8> {
    let rank = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'_' => 3,
        0x21..=0x7E => 4,
        b' ' => 5,
        0x80..=0xFF => 6,
        _ => 7,
    };
    let count = classes.iter().copied().max().map_or(0, usize::from) + 1;
    let mut samples: Vec<Option<u8>> = vec![None; count];
    for byte in 0..=u8::MAX {
        let sample = &mut samples[usize::from(classes[usize::from(byte)])];
        if sample.is_none_or(|known| rank(byte) < rank(known)) {
            *sample = Some(byte);
        }
    }
    samples.into_iter().map(|sample| sample.expect("classes are numbered without gaps")).collect()
}
