//! A shortest string, a readable one where there is a choice.

use std::collections::VecDeque;

use super::dfa::Dfa;

/// A shortest string (in bytes) that the automaton accepts. Among equally short ones, the choice
/// follows the order of readability at each byte.
pub(super) fn shortest(dfa: &Dfa) -> Option<String> {
    let mut order = dfa.samples().to_vec();
    order.sort_by_key(|byte| readability(*byte));
    let start = dfa.start();
    let mut came: Vec<Option<(u32, u8)>> = vec![None; dfa.states()];
    let mut seen = vec![false; dfa.states()];
    seen[start as usize] = true;
    let mut queue = VecDeque::from([start]);
    while let Some(state) = queue.pop_front() {
        if dfa.is_accepting(state) {
            let back = |state: u32| came[state as usize];
            return Some(spell(back, state));
        }
        for &byte in &order {
            let next = dfa.next(state, byte);
            if !std::mem::replace(&mut seen[next as usize], true) {
                came[next as usize] = Some((state, byte));
                queue.push_back(next);
            }
        }
    }
    None
}

/// The bytes on the way to `end`, told backwards by `before`.
pub(super) fn spell(before: impl Fn(u32) -> Option<(u32, u8)>, end: u32) -> String {
    let mut bytes = Vec::new();
    let mut at = end;
    while let Some((from, byte)) = before(at) {
        bytes.push(byte);
        at = from;
    }
    bytes.reverse();
    String::from_utf8(bytes).expect("languages hold valid UTF-8 only")
}

/// All bytes, the most readable first: letters, digits, other printable ones, the rest.
pub(super) const READABLE: [u8; 256] = {
    let mut bytes = [0; 256];
    let (mut rank, mut found) = (0, 0);
    while rank < 8 {
        let mut byte = 0;
        loop {
            if rank_of(byte) == rank {
                bytes[found] = byte;
                found += 1;
            }
            if byte == u8::MAX {
                break;
            }
            byte += 1;
        }
        rank += 1;
    }
    bytes
};

const fn rank_of(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'_' => 3,
        0x21..=0x7E => 4,
        b' ' => 5,
        0x80..=0xFF => 6,
        _ => 7,
    }
}

/// Lower is better; the order of [`READABLE`].
pub(super) fn readability(byte: u8) -> (u8, u8) {
    (rank_of(byte), byte)
}
