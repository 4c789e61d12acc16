//! The distinct values of one label name, as small codes.

use hashbrown::HashTable;
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

/// What every label name is hashed under; part of the format of saved hashes.
pub(crate) const SEED: u64 = 0x7072_6f6d_7369_6576;

/// The distinct values of one label name. Code 0 is the empty value, which to Prometheus is the
/// same as an absent label; its hash is 0, so that absent labels add nothing to a row's hash.
#[derive(Debug, Clone)]
pub struct Dictionary {
    /// Derived from the label's name, so that a value's hash is that of the pair.
    secrets: RapidSecrets,
    arena: String,
    /// Where the value of each code ends; it starts where the one before ends.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    index: HashTable<u32>,
}

impl Dictionary {
    /// An empty dictionary of the values of label `name`.
    pub fn of(name: &str) -> Self {
        Self {
            secrets: RapidSecrets::seed(rapidhash_v3_seeded(
                name.as_bytes(),
                &RapidSecrets::seed(SEED),
            )),
            arena: String::new(),
            ends: vec![0],
            hashes: vec![0],
            index: HashTable::new(),
        }
    }

    /// The code of `value`, new or known.
    ///
    /// # Panics
    /// Past 2^32 distinct values of one label.
    pub fn intern(&mut self, value: &str) -> u32 {
        if value.is_empty() {
            return 0;
        }
        let hash = rapidhash_v3_seeded(value.as_bytes(), &self.secrets);
        if let Some(&code) = self.index.find(hash, |&code| self.is(code, value)) {
            return code;
        }
        let code = u32::try_from(self.ends.len()).expect("under 2^32 values of one label");
        self.arena.push_str(value);
        self.ends.push(self.arena.len());
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.index.insert_unique(hash, code, |&code| hashes[code as usize]);
        code
    }

    /// The code of `value`, if it is known.
    pub fn code(&self, value: &str) -> Option<u32> {
        if value.is_empty() {
            return Some(0);
        }
        let hash = rapidhash_v3_seeded(value.as_bytes(), &self.secrets);
        self.index.find(hash, |&code| self.is(code, value)).copied()
    }

    /// The value of `code`; "" for 0.
    ///
    /// # Panics
    /// When `code` comes from another dictionary.
    pub fn value(&self, code: u32) -> &str {
        &self.arena[self.range(code)]
    }

    /// The bytes of the value of `code`; 0 for 0.
    ///
    /// # Panics
    /// When `code` comes from another dictionary.
    pub fn value_bytes(&self, code: u32) -> usize {
        self.range(code).len()
    }

    /// Whether `code` stands for `value`; cheaper than a comparison of strings, since it need not
    /// look for character boundaries.
    pub fn is(&self, code: u32, value: &str) -> bool {
        self.arena.as_bytes()[self.range(code)] == *value.as_bytes()
    }

    fn range(&self, code: u32) -> std::ops::Range<usize> {
        match code as usize {
            0 => 0..0,
            code => self.ends[code - 1]..self.ends[code],
        }
    }

    /// The hash of the pair (name, value); 0 for code 0. The same in every dictionary of this name.
    pub fn hash(&self, code: u32) -> u64 {
        self.hashes[code as usize]
    }

    /// How many codes there are, the empty value included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether only the empty value is in it.
    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }

    /// All values but the empty one, in the order they were first seen.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        (1..self.ends.len() as u32).map(|code| self.value(code))
    }

    /// Bytes of the values, their ends, hashes and places in the index; whatever the capacities.
    pub(crate) fn text_bytes(&self) -> u64 {
        (self.arena.len() + self.ends.len() * 2 * size_of::<u64>() + self.ends.len() * 12) as u64
    }

    /// Bytes that it holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.arena.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.hashes.capacity() * size_of::<u64>()
            + self.index.capacity() * (size_of::<u32>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interning_gives_each_value_one_code() {
        let mut values = Dictionary::of("code");
        let codes: Vec<u32> =
            ["200", "", "404", "200", "é", "404"].iter().map(|v| values.intern(v)).collect();
        assert_eq!(codes, [1, 0, 2, 1, 3, 2]);
        assert_eq!(values.values().collect::<Vec<_>>(), ["200", "404", "é"]);
        assert_eq!(values.code("404"), Some(2));
        assert_eq!(values.code("500"), None);
        assert_eq!(values.hash(0), 0);
    }

    #[test]
    fn hashes_depend_on_name_and_value_only() {
        let (mut a, mut b) = (Dictionary::of("x"), Dictionary::of("x"));
        b.intern("first");
        let (code_a, code_b) = (a.intern("v"), b.intern("v"));
        assert_eq!(a.hash(code_a), b.hash(code_b));
        let mut other = Dictionary::of("y");
        let code = other.intern("v");
        assert_ne!(other.hash(code), a.hash(code_a));
    }
}
