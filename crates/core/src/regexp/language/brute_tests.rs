//! Every answer against all strings up to five characters of a small alphabet.

use super::{Language, Limits, Verdict};
use crate::regexp::generate::patterns;
use crate::regexp::{Dialect, Pattern};
use crate::server::Server;

const ALPHABET: [char; 4] = ['a', 'b', '_', '\n'];

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text, Dialect::of(Server::default())).unwrap()
}

fn language(text: &str) -> Language {
    Language::of(&pattern(text), Limits::default()).unwrap()
}

/// All strings up to that many characters, shortest first.
fn strings(longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let end = all.len();
        for at in from..end {
            all.extend(ALPHABET.map(|c| format!("{}{c}", all[at])));
        }
        from = end;
    }
    all
}

const PATTERNS: &[&str] = &[
    "",
    ".*",
    ".+",
    "a",
    "ab|ba",
    "(a|b)*",
    "a*b",
    "[ab]+_",
    "[^a]*",
    "(?i:A)b?",
    "a{2,3}",
    "_.*",
    ".*_",
    ".*a.*",
    "a)|(?:b",
    r"\w*",
    r"\W*",
    r"a\b_?",
    r"(?-s:.*)",
    "(?m)a$.*",
    r"[^\x00-\x{10FFFF}]",
    "(a|b|_|\n)*",
    r".*\b.*",
    "a)|.*(?:b",
    "(|a)*b",
    r"\pL+",
    ".{3}",
    "(a.)*",
    r".*\Bb",
];

/// A pattern with what brute force knows about it.
struct Known {
    text: String,
    pattern: Pattern,
    language: Language,
    /// For each string, whether the pattern matches it.
    matched: Vec<bool>,
}

impl Known {
    fn new(text: &str, all: &[String]) -> Self {
        let pattern = pattern(text);
        let matched = all.iter().map(|value| pattern.is_match(value)).collect();
        Self { text: text.to_owned(), pattern, language: language(text), matched }
    }
}

/// A verdict must agree with brute force: `counts` says of (here, there) whether a string refutes.
/// The witness must be real and shortest.
#[track_caller]
fn check(verdict: &Verdict, all: &[String], pair: [&Known; 2], counts: fn(bool, bool) -> bool) {
    let what = || format!("{:?} and {:?}", pair[0].text, pair[1].text);
    let matched = pair[0].matched.iter().zip(&pair[1].matched);
    let shortest = all.iter().zip(matched).find(|(_, (here, there))| counts(**here, **there));
    let shortest = shortest.map(|(text, _)| text);
    match verdict.witness() {
        None => assert_eq!(shortest, None, "{}", what()),
        Some(witness) => {
            let [here, there] = pair.map(|known| known.pattern.is_match(witness));
            assert!(counts(here, there), "{}: {witness:?} is no witness", what());
            let longer = shortest.is_some_and(|text| text.len() < witness.len());
            assert!(!longer, "{}: {witness:?} is longer than {shortest:?}", what());
        }
    }
}

/// Checks all questions about all pairs and returns how many there were.
fn check_pairs(texts: &[String], all: &[String]) -> usize {
    let known: Vec<_> = texts.iter().map(|text| Known::new(text, all)).collect();
    let mut asked = 0;
    for left in &known {
        let here = &left.language;
        check(&here.is_empty(), all, [left, left], |here, _| here);
        check(&here.is_universal().unwrap(), all, [left, left], |here, _| !here);
        for (value, matched) in all.iter().zip(&left.matched) {
            assert_eq!(here.contains(value), *matched, "{} on {value:?}", left.text);
        }
        asked += 2;
        for right in &known {
            let (there, pair) = (&right.language, [left, right]);
            check(&here.disjoint(there).unwrap(), all, pair, |here, there| here && there);
            check(&here.subset(there).unwrap(), all, pair, |here, there| here && !there);
            check(&here.equal(there).unwrap(), all, pair, |here, there| here != there);
            let neither = here.union(there).unwrap().is_universal().unwrap();
            check(&neither, all, pair, |here, there| !here && !there);
            asked += 4;
        }
    }
    asked
}

#[test]
fn answers_agree_with_brute_force() {
    let texts: Vec<String> = PATTERNS.iter().map(ToString::to_string).collect();
    let asked = check_pairs(&texts, &strings(4));
    println!("{asked} questions");
}

#[test]
fn answers_about_generated_patterns_agree_with_brute_force() {
    let dialect = Dialect::of(Server::default());
    let valid = |text: &String| Pattern::parse(text, dialect).is_ok();
    let texts: Vec<String> = patterns(7).filter(valid).take(24).collect();
    let asked = check_pairs(&texts, &strings(4));
    println!("{asked} questions");
}

#[test]
fn joined_parts_agree_with_brute_force() {
    let limits = Limits::default();
    let all = strings(5);
    for [left, right] in [["a*", "b*"], [".*", "a"], ["(a|b)?", "[^a]*"], ["a)|(?:b", "_"]] {
        let parts = [language(left), language(right)];
        let joined = Language::joined(&parts, "_", limits).unwrap();
        for value in &all {
            let cuts = value.match_indices('_');
            let expected = cuts
                .map(|(at, _)| (&value[..at], &value[at + 1..]))
                .any(|(head, tail)| parts[0].contains(head) && parts[1].contains(tail));
            assert_eq!(joined.contains(value), expected, "{left} _ {right} on {value:?}");
        }
    }
    let nothing = Language::joined(&[], ";", limits).unwrap();
    assert!(nothing.equal(&Language::literal("", limits)).unwrap().holds());
}

#[test]
fn large_automata_are_undecided() {
    let small = Limits { pattern_bytes: 1 << 20, states: 1000, pairs: 1 << 20 };
    assert!(Language::of(&pattern("(a|b)*a(a|b){18}"), small).is_err());
    let ends = |text: &str| Language::of(&pattern(text), small).unwrap();
    assert!(ends("(a|b)*a(a|b){8}").intersection(&ends("(a|b)*b(a|b){7}a.*")).is_err());
}

#[test]
fn witnesses_are_readable() {
    let difference = language("go_.*").subset(&language("go_(gc|memstats)_.*")).unwrap();
    assert_eq!(difference.witness(), Some("go_"));
    let both = language(r"(.*):(\d+)").disjoint(&language(r"\d+\.\d+:.*")).unwrap();
    assert_eq!(both.witness(), Some("0.0:0"));
    assert_eq!(language("[^a]").example().as_deref(), Some("b"));
    assert_eq!(language("é+").example().as_deref(), Some("é"));
    assert!(Language::all(Limits::default()).is_universal().unwrap().holds());
    assert!(language("(.*)").is_universal().unwrap().holds());
    let old = Dialect::of(Server::prometheus(2, 53));
    let plain = Pattern::parse("(.*)", old).unwrap();
    let plain = Language::of(&plain, Limits::default()).unwrap();
    assert_eq!(plain.is_universal().unwrap().witness(), Some("\n"));
}
