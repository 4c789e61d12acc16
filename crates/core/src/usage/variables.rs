//! Dashboard variables: what stands in for them while a query is parsed.
//!
//! What stands in is as long as the variable, so that every span of the tree points into the text
//! that the user wrote.

use super::query::Variables;
use crate::text::Span;

/// A query with its variables replaced, and where they were.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Substituted {
    pub(super) text: String,
    /// Every variable, those in strings included, in order. Those in strings stay as they are.
    pub(super) spans: Vec<Span>,
    /// Whether one that stands for a name was replaced.
    pub(super) names: bool,
}

/// What a variable outside strings stands for where nothing else is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    Name,
    Number,
}

/// The variable that `rest` begins with: its name and its length. `$x`, `${x}`, `${x:regex}`,
/// `[[x]]`, `[[x:csv]]`.
fn reference(rest: &str) -> Option<(&str, usize)> {
    let word = |text: &str| {
        text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
    };
    let (open, close) = match rest.as_bytes() {
        [b'$', b'{', ..] => (2, "}"),
        [b'[', b'[', ..] => (2, "]]"),
        [b'$', ..] => {
            let len = word(&rest[1..]);
            return (len > 0).then(|| (&rest[1..=len], len + 1));
        }
        _ => return None,
    };
    let len = word(&rest[open..]);
    let after = &rest[open + len..];
    let end = after.find(close)?;
    let format = &after[..end];
    let plain = format.is_empty() || format.starts_with([':', '.']);
    (len > 0 && plain).then(|| (&rest[open..open + len], open + len + end + close.len()))
}

/// Whether `text` holds a variable.
pub(super) fn mentions(text: &str) -> bool {
    text.char_indices().any(|(at, _)| reference(&text[at..]).is_some())
}

/// Replaces the variables of `text`.
pub(super) fn substitute(text: &str, variables: &Variables, guess: Guess) -> Substituted {
    let mut out = Substituted { text: String::new(), spans: Vec::new(), names: false };
    let (mut quote, mut in_range, mut at) = (None, false, 0);
    while let Some(c) = text[at..].chars().next() {
        if let Some((name, len)) = reference(&text[at..]) {
            out.spans.push(Span::new(at, at + len));
            let next = text[at + len..].chars().next();
            if quote.is_some() {
                out.text.push_str(&text[at..at + len]);
            } else if in_range || follows_offset(&out.text) {
                out.text.push_str(&duration(len, next));
            } else if guess == Guess::Number || is_number(name, variables) {
                out.text.push_str(&format!("{:0>len$}", 5));
            } else {
                out.names = true;
                out.text.push_str(&"_".repeat(len));
            }
            at += len;
            continue;
        }
        match (quote, c) {
            (None, '"' | '\'' | '`') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (Some('"' | '\''), '\\') => {
                out.text.push(c);
                at += 1;
                let Some(escaped) = text[at..].chars().next() else { break };
                out.text.push(escaped);
                at += escaped.len_utf8();
                continue;
            }
            (None, '[') => in_range = true,
            (None, ']') => in_range = false,
            _ => {}
        }
        out.text.push(c);
        at += c.len_utf8();
    }
    out
}

fn follows_offset(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '\n', '-']);
    before.to_ascii_lowercase().ends_with("offset")
}

/// A duration of `len` bytes; a unit may follow the variable.
fn duration(len: usize, next: Option<char>) -> String {
    match next {
        Some(c) if c.is_ascii_alphanumeric() => format!("{:0>len$}", 5),
        _ => format!("{:0>len$}", "5m"),
    }
}

/// Grafana's own variables are times; others are numbers when all their values are.
fn is_number(name: &str, variables: &Variables) -> bool {
    let number = |value: &String| value.starts_with(|c: char| c.is_ascii_digit());
    let known = variables.known.get(name);
    name.starts_with("__") || known.is_some_and(|all| !all.is_empty() && all.iter().all(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, names: bool) {
        let variables = Variables {
            known: [("k".to_owned(), vec!["5".to_owned(), "10".to_owned()])].into(),
            ad_hoc: false,
        };
        let out = substitute(text, &variables, Guess::Name);
        assert_eq!((out.text.as_str(), out.names), (expected, names));
        assert_eq!(out.text.len(), text.len());
    }

    #[test]
    fn variables_become_what_their_place_wants() {
        check("rate(a[$__rate_interval])", "rate(a[000000000000005m])", false);
        check("rate(a[${r}s])", "rate(a[0005s])", false);
        check("rate(a[[[r]]])", "rate(a[0005m])", false);
        check("a{b=~\"$c|[[d]]\"}", "a{b=~\"$c|[[d]]\"}", false);
        check("a{b=\"\\\"$c\"}", "a{b=\"\\\"$c\"}", false);
        check("topk($k, a)", "topk(05, a)", false);
        check("sum by ($g) (a_$m)", "sum by (__) (a___)", true);
        check("a offset $o", "a offset 5m", false);
        check(
            "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)$\")",
            "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)$\")",
            false,
        );
        check("${q:raw}", "________", true);
        check("a / $__interval_ms", "a / 00000000000005", false);
    }
}
