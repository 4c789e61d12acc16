//! A seeded mutator: what is made of a corpus follows from the seed alone.

use promsieve_core::sketch::mix;

/// Inputs grow no longer than this, or what they are made of: most mistakes show in short ones, and
/// short ones are fast.
const LONGEST: usize = 4096;

/// Bytes that mean something to some reader.
const TELLING: &[u8] = b"\"\\\n\r\t {}(),=#:;$.*+-|[]0918eENi\0\x01\x7f\x80\xc3\xff";

/// Makes new inputs of old ones.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// A mutator whose inputs follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// Writes a new input: one of the corpus, changed in one to eight places. Half of all inputs keep
    /// their length, for files that say where in them something lies.
    pub fn mutate(&mut self, corpus: &[Vec<u8>], input: &mut Vec<u8>) {
        input.clear();
        if let Some(seed) = corpus.get(self.below(corpus.len())) {
            input.extend_from_slice(seed);
        }
        let longest = input.len().max(LONGEST);
        let keeps_length = self.below(2) == 0;
        for _ in 0..=self.below(8) {
            if keeps_length {
                self.overwrite(input);
            } else {
                self.change(corpus, input);
            }
        }
        input.truncate(longest);
    }

    fn change(&mut self, corpus: &[Vec<u8>], input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = at + self.below(1 + (input.len() - at).min(32));
        match self.below(7) {
            0 => {
                input.drain(at..end);
            }
            1 => {
                let copy = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, copy);
            }
            2 => {
                let other = corpus.get(self.below(corpus.len())).map_or(&[][..], Vec::as_slice);
                let from = self.below(other.len() + 1);
                let to = from + self.below(1 + (other.len() - from).min(64));
                input.splice(at..end, other[from..to].iter().copied());
            }
            3 => input.insert(at, TELLING[self.below(TELLING.len())]),
            4 => input.insert(at, self.next() as u8),
            _ => self.overwrite(input),
        }
    }

    /// Changes a byte: to one that tells, by a bit, or to one of a number's ends.
    fn overwrite(&mut self, input: &mut [u8]) {
        let at = self.below(input.len());
        let Some(&old) = input.get(at) else { return };
        let new = match self.below(3) {
            0 => TELLING[self.below(TELLING.len())],
            1 => old ^ 1 << self.below(8),
            _ => [0, 0xff, old.wrapping_add(1), old.wrapping_sub(1)][self.below(4)],
        };
        input[at] = new;
    }
}
