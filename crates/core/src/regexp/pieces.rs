//! Patterns as literals with gaps: an alternation of names, prefixes and suffixes, as most relabel
//! regexes are, is compared with a value piece by piece, without an engine.

use regex_syntax::hir::{Class, ClassUnicodeRange, Dot, Hir, HirKind, Repetition};

/// The most alternatives that a pattern is taken apart into.
pub(super) const MAX_ALTERNATIVES: usize = 256;
/// The most bytes that these have together.
const MAX_BYTES: usize = 1 << 14;

/// One alternative: literals, between each of which there is a gap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pieces {
    /// What it starts with.
    pub(super) head: String,
    /// What follows: a gap, then a literal.
    pub(super) rest: Vec<(Gap, String)>,
}

/// `.*` or `.+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    pub(super) at_least_one: bool,
    /// Whether it spans newlines, too.
    pub(super) newlines: bool,
}

impl Pieces {
    /// The alternatives of a concatenation; `None` when there are too many or when it is not of
    /// that kind.
    pub(super) fn of(parts: &[Hir]) -> Option<Vec<Self>> {
        let mut all = Self::concat(parts)?;
        all.sort_unstable();
        all.dedup();
        Some(all)
    }

    /// Whether the value is of this kind. What gaps may hold is not looked at.
    pub(super) fn is_match(&self, value: &str) -> bool {
        let Some(mut value) = strip_prefix(value, &self.head) else { return false };
        let Some(((last, tail), middle)) = self.rest.split_last() else { return value.is_empty() };
        for (gap, literal) in middle {
            // The leftmost place leaves most to what follows.
            let from =
                if gap.at_least_one { value.chars().next().map_or(1, char::len_utf8) } else { 0 };
            let Some(found) = value.get(from..).and_then(|value| value.find(&**literal)) else {
                return false;
            };
            value = &value[from + found + literal.len()..];
        }
        value.len() >= tail.len() + usize::from(last.at_least_one)
            && value.as_bytes().ends_with(tail.as_bytes())
    }

    /// Whether some value that starts so may match.
    pub(super) fn may_start_with(&self, start: &str) -> bool {
        if self.rest.is_empty() || self.head.len() >= start.len() {
            return self.head.as_bytes().starts_with(start.as_bytes());
        }
        start.as_bytes().starts_with(self.head.as_bytes())
    }

    /// Whether any of its literals has a newline.
    pub(super) fn has_newline(&self) -> bool {
        self.head.contains('\n') || self.rest.iter().any(|(_, literal)| literal.contains('\n'))
    }

    fn literal(text: String) -> Self {
        Self { head: text, rest: Vec::new() }
    }

    fn bytes(&self) -> usize {
        self.head.len() + self.rest.iter().map(|(_, literal)| literal.len() + 8).sum::<usize>()
    }

    fn append(&mut self, tail: &Self) {
        self.rest.last_mut().map_or(&mut self.head, |(_, last)| last).push_str(&tail.head);
        self.rest.extend(tail.rest.iter().cloned());
    }

    fn concat(parts: &[Hir]) -> Option<Vec<Self>> {
        let mut all = vec![Self::literal(String::new())];
        for part in parts {
            let tails = Self::any(part)?;
            if let [tail] = tails.as_slice() {
                for head in &mut all {
                    head.append(tail);
                }
            } else {
                if all.len().saturating_mul(tails.len()) > MAX_ALTERNATIVES {
                    return None;
                }
                let join = |head: &Self| {
                    let joined = tails.iter().map(|tail| {
                        let mut head = head.clone();
                        head.append(tail);
                        head
                    });
                    joined.collect::<Vec<_>>()
                };
                all = all.iter().flat_map(join).collect();
            }
            if all.iter().map(Self::bytes).sum::<usize>() > MAX_BYTES {
                return None;
            }
        }
        Some(all)
    }

