//! All strings of a language that has few.

use super::dfa::{DEAD, Dfa};

/// All strings in byte order, if there are `most` at most.
pub(super) fn strings(dfa: &Dfa, most: usize) -> Option<Vec<String>> {
    let mut found = Vec::new();
    // An automaton with more states than any of its strings is long enough to visit has a cycle.
    let mut pending = vec![(dfa.start(), Vec::new())];
    while let Some((state, text)) = pending.pop() {
        if text.len() > dfa.states() || found.len() + pending.len() > most {
            return None;
        }
        if dfa.is_accepting(state) {
            found.push(String::from_utf8(text.clone()).expect("languages hold valid UTF-8 only"));
        }
        for byte in (0..=u8::MAX).rev() {
            let next = dfa.next(state, byte);
            if next != DEAD {
                let mut longer = text.clone();
                longer.push(byte);
                pending.push((next, longer));
            }
        }
    }
    (found.len() <= most).then_some(found)
}
