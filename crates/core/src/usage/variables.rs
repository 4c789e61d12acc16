//! Dashboard variables: what stands in for them while a query is parsed.
//!
//! What stands in is as long as the variable, so that every span of the tree points into the text
//! that the user wrote.

use super::query::Variables;
use super::regex::escape;
use crate::promql::{self, MatchOp};
use crate::text::Span;

/// Where a variable was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) span: Span,
    /// What it can be where it stands for a metric's name, as a regex; anything without one.
    pub(super) names: Option<String>,
}

/// A query with its variables replaced, and where they were.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Substituted {
    pub(super) text: String,
    /// Every variable, those in strings included, in order. Those in strings stay as they are.
    pub(super) spans: Vec<Replaced>,
    /// Whether one that may stand for a metric's name was replaced.
    pub(super) names: bool,
    /// Whether one stands for a function or for whole matchers: any label may be needed then.
    pub(super) any_label: bool,
}

/// What variables outside strings stand for where nothing else is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    /// Numbers rather than names.
    pub(super) numbers: bool,
    /// The function that a variable before `(` stands for.
    pub(super) function: &'static str,
}

/// What is tried, in this order, until the text parses.
pub(super) const GUESSES: [Guess; 6] = [
    Guess { numbers: false, function: "sum" },
    Guess { numbers: true, function: "sum" },
    Guess { numbers: false, function: "rate" },
    Guess { numbers: true, function: "rate" },
    Guess { numbers: false, function: "abs" },
    Guess { numbers: true, function: "abs" },
];

/// The variable that `rest` begins with: its name and its length. Grafana's `$x`, `${x}`,
/// `${x:regex}`, `[[x]]`, `[[x:csv]]`, and the actions of templates: `{{ x }}`, `<<.X>>`.
fn reference(rest: &str) -> Option<(&str, usize)> {
    for (open, close) in [("{{", "}}"), ("<<", ">>")] {
        if let Some(inside) = rest.strip_prefix(open) {
            let end = inside.find(close)?;
            return Some((inside[..end].trim(), open.len() + end + close.len()));
        }
    }
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

/// What a variable whose values `query` gives can be where it stands for a metric's name, as a regex:
/// of `metrics(…)`, of `label_values(…, __name__)`, and of a plain selector.
pub(super) fn names_of(query: &str) -> Option<String> {
    let query = query.trim();
    let inside = |name: &str| {
        Some(query.strip_prefix(name)?.trim().strip_prefix('(')?.strip_suffix(')')?.trim())
    };
    if mentions(query) {
        return None;
    }
    if let Some(part) = inside("metrics") {
        return Some(anywhere(part));
    }
    let selector = match inside("label_values") {
        Some(args) => args.strip_suffix("__name__")?.trim_end().strip_suffix(',')?,
        None => query,
    };
    let expr = promql::parse(selector).ok()?;
    let promql::ExprKind::Selector(selector) = expr.kind else { return None };
    if let Some(name) = selector.name {
        return Some(escape(&name.text));
    }
    let mut names = selector.matchers.iter().filter(|matcher| &*matcher.label.text == "__name__");
    names.find_map(|matcher| match matcher.op {
        MatchOp::Equal => Some(escape(&matcher.value)),
        MatchOp::Regex => Some(matcher.value.to_string()),
        _ => None,
    })
}

/// A regex for names in which `part`, which Grafana does not anchor, matches anywhere.
pub(super) fn anywhere(part: &str) -> String {
    format!(".*(?:{}).*", part.trim_matches(['"', '\'', '/']))
}

impl Variables {
    /// What the variable can be where it stands for a metric's name.
    fn names_of(&self, name: &str) -> Option<String> {
        let listed = |values: &Vec<String>| {
            values.iter().map(|value| escape(value)).collect::<Vec<_>>().join("|")
        };
        self.names.get(name).cloned().or_else(|| self.known.get(name).map(listed))
    }
}

/// Whether `text` holds a variable.
pub(super) fn mentions(text: &str) -> bool {
    text.char_indices().any(|(at, _)| reference(&text[at..]).is_some())
}

/// A regex for what `text` can become: its literal parts, and anything for each variable.
pub(super) fn possible(text: &str) -> String {
    let (mut regex, mut literal, mut at) = (String::new(), 0, 0);
    while let Some(c) = text[at..].chars().next() {
        let Some((_, len)) = reference(&text[at..]) else {
            at += c.len_utf8();
            continue;
        };
        regex.push_str(&escape(&text[literal..at]));
        regex.push_str(".*");
        at += len;
        literal = at;
    }
    regex + &escape(&text[literal..])
}

/// Replaces the variables of `text`.
pub(super) fn substitute(text: &str, variables: &Variables, guess: Guess) -> Substituted {
    let out =
        Substituted { text: String::new(), spans: Vec::new(), names: false, any_label: false };
    let mut scan = Scan { out, variables, guess, quote: None, range: false, braces: false };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        at += match reference(&text[at..]) {
            Some((name, len)) => {
                let names = variables.names_of(name);
                scan.out.spans.push(Replaced { span: Span::new(at, at + len), names });
                scan.variable(name, &text[at..at + len], &text[at + len..]);
                len
            }
            None => scan.plain(c, &text[at..]),
        };
    }
    scan.out
}

