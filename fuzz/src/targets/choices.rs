//! Choices from bytes: what a mutation of the bytes changes is one choice, not all behind it.

use promsieve_core::relabel::Field;

/// Takes choices from bytes, again from the first when they are used up, but other ones.
pub(super) struct Choices<'a> {
    bytes: &'a [u8],
    taken: usize,
}

impl<'a> Choices<'a> {
    pub(super) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        let Some(lap) = self.taken.checked_div(self.bytes.len()) else { return 0 };
        let byte = usize::from(self.bytes[self.taken % self.bytes.len()]);
        self.taken += 1;
        (byte + 37 * lap) % bound
    }

    pub(super) fn of(&mut self, list: &[&str]) -> String {
        list[self.below(list.len())].to_owned()
    }

    pub(super) fn several(&mut self, list: &[&str], most: usize) -> Vec<String> {
        (0..self.below(most + 1)).map(|_| self.of(list)).collect()
    }

    pub(super) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Field<T> {
        if self.below(3) == 0 { Field::Absent } else { Field::Set(make(self)) }
    }
}
