//! Questions about two automata, answered by a search through the pairs of their states, without
//! building an automaton of the answer.

use super::dfa::{DEAD, Dfa};
use super::witness::{READABLE, spell};
use super::{Undecided, product};

/// Pairs whose visits are kept in a bit each; above, the bits alone would take too long to clear.
const BITS: usize = 1 << 22;

/// A pair of states, and how the search came to it.
struct Pair {
    states: (u32, u32),
    from: Option<(u32, u8)>,
}

/// The pairs that were visited.
enum Seen {
    Bits { width: usize, bits: Vec<u64> },
    Set(foldhash::HashSet<(u32, u32)>),
}

impl Seen {
    fn of(left: &Dfa, right: &Dfa) -> Self {
        let pairs = left.states().saturating_mul(right.states());
        if pairs <= BITS {
            Self::Bits { width: right.states(), bits: vec![0; pairs.div_ceil(64)] }
        } else {
            Self::Set(foldhash::HashSet::default())
        }
    }

    /// Whether the pair is new.
    fn insert(&mut self, pair: (u32, u32)) -> bool {
        match self {
            Self::Bits { width, bits } => {
                let at = pair.0 as usize * *width + pair.1 as usize;
                let (word, bit) = (&mut bits[at / 64], 1 << (at % 64));
                let is_new = *word & bit == 0;
                *word |= bit;
                is_new
            }
            Self::Set(set) => set.insert(pair),
        }
    }
}

/// A shortest string for which `goal` of (in `left`, in `right`) is true; `goal(false, false)` must
/// not be.
pub(super) fn shortest(
    left: &Dfa,
    right: &Dfa,
    goal: fn(bool, bool) -> bool,
    max_pairs: usize,
) -> Result<Option<String>, Undecided> {
    let Some(start) = product::alive((left.start(), right.start()), goal) else { return Ok(None) };
    let letters = letters(left, right);
    let mut seen = Seen::of(left, right);
    seen.insert(start);
    let mut pairs = vec![Pair { states: start, from: None }];
    let mut at = 0;
    while let Some(&Pair { states: (here, there), .. }) = pairs.get(at) {
        if goal(left.is_accepting(here), right.is_accepting(there)) {
            return Ok(Some(spell(|at| pairs[at as usize].from, at as u32)));
        }
        for &(byte, of_left, of_right) in &letters {
            let next = (left.next_by_class(here, of_left), right.next_by_class(there, of_right));
            if let Some(next) = product::alive(next, goal).filter(|next| seen.insert(*next)) {
                pairs.push(Pair { states: next, from: Some((at as u32, byte)) });
            }
        }
        if pairs.len() > max_pairs {
            return Err(Undecided::Pairs(max_pairs));
        }
        at += 1;
    }
    Ok(None)
}

/// A byte of each class that both tell apart, with its class in each, the most readable first.
fn letters(left: &Dfa, right: &Dfa) -> Vec<(u8, u8, u8)> {
    let mut seen = vec![false; left.width() * right.width()];
    let of = |byte: u8| (byte, left.class(byte), right.class(byte));
    let mut letters: Vec<(u8, u8, u8)> = READABLE.into_iter().map(of).collect();
    letters.retain(|(_, here, there)| {
        let pair = usize::from(*here) * right.width() + usize::from(*there);
        !std::mem::replace(&mut seen[pair], true)
    });
    letters.retain(|(_, here, there)| !is_dead_end(left, *here) || !is_dead_end(right, *there));
    letters
}

/// Whether no string has a byte of the class.
fn is_dead_end(dfa: &Dfa, class: u8) -> bool {
    (0..dfa.states() as u32).all(|state| dfa.next_by_class(state, class) == DEAD)
}
