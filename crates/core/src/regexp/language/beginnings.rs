//! Automata of lists such as `up|go_.*`, which most patterns are, made without an engine's help: that
//! takes ten times as long, and the start of every chain is such a list.

use std::sync::OnceLock;

use super::Undecided;
use super::dfa::{DEAD, Dfa, classes_of_bytes};
use crate::regexp::matcher::{Beginning, Then};

/// The values that are one of the words, or begin with one; the words are in byte order.
pub(super) fn automaton(words: &[Beginning<'_>], max_states: usize) -> Result<Dfa, Undecided> {
    let texts: Vec<&str> = words.iter().map(|word| word.text).collect();
    // A list's gaps are all of one kind.
    let newlines =
        !words.iter().any(|word| matches!(word.then, Then::Text { newlines: false, .. }));
    let list = List { words, rest: text(newlines) };
    Dfa::explore(
        Dfa::open(classes_of_bytes(&texts)).joint_classes(list.rest),
        Some(State::Within { from: 0, to: words.len(), depth: 0 }),
        max_states,
        |state, byte| list.next(state, byte),
        |state| list.accepts(state),
    )
}

/// Every text, that is all valid UTF-8; or those without a newline.
pub(super) fn text(newlines: bool) -> &'static Dfa {
    static ANY: OnceLock<Dfa> = OnceLock::new();
    static LINE: OnceLock<Dfa> = OnceLock::new();
    let made = if newlines { &ANY } else { &LINE };
    made.get_or_init(|| utf8(newlines))
}

struct List<'w> {
    words: &'w [Beginning<'w>],
    /// What follows a beginning.
    rest: &'static Dfa,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum State {
    /// The words that begin as the value does so far, and how many bytes those are.
    Within { from: usize, to: usize, depth: usize },
    /// Behind a beginning, in a state of what follows it.
    Behind(u32),
}

impl List<'_> {
    fn next(&self, state: &State, byte: u8) -> Option<State> {
        let behind = |state: u32| (state != DEAD).then_some(State::Behind(state));
        let (from, to, depth) = match *state {
            State::Behind(state) => return behind(self.rest.next(state, byte)),
            State::Within { from, to, depth } => (from, to, depth),
        };
        if self.ended(from, to, depth).any(|then| then != Then::Nothing) {
            return behind(self.rest.next(self.rest.start(), byte));
        }
        let at = |word: &Beginning<'_>| word.text.as_bytes().get(depth).copied();
        let words = &self.words[from..to];
        let first = from + words.partition_point(|word| at(word) < Some(byte));
        let past = from + words.partition_point(|word| at(word) <= Some(byte));
        (first < past).then_some(State::Within { from: first, to: past, depth: depth + 1 })
    }

    fn accepts(&self, state: &State) -> bool {
        match *state {
            State::Behind(state) => self.rest.is_accepting(state),
            State::Within { from, to, depth } => self
                .ended(from, to, depth)
                .any(|then| !matches!(then, Then::Text { at_least_one: true, .. })),
        }
    }

    /// What follows each word that ends here; those come first.
    fn ended(&self, from: usize, to: usize, depth: usize) -> impl Iterator<Item = Then> {
        let ended = self.words[from..to].iter().take_while(move |word| word.text.len() == depth);
        ended.map(|word| word.then)
    }
}

/// Bytes at which a class of UTF-8's bytes begins, of those that follow a first one as well.
const BOUNDS: [u8; 15] =
    [b'\n', 0x0B, 0x80, 0x90, 0xA0, 0xC0, 0xC2, 0xE0, 0xE1, 0xED, 0xEE, 0xF0, 0xF1, 0xF4, 0xF5];

fn utf8(newlines: bool) -> Dfa {
    let mut classes = Box::new([0; 256]);
    for byte in 0..=u8::MAX {
        classes[usize::from(byte)] = BOUNDS.iter().filter(|&&bound| bound <= byte).count() as u8;
    }
    // How many bytes of the character are to come, and which the next one may be.
    let any = (0x80, 0xBF);
    Dfa::explore(
        classes,
        Some((0, any)),
        usize::MAX,
        |&(more, (low, high)), byte| match (more, byte) {
            (0, b'\n') => newlines.then_some((0, any)),
            (0, 0..0x80) => Some((0, any)),
            (0, 0xC2..0xE0) => Some((1, any)),
            (0, 0xE0) => Some((2, (0xA0, 0xBF))),
            (0, 0xED) => Some((2, (0x80, 0x9F))),
            (0, 0xE1..0xF0) => Some((2, any)),
            (0, 0xF0) => Some((3, (0x90, 0xBF))),
            (0, 0xF1..0xF4) => Some((3, any)),
            (0, 0xF4) => Some((3, (0x80, 0x8F))),
            (0, _) => None,
            _ => (low..=high).contains(&byte).then_some((more - 1, any)),
        },
        |&(more, _)| more == 0,
    )
    .expect("it has nine states")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regexp::language::Limits;
    use crate::regexp::language::build::compile;
    use crate::regexp::{Dialect, Pattern};
    use crate::server::Server;

    #[test]
    fn lists_come_out_as_an_engine_makes_them() {
        let patterns = [
            ".*",
            ".+",
            "a.*",
            "a.+",
            "a|a.+",
            "a|ab.*|abc",
            "abc.*|ab.+|b",
            "|a.+",
            "é.*|è",
            "ab|a.*|b.+|b.*",
            "__meta_.*|__param_.*|__tmp.*|__address__",
            "(a|b)c?.*",
            "\\n|a",
        ];
        for server in [Server::prometheus(3, 5), Server::prometheus(2, 53)] {
            let mut lists = 0;
            for text in patterns {
                let pattern = Pattern::parse(text, Dialect::of(server)).unwrap();
                let Some(words) = pattern.beginnings() else { continue };
                lists += 1;
                let ours = automaton(&words, usize::MAX).unwrap();
                assert_eq!(ours, compile(pattern.hir(), Limits::default()).unwrap(), "{text}");
            }
            assert!(lists >= patterns.len() - 2, "{lists} for {server}");
        }
    }
}