    fn any(hir: &Hir) -> Option<Vec<Self>> {
        match hir.kind() {
            HirKind::Empty => Some(vec![Self::literal(String::new())]),
            HirKind::Literal(literal) => {
                Some(vec![Self::literal(std::str::from_utf8(&literal.0).ok()?.to_owned())])
            }
            HirKind::Class(Class::Unicode(class)) => {
                let count: usize = class.ranges().iter().map(ClassUnicodeRange::len).sum();
                (count <= MAX_ALTERNATIVES).then(|| {
                    let chars = class.ranges().iter().flat_map(|range| range.start()..=range.end());
                    chars.map(|char| Self::literal(char.into())).collect()
                })
            }
            HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) => None,
            HirKind::Repetition(repetition) => Self::repeated(repetition),
            HirKind::Capture(capture) => Self::any(&capture.sub),
            HirKind::Concat(parts) => Self::concat(parts),
            HirKind::Alternation(alternatives) => {
                let mut all = Vec::new();
                for alternative in alternatives {
                    all.extend(Self::any(alternative)?);
                    if all.len() > MAX_ALTERNATIVES {
                        return None;
                    }
                }
                Some(all)
            }
        }
    }

    fn repeated(repetition: &Repetition) -> Option<Vec<Self>> {
        match (repetition.min, repetition.max) {
            (0, Some(1)) => {
                let mut all = Self::any(&repetition.sub)?;
                all.push(Self::literal(String::new()));
                Some(all)
            }
            (min, Some(max)) if min == max && max <= 16 => {
                let copies = vec![(*repetition.sub).clone(); max as usize];
                Self::concat(&copies)
            }
            (min @ 0..=1, None) => {
                let newlines = match &*repetition.sub {
                    dot if *dot == Hir::dot(Dot::AnyChar) => true,
                    dot if *dot == Hir::dot(Dot::AnyCharExceptLF) => false,
                    _ => return None,
                };
                let gap = Gap { at_least_one: min == 1, newlines };
                Some(vec![Self { head: String::new(), rest: vec![(gap, String::new())] }])
            }
            _ => None,
        }
    }
}

/// Compares bytes: what starts with a whole text goes on at a character boundary.
fn strip_prefix<'v>(value: &'v str, head: &str) -> Option<&'v str> {
    value.as_bytes().starts_with(head.as_bytes()).then(|| &value[head.len()..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use crate::regexp::generate::patterns;
    use crate::regexp::{Anchoring, Dialect, Pattern, Slots};

    const VALUES: [&str; 12] =
        ["", "a", "b", "ab", "a_b", "aab", "a\nb", "\n", "é", "aéb", "abab", "ab_ab_"];

    /// The verdict without an engine, if there is one, is that of the engine.
    fn agrees(text: &str, anchoring: Anchoring, value: &str) -> Option<bool> {
        let pattern =
            Pattern::parse(text, Dialect { go: crate::server::GoRelease(1, 24), anchoring })
                .ok()?;
        let verdict = pattern.0.shape.is_match(value)?;
        let engine = pattern.engine().expect("small").is_match(value);
        assert_eq!(verdict, engine, "{text:?} on {value:?}");
        let captured = pattern.captures(value, &mut Slots::default()).is_some();
        assert_eq!(captured, engine, "{text:?} on {value:?}");
        if engine {
            let starts = value.char_indices().map(|(at, _)| &value[..at]);
            assert!(starts.chain([value]).all(|start| pattern.may_start_with(start)), "{text:?}");
        }
        Some(verdict)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 4000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn pieces_match_what_the_engine_matches(
            words in prop::collection::vec("(a|b|_|é|ab|\n|\\.\\*|\\.\\+|\\[ab\\]|a\\?|\\(\\.\\*\\)){1,5}", 1..4),
            value in "(a|b|_|é|\n){0,6}",
            dot_all in any::<bool>(),
        ) {
            let anchoring = if dot_all { Anchoring::DotAll } else { Anchoring::Plain };
            agrees(&words.join("|"), anchoring, &value);
            agrees(&format!("a(?:{})", words.join("|")), anchoring, &value);
        }
    }

    #[test]
    fn any_pattern_has_the_verdict_of_the_engine() {
        let (mut matched, mut decided) = (0, 0);
        for (number, text) in patterns(2).take(4000).enumerate() {
            let anchoring = [Anchoring::Plain, Anchoring::DotAll][number % 2];
            for value in VALUES {
                if let Some(verdict) = agrees(&text, anchoring, value) {
                    decided += 1;
                    matched += usize::from(verdict);
                }
            }
        }
        assert!(decided > 4000 && matched > 200, "{decided} decided, {matched} matched");
    }

    #[test]
    fn what_relabel_regexes_mostly_are_needs_no_engine() {
        let dialect = Dialect { go: crate::server::GoRelease(1, 24), anchoring: Anchoring::DotAll };
        for text in [
            "(.*)",
            "go_.*",
            ".+_bucket",
            "(?:istio|envoy)_(request|response)_bytes_.*|pilot_.+",
            "container_(spec_.*|threads|last_seen);;",
            "[a-c]_total;.+;x",
        ] {
            let pattern = Pattern::parse(text, dialect).unwrap();
            assert!(pattern.0.shape.is_match("x").is_some(), "{text}");
        }
    }
}
