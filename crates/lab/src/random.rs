//! Randomness that follows from a seed alone, and the sizes that the environment sets.

/// A small reproducible source of randomness (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// What follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// True once in `bound` times.
    pub fn rarely(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    /// One of `from`, which is not empty.
    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// A character of `from`, which is not empty.
    pub fn char(&mut self, from: &str) -> char {
        from.chars().nth(self.below(from.chars().count())).expect("below the count")
    }

    /// Puts `items` into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    /// `text` with one to three characters cut out, put in from `from`, swapped or doubled.
    pub fn mutate(&mut self, text: &str, from: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(chars.len() + 1);
            match self.below(4) {
                0 if at < chars.len() => drop(chars.remove(at)),
                1 if at + 1 < chars.len() => chars.swap(at, at + 1),
                2 if at < chars.len() => chars.insert(at, chars[at]),
                _ => chars.insert(at, self.char(from)),
            }
        }
        chars.into_iter().collect()
    }
}

/// A number from the environment: `cargo xtask nightly` sets the large ones.
pub fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// The seed of every generated test: `PROMSIEVE_SEED`, 1 if that is not set.
pub fn seed() -> u64 {
    from_env("PROMSIEVE_SEED", 1)
}
