//! Every answer against all strings up to five characters of a small alphabet.

use super::{Language, Limits, Verdict};
use crate::regexp::generate::patterns;
use crate::regexp::{Dialect, Pattern, Slots};
use crate::server::Server;

const ALPHABET: [char; 4] = ['a', 'b', '_', '\n'];

/// The server whose anchors let `.` match a newline, and the last one whose anchors do not.
const SERVERS: [Server; 2] = [Server::prometheus(3, 5), Server::prometheus(2, 53)];

fn pattern_of(text: &str, server: Server) -> Pattern {
    Pattern::parse(text, Dialect::of(server)).unwrap()
}

fn pattern(text: &str) -> Pattern {
    pattern_of(text, Server::default())
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
    fn new(text: &str, server: Server, all: &[String]) -> Self {
        let pattern = pattern_of(text, server);
        let matched = all.iter().map(|value| pattern.is_match(value)).collect();
        let language = Language::of(&pattern, Limits::default()).unwrap();
        Self { text: text.to_owned(), pattern, language, matched }
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
fn check_pairs(texts: &[String], server: Server, all: &[String]) -> usize {
    let known: Vec<_> = texts.iter().map(|text| Known::new(text, server, all)).collect();
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
            let equal = here.equal(there).unwrap();
            check(&equal, all, pair, |here, there| here != there);
            assert_eq!(here.same(there), equal.holds(), "{} and {}", left.text, right.text);
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
    let all = strings(4);
    let asked = check_pairs(&texts, SERVERS[0], &all) + check_pairs(&texts[..16], SERVERS[1], &all);
    println!("{asked} questions");
}

#[test]
fn answers_about_generated_patterns_agree_with_brute_force() {
    let mut asked = 0;
    for server in SERVERS {
        let valid = |text: &String| Pattern::parse(text, Dialect::of(server)).is_ok();
        let texts: Vec<String> = patterns(7).filter(valid).take(14).collect();
        asked += check_pairs(&texts, server, &strings(4));
    }
    println!("{asked} questions");
}

/// Every tuple of strings of the parts, each at most so long.
fn tuples(parts: &[Language], longest: usize) -> Vec<Vec<String>> {
    let all = strings(longest);
    parts.iter().fold(vec![Vec::new()], |tuples: Vec<Vec<String>>, part| {
        let longer = |tuple: &Vec<String>| {
            let values = all.iter().filter(|value| part.contains(value));
            values.map(|value| [&tuple[..], std::slice::from_ref(value)].concat()).collect()
        };
        tuples.iter().flat_map::<Vec<_>, _>(longer).collect()
    })
}

const SETS_OF_PARTS: &[&[&str]] = &[
    &["a|b|ab|", "_?"],
    &["(a|b){0,2}", "a_?b?", "b?"],
    &["a_|_a", "_a?|b", "[ab_]?"],
    &["|a", "|a|_"],
    &["ab?"],
    &[],
];

#[test]
fn tuples_agree_with_brute_force() {
    let mut asked = 0;
    for texts in SETS_OF_PARTS {
        let parts: Vec<Language> = texts.iter().map(|text| language(text)).collect();
        let all = tuples(&parts, 3);
        for separator in ["_", "", "ab"] {
            for joined in PATTERNS {
                let joined = language(joined);
                let fits = |tuple: &&Vec<String>| joined.contains(&tuple.join(separator));
                let length = |tuple: &Vec<String>| tuple.iter().map(String::len).sum::<usize>();
                let found = Language::tuple(&parts, separator, &joined).unwrap();
                let shortest = all.iter().filter(fits).map(length).min();
                assert_eq!(found.as_ref().map(length), shortest);
                if let Some(found) = found {
                    assert!(all.contains(&found) && fits(&&found), "{found:?}");
                }
                for index in 0..parts.len() {
                    let mut left: Vec<String> =
                        all.iter().filter(fits).map(|tuple| tuple[index].clone()).collect();
                    left.sort();
                    left.dedup();
                    let part = Language::part(&parts, index, separator, &joined).unwrap();
                    assert_eq!(part.strings(1000), Some(left), "part {index} of {texts:?}");
                    asked += 1;
                }
            }
        }
    }
    println!("{asked} parts");
}

#[test]
fn several_languages_agree_with_brute_force() {
    let (limits, all) = (Limits::default(), strings(4));
    for texts in PATTERNS.windows(4) {
        let languages: Vec<Language> = texts.iter().map(|text| language(text)).collect();
        let union = Language::union_of(&languages, limits).unwrap();
        let both = Language::intersection_of(&languages, limits).unwrap();
        let neither = union.complement().unwrap();
        for value in &all {
            let mut found = languages.iter().map(|language| language.contains(value));
            assert_eq!(union.contains(value), found.clone().any(|is_in| is_in));
            assert_eq!(neither.contains(value), !union.contains(value));
            assert_eq!(both.contains(value), found.all(|is_in| is_in));
        }
    }
}

#[test]
fn groups_hold_what_they_can_hold() {
    let texts =
        ["(a)|b", "(a*)(b?)_*", "((a|b)*)_?", r"(\ba?)(?:_(b))?.*", "(?:(a)|_)+", "(a)|.*(b"];
    let (mut slots, mut held) = (Slots::default(), 0);
    for pattern in
        texts.iter().filter_map(|text| Pattern::parse(text, Dialect::of(Server::default())).ok())
    {
        for group in 1..=pattern.group_count() {
            let language = Language::of_group(&pattern, group, Limits::default()).unwrap();
            for value in strings(5) {
                let Some(groups) = pattern.captures(&value, &mut slots) else { continue };
                let text = groups.get(group).map_or("", |range| &value[range]);
                assert!(language.contains(text), "{text:?} is in group {group} of {pattern:?}");
                held += 1;
            }
        }
    }
    assert!(held > 1000, "{held}");
    let one = Language::of_group(&pattern("x(a|b)+"), 1, Limits::default()).unwrap();
    assert_eq!(one.strings(9), Some(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn few_strings_are_listed() {
    assert_eq!(language("b|a(b|)").strings(3).unwrap(), ["a", "ab", "b"]);
    assert_eq!(language("b|a(b|)").strings(2), None);
    assert_eq!(language("a*").strings(100), None);
    assert_eq!(language("é").strings(1).unwrap(), ["é"]);
    assert_eq!(Language::none(Limits::default()).strings(0), Some(Vec::new()));
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
