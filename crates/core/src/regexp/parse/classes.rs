//! The ASCII classes that Go names: Perl's (`\d`) and POSIX's (`[:alpha:]`).

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// Inclusive ranges of code points.
type Ranges = &'static [(u32, u32)];

const DIGIT: Ranges = &[(0x30, 0x39)];
/// Without the vertical tab, which Perl's and Rust's `\s` have.
const PERL_SPACE: Ranges = &[(0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)];
const WORD: Ranges = &[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];

/// A class of code points; surrogates, which no text has, are left out.
pub(super) fn of(ranges: &[(u32, u32)]) -> ClassUnicode {
    let below = ranges.iter().map(|(low, high)| (*low, *high.min(&0xD7FF)));
    let above = ranges.iter().map(|(low, high)| (*low.max(&0xE000), *high));
    let range = |(low, high): (u32, u32)| {
        let bounds = char::from_u32(low).zip(char::from_u32(high));
        bounds
            .filter(|(low, high)| low <= high)
            .map(|(low, high)| ClassUnicodeRange::new(low, high))
    };
    ClassUnicode::new(below.chain(above).filter_map(range))
}

/// The class of a Perl escape by its lower-case letter.
pub(super) fn perl(letter: u8) -> Option<Ranges> {
    Some(match letter {
        b'd' => DIGIT,
        b's' => PERL_SPACE,
        b'w' => WORD,
        _ => return None,
    })
}

/// The class of a POSIX name.
pub(super) fn posix(name: &str) -> Option<Ranges> {
    Some(match name {
        "alnum" => &[(0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)],
        "alpha" => &[(0x41, 0x5A), (0x61, 0x7A)],
        "ascii" => &[(0, 0x7F)],
        "blank" => &[(0x09, 0x09), (0x20, 0x20)],
        "cntrl" => &[(0, 0x1F), (0x7F, 0x7F)],
        "digit" => DIGIT,
        "graph" => &[(0x21, 0x7E)],
        "lower" => &[(0x61, 0x7A)],
        "print" => &[(0x20, 0x7E)],
        "punct" => &[(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],
        "space" => &[(0x09, 0x0D), (0x20, 0x20)],
        "upper" => &[(0x41, 0x5A)],
        "word" => WORD,
        "xdigit" => &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
        _ => return None,
    })
}