struct Scan<'a> {
    out: Substituted,
    variables: &'a Variables,
    guess: Guess,
    quote: Option<char>,
    range: bool,
    braces: bool,
}

impl Scan<'_> {
    /// Copies one character, an escape whole; gives its length.
    fn plain(&mut self, c: char, rest: &str) -> usize {
        let mut len = c.len_utf8();
        match (self.quote, c) {
            (None, '"' | '\'' | '`') => self.quote = Some(c),
            (Some(open), _) if open == c => self.quote = None,
            (Some('"' | '\''), '\\') => len += rest[1..].chars().next().map_or(0, char::len_utf8),
            (None, '[') => self.range = true,
            (None, ']') => self.range = false,
            (None, '{') => self.braces = true,
            (None, '}') => self.braces = false,
            _ => {}
        }
        self.out.text.push_str(&rest[..len]);
        len
    }

    /// Writes what stands in for a variable of `len` bytes, before `rest`.
    fn variable(&mut self, name: &str, written: &str, rest: &str) {
        let len = written.len();
        let next = rest.chars().next();
        let glued = self.out.text.ends_with(is_word);
        let after = rest.trim_start();
        let calls =
            after.starts_with('(') || after.starts_with("by") || after.starts_with("without");
        let written = if self.quote.is_some() {
            written.to_owned()
        } else if self.range || follows_offset(&self.out.text) {
            duration(len, next)
        } else if self.braces {
            self.in_braces(len, after)
        } else if self.in_label_list() {
            self.separate();
            "_".repeat(len)
        } else if calls && !glued && len >= self.guess.function.len() {
            self.out.any_label = true;
            format!("{:<len$}", self.guess.function)
        } else if self.guess.numbers || is_number(name, self.variables) {
            format!("{:0>len$}", 5)
        } else {
            self.out.names = true;
            "_".repeat(len)
        };
        self.out.text.push_str(&written);
    }

    /// A label, a value without its quotes, or whole matchers.
    fn in_braces(&mut self, len: usize, after: &str) -> String {
        if after.starts_with(['=', '!']) || self.out.text.ends_with(is_word) {
            return "_".repeat(len);
        }
        if self.out.text.trim_end().ends_with(['=', '~']) {
            return format!("\"{}\"", "_".repeat(len.saturating_sub(2)));
        }
        self.out.any_label = true;
        " ".repeat(len)
    }

    /// Whether a list of labels is open: `by (`, `on (a, `.
    fn in_label_list(&self) -> bool {
        let Some((before, inside)) = self.out.text.rsplit_once('(') else { return false };
        let word = before.trim_end().rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
        let lists = ["by", "without", "on", "ignoring", "group_left", "group_right"];
        !inside.contains(')') && lists.iter().any(|list| list.eq_ignore_ascii_case(word))
    }

    /// In a list of labels: a variable that brings its own comma gets one here.
    fn separate(&mut self) {
        let before = self.out.text.trim_end();
        if before.len() < self.out.text.len() && before.ends_with(is_word) {
            self.out.text.pop();
            self.out.text.push(',');
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':')
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
            ..Variables::default()
        };
        let out = substitute(text, &variables, GUESSES[0]);
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
        check("sum by (a $g) (m)", "sum by (a,__) (m)", false);
        check("${f:value}(m)", "sum       (m)", false);
        check("$agg by (a) (m)", "sum  by (a) (m)", false);
        check("m{a=\"b\", ${filters}}", "m{a=\"b\",           }", false);
        check("m{a=~$b, $c=\"d\"}", "m{a=~\"\", __=\"d\"}", false);
        check("a offset $o", "a offset 5m", false);
        check(
            "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)$\")",
            "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)$\")",
            false,
        );
        check("${q:raw}", "________", true);
        check("a / $__interval_ms", "a / 00000000000005", false);
        check(
            "rate(<<.Series>>{a=\"{{ b }}\"}[{{c}}])",
            "rate(___________{a=\"{{ b }}\"}[0005m])",
            true,
        );
    }

    #[test]
    fn the_names_that_a_variable_can_be_are_found() {
        let names = |text: &str| names_of(text);
        assert_eq!(names("metrics(node_)").as_deref(), Some(".*(?:node_).*"));
        let label = "label_values({__name__=~\"a_.*\"}, __name__)";
        assert_eq!(names(label).as_deref(), Some("a_.*"));
        assert_eq!(names("m{a=\"b\"}").as_deref(), Some("m"));
        assert_eq!(names("label_values(m, job)"), None);
        assert_eq!(names("metrics($x)"), None);
    }
}
