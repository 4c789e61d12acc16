//! Patterns grown from a grammar, each with a string that it probably matches; and broken ones.

use promsieve_lab::random::Random;

/// Characters of patterns and strings: some fold to others in case, some are several bytes long.
const LETTERS: &str = "aaabbcxyABX0129_-é ßſKµΣσςǅİı\u{301}日\u{1d11e}";
/// What mutations put into a pattern.
const SYNTAX: &str = r"()[]{}*+?|\^$.-:=!<>&,PQEbBdwsaé1280i";
/// What mutations put into a string.
const MEANT: &str = "abxAB01_-;. é\n\t\r\0\u{85}\u{2028}Kſß";

/// Pieces that mean something somewhere, valid or not.
const PIECES: &str = r"
    a b _ é . .* .+ ( ) (a) (?:b) | [ab] [^a] * + ? {2} {1,2} {,2} {0} {01} {1001} {2,1} {20}
    (a{100}) { } ^ $ \b \B \A \z \Z \d \W \s \h \pL \pX \p{Greek} \p{Any} \P{^L} \p{Letter}
    \p{lu} \p{Lu \p{Old_Italic} \p{Garay} \Q \E \Qa.\E \0 \1 \01 \12 \8 \x41 \x4 \x{62} \x{
    \x{110000} \u0041 \_ \< \C \- (?i) (?-s: (?m) (?U) (?x) (?i-s:A) (?i-) (?--i) (?) (?P<n>a)
    (?<n>b) (?P<n-m>a) (?P<n (?P=n) (?=a) (?!a) (?<!a) (?<=a) (?>a) (?#a) [[:alpha:]]
    [[:^alpha:]] [[:foo:]] [[:al [a []a] [a- [a--b] [b-a] [&&a] [\d-z] [\pL-] [\Q] [^ - ] : \ **
    a+? a?? {2}{3} (? (?P (?: < > , 0 1
";

/// Classes, and characters that are in them.
const CLASSES: [(&str, &str); 30] = [
    (".", "abé_- "),
    ("[ab]", "ab"),
    ("[^a]", "bx\né"),
    ("[a-cx]", "abcx"),
    (r"[^\n]", "aé "),
    (r"\d", "0129"),
    (r"\D", "aé-"),
    (r"\w", "aX_0"),
    (r"\W", "é- "),
    (r"\s", " \t\n"),
    (r"\S", "aé0"),
    ("[[:alpha:]]", "abX"),
    ("[[:^alpha:]]", "0é_"),
    (r"[[:word:]\-]", "a_-"),
    (r"\pL", "aé日ß"),
    (r"\PL", "0_-"),
    (r"\p{Greek}", "Σσς"),
    (r"\p{Lu}", "AXΣ"),
    (r"\pN", "012"),
    (r"[^\pL\d]", "-_ "),
    (r"[\d_-]", "0_-"),
    ("[]a]", "]a"),
    ("[a-]", "a-"),
    ("[&&~a]", "&~a"),
    ("[[a]", "[a"),
    (r"[\x{e0}-\x{ff}]", "éß"),
    ("[[:space:][:punct:]]", " -_"),
    (r"\p{Latin}", "aéſ"),
    ("[K-Ma]", "KLa"),
    (r"[\Q-a\E]", "-a"),
];

/// Atoms that look at more than one character, or at none, with a string that they match.
const ODD_ATOMS: [(&str, &str); 22] = [
    (r"\Qa.b\E", "a.b"),
    (r"\x41", "A"),
    (r"\x{e9}", "é"),
    (r"\101", "A"),
    (r"\n", "\n"),
    (r"\t", "\t"),
    (r"\.", "."),
    (r"\-", "-"),
    ("{", "{"),
    ("}", "}"),
    ("]", "]"),
    ("a{,2}", "a{,2}"),
    ("^", ""),
    ("$", ""),
    (r"\A", ""),
    (r"\z", ""),
    (r"\b", ""),
    (r"\B", ""),
    ("()", ""),
    ("(?:)", ""),
    ("(?i)", ""),
    ("(?U)", ""),
];

/// A pattern and a string for it.
pub(crate) type Grown = (String, String);

/// A pattern that mostly is valid.
pub(crate) fn grow(random: &mut Random) -> Grown {
    let depth = 1 + random.below(3);
    alternation(random, depth)
}

/// Any pattern: grown, grown and broken, or put together from pieces.
pub(crate) fn any(random: &mut Random) -> String {
    match random.below(4) {
        0 => grow(random).0,
        1 => {
            let (pattern, _) = grow(random);
            random.mutate(&pattern, SYNTAX)
        }
        2 => pieces(random),
        _ => {
            let pattern = pieces(random);
            random.mutate(&pattern, SYNTAX)
        }
    }
}

/// A string near `example`.
pub(crate) fn near(random: &mut Random, example: &str) -> String {
    random.mutate(example, MEANT)
}

fn pieces(random: &mut Random) -> String {
    let pieces: Vec<&str> = PIECES.split_whitespace().collect();
    (0..=random.below(5)).map(|_| random.pick(&pieces)).collect()
}

fn alternation(random: &mut Random, depth: usize) -> Grown {
    let branches = [1, 1, 1, 2, 2, 3][random.below(6)];
    let mut grown: Vec<Grown> = (0..branches).map(|_| sequence(random, depth)).collect();
    let patterns: Vec<String> = grown.iter().map(|(pattern, _)| pattern.clone()).collect();
    let (_, example) = grown.swap_remove(random.below(branches));
    (patterns.join("|"), example)
}

fn sequence(random: &mut Random, depth: usize) -> Grown {
    let (mut pattern, mut example) = Grown::default();
    let parts = [0, 1, 1, 2, 2, 3, 3, 4][random.below(8)];
    for _ in 0..parts {
        let (own, matched) = repetition(random, depth);
        pattern.push_str(&own);
        example.push_str(&matched);
    }
    (pattern, example)
}

fn repetition(random: &mut Random, depth: usize) -> Grown {
    let (atom, example) = atom(random, depth);
    if random.below(3) > 0 {
        return (atom, example);
    }
    let (sign, times) = [
        ("*", random.below(4)),
        ("+", 1 + random.below(3)),
        ("?", random.below(2)),
        ("{2}", 2),
        ("{1,3}", 1 + random.below(3)),
        ("{0,2}", random.below(3)),
        ("{1,}", 1 + random.below(3)),
        ("{0}", 0),
    ][random.below(8)];
    let lazy = if random.rarely(4) { "?" } else { "" };
    (format!("{atom}{sign}{lazy}"), example.repeat(times))
}

fn atom(random: &mut Random, depth: usize) -> Grown {
    match random.below(12) {
        0..4 => {
            let letters = if random.rarely(3) { LETTERS } else { "ab" };
            let letter = random.char(letters).to_string();
            (letter.clone(), letter)
        }
        4..7 => {
            let (class, members) = CLASSES[random.below(CLASSES.len())];
            (class.to_owned(), random.char(members).to_string())
        }
        7 => {
            let (atom, example) = ODD_ATOMS[random.below(ODD_ATOMS.len())];
            (atom.to_owned(), example.to_owned())
        }
        _ if depth == 0 => ("a".to_owned(), "a".to_owned()),
        _ => group(random, depth - 1),
    }
}

fn group(random: &mut Random, depth: usize) -> Grown {
    let (inner, mut example) = alternation(random, depth);
    let open = random.pick(&[
        "(", "(", "(", "(?:", "(?:", "(?P<n>", "(?P<m>", "(?i:", "(?s:", "(?-s:", "(?m:", "(?U:",
    ]);
    if open == "(?i:" && random.rarely(2) {
        example = if random.rarely(2) { example.to_uppercase() } else { example.to_lowercase() };
    }
    (format!("{open}{inner})"), example)
}

#[test]
fn most_grown_patterns_match_their_strings() {
    use promsieve_core::regexp::{Dialect, Pattern};
    use promsieve_core::server::Server;

    let random = &mut Random::new(1);
    let dialect = Dialect::of(Server::prometheus(3, 5));
    let (mut valid, mut matched, mut accepted) = (0, 0, 0);
    for _ in 0..2000 {
        let (pattern, example) = grow(random);
        if let Ok(pattern) = Pattern::parse(&pattern, dialect) {
            valid += 1;
            matched += usize::from(pattern.is_match(&example));
        }
        accepted += usize::from(Pattern::parse(&any(random), dialect).is_ok());
    }
    assert!(valid > 1600 && matched > 1000, "{valid} valid, {matched} matched");
    assert!((600..1600).contains(&accepted), "one-sided: {accepted} of 2000 accepted");
}
