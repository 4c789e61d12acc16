//! Many texts in few, readable patterns: shared beginnings stand once, long patterns are split.

use crate::regexp::language::{Language, Limits};
use crate::regexp::{Dialect, Pattern, quote};
use crate::server::Server;

/// Characters of one pattern; what is longer goes into another step.
const READABLE: usize = 400;
/// Parentheses in each other.
const DEPTH: usize = 2;
/// Texts that share a beginning before it is taken out.
const SHARED: usize = 3;
/// Values in a list; more are told by how they begin.
const LISTED: usize = 40;

/// Patterns that together match exactly these texts, which come sorted.
pub(super) fn patterns(texts: &[String]) -> Vec<String> {
    let all: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut patterns: Vec<String> = Vec::new();
    for branch in branches(&all, DEPTH) {
        match patterns.last_mut() {
            Some(last) if last.len() + branch.len() < READABLE => {
                last.push('|');
                last.push_str(&branch);
            }
            _ => patterns.push(branch),
        }
    }
    patterns
}

/// Patterns that match these texts, which come sorted, and nothing of `used`. Many texts are told by
/// the shortest beginnings that nothing used has.
pub(super) fn patterns_apart(texts: &[String], used: &Language) -> Vec<String> {
    if texts.len() <= LISTED {
        return patterns(texts);
    }
    let mut begins: Vec<String> = Vec::new();
    for text in texts {
        if begins.last().is_some_and(|begin| text.starts_with(begin.as_str())) {
            continue;
        }
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let begin = ends.map(|end| &text[..end]).find(|begin| is_apart(begin, used));
        match begin {
            Some(begin) => begins.push(begin.to_owned()),
            None => return patterns(texts),
        }
    }
    patterns(&begins).into_iter().map(|pattern| format!("({pattern}).*")).collect()
}

/// Whether nothing used begins so.
fn is_apart(begin: &str, used: &Language) -> bool {
    let dialect = Dialect::of(Server::default());
    let Ok(pattern) = Pattern::parse(&format!("{}.*", quote(begin)), dialect) else { return false };
    let language = Language::of(&pattern, Limits::default());
    language.and_then(|it| it.disjoint(used)).is_ok_and(|verdict| verdict.holds())
}

/// The branches of an alternation of texts.
fn branches(texts: &[&str], depth: usize) -> Vec<String> {
    let mut branches = Vec::new();
    let mut rest = texts;
    while let Some(&first) = rest.first() {
        let word = word_of(first);
        let alike = rest.iter().take_while(|text| text.starts_with(word)).count();
        let shares = alike >= SHARED && depth > 0;
        let begin = if shares { shared(&rest[..alike]) } else { "" };
        if begin.is_empty() {
            branches.push(quote(first));
            rest = &rest[1..];
            continue;
        }
        let tails: Vec<&str> = rest[..alike].iter().map(|text| &text[begin.len()..]).collect();
        for part in chunks(&tails, depth - 1) {
            branches.push(format!("{}({part})", quote(begin)));
        }
        rest = &rest[alike..];
    }
    branches
}

/// The alternation of texts, in readable parts.
fn chunks(texts: &[&str], depth: usize) -> Vec<String> {
    let whole = branches(texts, depth).join("|");
    if whole.len() <= READABLE || texts.len() == 1 {
        return vec![whole];
    }
    let (left, right) = texts.split_at(texts.len() / 2);
    let mut parts = chunks(left, depth);
    parts.extend(chunks(right, depth));
    parts
}

/// The first word of a text with the `_` behind it; "" where there is none.
fn word_of(text: &str) -> &str {
    text.find('_').map_or("", |at| &text[..=at])
}

/// The words that all texts, of which there is at least one, begin with and go on after.
fn shared<'a>(texts: &[&'a str]) -> &'a str {
    let first = texts[0];
    let mut end = 0;
    loop {
        let word = word_of(&first[end..]);
        let goes_on = |text: &&str| text[end..].len() > word.len() && text[end..].starts_with(word);
        if word.is_empty() || !texts.iter().all(goes_on) {
            return &first[..end];
        }
        end += word.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Pattern {
        Pattern::parse(text, Dialect::of(Server::default())).unwrap()
    }

    #[test]
    fn shared_words_stand_once() {
        let names = ["go_gc_a", "go_gc_b", "go_gc_c", "go_info", "up", "x_a", "x_b"];
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(patterns(&names), ["go_(gc_(a|b|c)|info)|up|x_a|x_b"]);
    }

    #[test]
    fn many_values_are_told_by_how_they_begin() {
        let limits = Limits::default();
        let used = Language::literals(&["pod-1".to_owned(), "pod-20".to_owned()], limits).unwrap();
        let mut values: Vec<String> = (200..250).map(|at| format!("job-{at}")).collect();
        values.push("pod-21".to_owned());
        assert_eq!(patterns_apart(&values, &used), ["(j|pod-21).*"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn patterns_match_their_texts_and_no_others(
            texts in proptest::collection::btree_set("[a-b.|*é_]{1,4}", 1..120),
            other in "[a-b.|*é_]{1,4}",
        ) {
            let sorted: Vec<String> = texts.iter().cloned().collect();
            let patterns: Vec<Pattern> = patterns(&sorted).iter().map(|text| parse(text)).collect();
            let matches = |text: &str| patterns.iter().any(|pattern| pattern.is_match(text));
            prop_assert!(sorted.iter().all(|text| matches(text)));
            prop_assert_eq!(matches(&other), texts.contains(&other));
        }

        #[test]
        fn patterns_apart_match_their_texts_and_nothing_used(
            texts in proptest::collection::btree_set("[ab_]{1,8}", 1..120),
        ) {
            let all: Vec<String> = texts.iter().cloned().collect();
            let (used, gone): (Vec<_>, Vec<_>) =
                all.into_iter().enumerate().partition(|(at, _)| at % 7 == 0);
            let strip = |of: Vec<(usize, String)>| of.into_iter().map(|it| it.1).collect::<Vec<_>>();
            let (used, gone) = (strip(used), strip(gone));
            let language = Language::literals(&used, Limits::default()).unwrap();
            let patterns: Vec<Pattern> = patterns_apart(&gone, &language).iter().map(|text| parse(text)).collect();
            let matches = |text: &String| patterns.iter().any(|pattern| pattern.is_match(text));
            prop_assert!(gone.iter().all(matches));
            prop_assert!(!used.iter().any(matches));
        }
    }
}
