//! Patterns to try in tests: grown from a grammar, then mutated, the same for the same seed.

/// Pieces that mean something somewhere, valid or not.
const PIECES: &str = r"
    a b _ ab . .* .+ a? ( ) (a) (?:b) | [ab] [^a] * + ? {2} {1,2} {,2} {0} {01} { } ^ $ \b \B \A
    \z \d \W \s \pL \p{Greek} \P{^L} \Qa.\E \Q \E \1 \01 \08 \x41 \x{62} \x{ \_ \< \C (?i) (?-s:
    (?m) (?U) (?x) (?i-s:A) (?P<n>a) (?<n>b) (?P<n (?=a) (?<!a) [[:alpha:]] [[:foo:]] [a []a]
    [a- [a--b] [b-a] [&&a] [\d-z] [\pL-] é a{1001} ** a+? {2}{3} - ] : \ \p{Letter} \pN \p{Lu (?
    (?P (?: [^ \x4
";

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
    let pieces: Vec<&str> = PIECES.split_whitespace().collect();
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    std::iter::repeat_with(move || {
        let count = 1 + numbers.below(5);
        let mut text: String = (0..count).map(|_| pieces[numbers.below(pieces.len())]).collect();
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
    use crate::server::GoRelease;

    #[test]
    fn depth_is_limited_as_in_go() {
        let dialect = Dialect { go: GoRelease(1, 24), anchoring: Anchoring::DotAll };
        let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        let deepest = Pattern::parse(&nested(998), dialect).unwrap();
        assert!(deepest.is_match("a"));
        let error = Pattern::parse(&nested(999), dialect).unwrap_err();
        assert!(error.message.contains("expression nests too deeply"));
        // Groups without a capture are no level of their own.
        let plain = format!("{}a{}", "(?:".repeat(5000), ")".repeat(5000));
        assert_eq!(Pattern::parse(&plain, dialect).unwrap().literal(), Some("a"));
        let starred = format!("{}a{}", "(?:".repeat(997), ")*".repeat(997));
        assert!(Pattern::parse(&starred, dialect).unwrap().is_match("aa"));
    }

    #[test]
    fn no_pattern_makes_us_panic() {
        let mut slots = Slots::default();
        let template = Template::parse("<$1$n>");
        let mut accepted = 0;
        for (number, text) in patterns(1).take(2000).enumerate() {
            let anchoring = [Anchoring::Plain, Anchoring::DotAll][number % 2];
            let go = GoRelease(1, 20 + (number % 8) as u16);
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
        assert!((300..1700).contains(&accepted), "one-sided: {accepted}");
    }
}
