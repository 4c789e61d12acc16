//! Which states of an automaton accept the same strings, found by refining partitions of states and
//! of transitions in turn (Valmari and Lehtinen 2008: *m* log *n* for *m* transitions).

use super::arrows::Arrows;
use super::dfa::{DEAD, Dfa};

/// A partition of `0..n` that can be split by marking.
struct Partition {
    /// The elements, those of a set side by side.
    elements: Vec<u32>,
    /// Where each element is.
    place: Vec<u32>,
    /// The set of each element.
    set: Vec<u32>,
    /// Where each set begins, and how many of its first elements are marked.
    first: Vec<u32>,
    past: Vec<u32>,
    marked: Vec<u32>,
    touched: Vec<u32>,
}

impl Partition {
    /// One set for each run of equal keys; the keys must be sorted.
    fn by_runs<K: PartialEq>(keys: impl Iterator<Item = K>) -> Self {
        let mut new = Self {
            elements: Vec::new(),
            place: Vec::new(),
            set: Vec::new(),
            first: Vec::new(),
            past: Vec::new(),
            marked: Vec::new(),
            touched: Vec::new(),
        };
        let mut last = None;
        for (at, key) in keys.enumerate() {
            let at = at as u32;
            if last.as_ref() != Some(&key) {
                new.first.push(at);
                new.past.push(at);
                new.marked.push(0);
                last = Some(key);
            }
            new.elements.push(at);
            new.place.push(at);
            new.set.push(new.first.len() as u32 - 1);
            *new.past.last_mut().expect("a set is open") = at + 1;
        }
        new
    }

    fn sets(&self) -> usize {
        self.first.len()
    }

    fn members(&self, set: usize) -> std::ops::Range<usize> {
        self.first[set] as usize..self.past[set] as usize
    }

    /// Moves an element to the marked ones of its set.
    fn mark(&mut self, element: u32) {
        let set = self.set[element as usize] as usize;
        let (from, to) = (self.place[element as usize], self.first[set] + self.marked[set]);
        if from < to {
            return;
        }
        let other = self.elements[to as usize];
        self.elements.swap(from as usize, to as usize);
        self.place[other as usize] = from;
        self.place[element as usize] = to;
        if self.marked[set] == 0 {
            self.touched.push(set as u32);
        }
        self.marked[set] += 1;
    }

    /// Makes the smaller of the marked and the unmarked part of each touched set a set of its own.
    fn split(&mut self) {
        while let Some(set) = self.touched.pop() {
            let set = set as usize;
            let middle = self.first[set] + std::mem::take(&mut self.marked[set]);
            if middle == self.past[set] {
                continue;
            }
            let is_front_smaller = middle - self.first[set] <= self.past[set] - middle;
            let (first, past) = if is_front_smaller {
                (std::mem::replace(&mut self.first[set], middle), middle)
            } else {
                (middle, std::mem::replace(&mut self.past[set], middle))
            };
            let fresh = self.sets() as u32;
            for at in first..past {
                self.set[self.elements[at as usize] as usize] = fresh;
            }
            self.first.push(first);
            self.past.push(past);
            self.marked.push(0);
        }
    }
}

/// For each state the number of its block: 0 for those that accept nothing, the others from 1 on.
pub(super) fn blocks(dfa: &Dfa, live: &[bool]) -> Vec<u32> {
    // Only live states take part, under numbers without gaps.
    let states: Vec<u32> = (0..dfa.states() as u32).filter(|state| live[*state as usize]).collect();
    let mut number = vec![DEAD; dfa.states()];
    for (at, state) in states.iter().enumerate() {
        number[*state as usize] = at as u32;
    }
    let mut moves: Vec<(u8, u32, u32)> = Vec::with_capacity(states.len() * dfa.width());
    for class in (0..dfa.width()).map(|class| class as u8) {
        for &state in &states {
            let next = dfa.next_by_class(state, class);
            if live[next as usize] {
                moves.push((class, number[state as usize], number[next as usize]));
            }
        }
    }
    let accepting: Vec<bool> = states.iter().map(|state| dfa.is_accepting(*state)).collect();
    let refined = refine(&accepting, &moves);
    let mut block = vec![0; dfa.states()];
    for (at, state) in states.iter().enumerate() {
        block[*state as usize] = refined.set[at] + 1;
    }
    block
}

/// Splits until no two states of a set differ. The moves are sorted by class.
fn refine(accepting: &[bool], moves: &[(u8, u32, u32)]) -> Partition {
    let mut states = Partition::by_runs(accepting.iter().map(|_| ()));
    for (at, _) in accepting.iter().enumerate().filter(|(_, accepting)| **accepting) {
        states.mark(at as u32);
    }
    states.split();
    let mut arrows = Partition::by_runs(moves.iter().map(|(class, ..)| *class));
    let before = Arrows::by_end(accepting.len(), moves.iter().map(|(_, _, to)| *to));
    let (mut arrow_set, mut state_set) = (0, 1);
    while arrow_set < arrows.sets() {
        for at in arrows.members(arrow_set) {
            states.mark(moves[arrows.elements[at] as usize].1);
        }
        states.split();
        arrow_set += 1;
        while state_set < states.sets() {
            for at in states.members(state_set) {
                for arrow in before.ending_in(states.elements[at]) {
                    arrows.mark(*arrow);
                }
            }
            arrows.split();
            state_set += 1;
        }
    }
    states
}
