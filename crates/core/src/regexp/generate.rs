//! Patterns to try in tests: grown from a grammar, then mutated, the same for the same seed.

/// Pieces that mean something somewhere, valid or not.
const PIECES: &[&str] = &[
    "a",
    "b",
    "_",
    "ab",
    ".",
    ".*",
    ".+",
    "a?",
    "(",
    ")",
    "(a)",
    "(?:b)",
    "|",
    "[ab]",
    "[^a]",
    "*",
    "+",
    "?",
    "{2}",
    "{1,2}",
    "{,2}",
    "{0}",
    "{01}",
    "{",
    "}",
    "^",
    "$",
    r"\b",
    r"\B",
    r"\A",
    r"\z",
    r"\d",
    r"\W",
    r"\s",
    r"\pL",
    r"\p{Greek}",
    r"\P{^L}",
    r"\Qa.\E",
    r"\Q",
    r"\E",
    r"\1",
    r"\01",
    r"\08",
    r"\x41",
    r"\x{62}",
    r"\x{",
    r"\_",
    r"\<",
    r"\C",
    "(?i)",
    "(?-s:",
    "(?m)",
    "(?U)",
    "(?x)",
    "(?i-s:A)",
    "(?P<n>a)",
    "(?<n>b)",
    "(?P<n",
    "(?=a)",
    "(?<!a)",
    "[[:alpha:]]",
    "[[:foo:]]",
    "[a",
    "[]a]",
    "[a-",
    "[a--b]",
    "[b-a]",
    "[&&a]",
    r"[\d-z]",
    r"[\pL-]",
    "é",
    "\n",
    "a{1001}",
    "**",
    "a+?",
    "{2}{3}",
    "-",
    "]",
    ":",
    "\\",
    r"\p{Letter}",
    r"\pN",
    r"\p{Lu",
    "(?",
    "(?P",
    "(?:",
    "[^",
    r"\x4",
];

/// A small generator of numbers (xorshift), so that a seed says everything.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// An endless row of patterns: a few pieces each, one in three with a character cut out.
pub(super) fn patterns(seed: u64) -> impl Iterator<Item = String> {
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    std::iter::repeat_with(move || {
        let count = 1 + numbers.below(5);
        let mut text: String = (0..count).map(|_| PIECES[numbers.below(PIECES.len())]).collect();
        if numbers.below(3) == 0 {
            let at = numbers.below(text.chars().count());
            text = text.chars().enumerate().filter(|(n, _)| *n != at).map(|(_, c)| c).collect();
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::patterns;
    use crate::regexp::{Anchoring, Dialect, Pattern, Slots, Template, replace_all};

    #[test]
    fn no_pattern_makes_us_panic() {
        let mut slots = Slots::default();
        let template = Template::parse("<$1$n>");
        let mut accepted = 0;
        for (number, text) in patterns(1).take(4000).enumerate() {
            let anchoring = [Anchoring::Plain, Anchoring::DotAll][number % 2];
            let go = (1, 20 + (number % 8) as u16);
            match Pattern::parse(&text, Dialect { go, anchoring }) {
                Ok(pattern) => {
                    accepted += 1;
                    for value in ["", "a", "ab\n_é", "aabb"] {
                        let matched = pattern.is_match(value);
                        assert_eq!(
                            pattern.captures(value, &mut slots).is_some(),
                            matched,
                            "{text}"
                        );
                        let replaced = replace_all(&pattern, value, &template, &mut slots);
                        assert!(matched || replaced == value, "{text}");
                    }
                }
                Err(error) => {
                    assert!(error.message.starts_with("error parsing regexp: "));
                    assert!(error.at.is_none_or(|at| text.get(at).is_some()), "{text}");
                }
            }
        }
        assert!((1000..3000).contains(&accepted), "one-sided: {accepted}");
    }
}
