//! A deterministic automaton over byte classes, in one table: the smallest one of its language.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt};

use super::arrows::Arrows;
use super::minimise::blocks;
use super::witness::READABLE;
use super::{Undecided, witness};

/// The state from which nothing is accepted any more. It is state 0 of every automaton.
pub(super) const DEAD: u32 = 0;

/// A set of byte strings. The start state is 1, unless there is only the dead state.
///
/// It is minimal and its classes and states are numbered in one order, so two automata are equal
/// exactly when their languages are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dfa {
    /// The class of each byte; bytes of a class are never told apart.
    classes: Box<[u8; 256]>,
    /// One byte of each class, the most readable one.
    samples: Vec<u8>,
    /// `table[state * classes + class]` is the next state.
    table: Vec<u32>,
    accepting: Vec<bool>,
    /// Of all of it, since stores ask for it again and again.
    hash: u64,
}

impl Hash for Dfa {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Dfa {
    /// No string at all.
    pub(super) fn empty() -> Self {
        Self::open(Box::new([0; 256])).sealed()
    }

    /// Just the dead state, to which others are added.
    pub(super) fn open(classes: Box<[u8; 256]>) -> Self {
        let samples = samples(&classes);
        Self { table: vec![DEAD; samples.len()], accepting: vec![false], hash: 0, classes, samples }
    }

    /// The automaton once nothing of it changes any more.
    fn sealed(mut self) -> Self {
        self.hash = FixedState::default().hash_one((&*self.classes, &self.table, &self.accepting));
        self
    }

    /// Just these strings, which are in byte order.
    pub(super) fn literals(
        strings: &[impl AsRef<str>],
        max_states: usize,
    ) -> Result<Self, Undecided> {
        let mut found = Self::open(classes_of_bytes(strings));
        let width = found.width();
        // The strings that begin as the way to a state spells, and how long that way is.
        let mut ways = vec![(0..strings.len(), 0)];
        ways.retain(|(range, _)| !range.is_empty());
        let mut at = 0;
        while let Some((mut range, depth)) = ways.get(at).cloned() {
            let text = |at: usize| strings[at].as_ref().as_bytes();
            let ends = range.clone().take_while(|&at| text(at).len() == depth).count();
            found.accepting.push(ends > 0);
            found.table.resize(found.table.len() + width, DEAD);
            range.start += ends;
            while !range.is_empty() {
                let byte = text(range.start)[depth];
                let same = range.clone().take_while(|&at| text(at)[depth] == byte).count();
                ways.push((range.start..range.start + same, depth + 1));
                range.start += same;
                let class = usize::from(found.class(byte));
                found.table[(at + 1) * width + class] = ways.len() as u32;
            }
            at += 1;
            if ways.len() > max_states {
                return Err(Undecided::States(max_states));
            }
        }
        // One string alone has no two states or classes that are alike.
        Ok(if strings.len() == 1 { found.sealed() } else { found.canonical() })
    }

    /// Explores an automaton given by its start, its step and its accepting states; `None` is dead.
    pub(super) fn explore<S: Clone + Eq + std::hash::Hash>(
        classes: Box<[u8; 256]>,
        start: Option<S>,
        max_states: usize,
        mut step: impl FnMut(&S, u8) -> Option<S>,
        mut accepts: impl FnMut(&S) -> bool,
    ) -> Result<Self, Undecided> {
        let Some(start) = start else { return Ok(Self::empty()) };
        let mut found = Self::open(classes);
        let mut numbers: HashMap<S, u32> = HashMap::new();
        numbers.insert(start.clone(), 1);
        let mut states = vec![start];
        while let Some(state) = states.get(found.accepting.len() - 1).cloned() {
            found.accepting.push(accepts(&state));
            for class in 0..found.samples.len() {
                let next = step(&state, found.samples[class]).map_or(DEAD, |next| {
                    let fresh = states.len() as u32 + 1;
                    *numbers.entry(next).or_insert_with_key(|next| {
                        states.push(next.clone());
                        fresh
                    })
                });
                found.table.push(next);
            }
            if states.len() > max_states {
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

    /// How much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + 512 + self.table.len() * size_of::<u32>() + self.accepting.len()
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
        let before = Arrows::by_end(self.states(), self.table.iter().copied());
        let mut live = self.accepting.clone();
        let mut queue: Vec<u32> =
            (0..self.states() as u32).filter(|state| live[*state as usize]).collect();
        while let Some(state) = queue.pop() {
            for arrow in before.ending_in(state) {
                let from = arrow / self.width() as u32;
                if !std::mem::replace(&mut live[from as usize], true) {
                    queue.push(from);
                }
            }
        }
        live
    }

    /// The classes of bytes that lead every state into the same block, numbered by first byte.
    fn merged_classes(&self, block: &[u32]) -> Box<[u8; 256]> {
        // The same for classes that lead into the same blocks, and most often for no others.
        let mut digests = vec![0u64; self.width()];
        for row in self.table.chunks_exact(self.width()) {
            for (digest, to) in digests.iter_mut().zip(row) {
                *digest = (digest.rotate_left(5) ^ u64::from(block[*to as usize]))
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            }
        }
        let to_same = |class: usize, other: usize| {
            digests[class] == digests[other]
                && self
                    .table
                    .chunks_exact(self.width())
                    .all(|row| block[row[class] as usize] == block[row[other] as usize])
        };
        // One old class of each new one.
        let mut firsts: Vec<usize> = Vec::new();
        let mut number_of: Vec<Option<u8>> = vec![None; self.width()];
        let mut merged = Box::new([0; 256]);
        for (merged, class) in merged.iter_mut().zip(&*self.classes) {
            let class = usize::from(*class);
            *merged = *number_of[class].get_or_insert_with(|| {
                let known = firsts.iter().position(|first| to_same(class, *first));
                known.unwrap_or_else(|| {
                    firsts.push(class);
                    firsts.len() - 1
                }) as u8
            });
        }
        merged
    }

    /// One state a block, in the order in which they are reached.
    fn renumbered(self, block: &[u32], classes: Box<[u8; 256]>) -> Self {
        let mut number = vec![DEAD; self.states() + 1];
        let mut order = vec![1];
        number[block[1] as usize] = 1;
        let mut small = Self::open(classes);
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
        small.sealed()
    }

    /// A shortest string of the language.
    pub(super) fn shortest(&self) -> Option<String> {
        witness::shortest(self)
    }
}

/// A class for each byte that the strings have, and one for the others, numbered by first byte.
pub(super) fn classes_of_bytes(strings: &[impl AsRef<str>]) -> Box<[u8; 256]> {
    let mut known = [false; 256];
    for byte in strings.iter().flat_map(|text| text.as_ref().bytes()) {
        known[usize::from(byte)] = true;
    }
    let (mut fresh, mut others) = (0u8, None);
    let mut classes = Box::new([0; 256]);
    for (class, known) in classes.iter_mut().zip(known) {
        let mut next = || {
            fresh += 1;
            fresh - 1
        };
        *class = if known { next() } else { *others.get_or_insert_with(next) };
    }
    classes
}

/// The most readable byte of each class; classes are numbered without gaps.
fn samples(classes: &[u8; 256]) -> Vec<u8> {
    let count = classes.iter().copied().max().map_or(0, usize::from) + 1;
    let mut samples = vec![None; count];
    let mut missing = count;
    for byte in READABLE {
        let sample = &mut samples[usize::from(classes[usize::from(byte)])];
        if sample.is_none() {
            *sample = Some(byte);
            missing -= 1;
        }
        if missing == 0 {
            break;
        }
    }
    samples.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regexp::language::product::product;

    #[test]
    fn literals_are_the_union_of_each() {
        let words = ["", "a", "ab", "abc", "b", "job", "jobs", "x\u{e9}", "\u{0}"];
        for from in 0..words.len() {
            for to in from + 1..=words.len() {
                let mut sorted = words[from..to].to_vec();
                sorted.sort_unstable();
                let all = Dfa::literals(&sorted, usize::MAX).unwrap();
                let union = sorted.iter().fold(Dfa::empty(), |all, word| {
                    let one = Dfa::literals(&[word], usize::MAX).unwrap();
                    product(&all, &one, |here, there| here || there, usize::MAX).unwrap()
                });
                assert_eq!(all, union, "{sorted:?}");
            }
        }
    }
}
