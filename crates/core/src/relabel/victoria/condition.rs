//! The field `if`: series selectors, one of which must match the labels.

use super::labels::Labels;
use crate::promql::{MatchOp, parse_selector};
use crate::regexp::{Anchoring, Dialect, Pattern};
use crate::server::Server;

/// Any of these lists of filters, each of which must hold in whole.
#[derive(Debug, Clone)]
pub(super) struct Condition(Vec<Vec<Filter>>);

#[derive(Debug, Clone)]
struct Filter {
    label: Box<str>,
    test: Test,
    /// Whether the test must fail.
    negated: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Is(Box<str>),
    Matches(Pattern),
}

impl Condition {
    /// Reads the selectors of a step.
    ///
    /// # Errors
    /// What is wrong with the first that is none.
    pub(super) fn read(selectors: &[String], server: Server) -> Result<Self, String> {
        let mut any = Vec::new();
        for selector in selectors {
            let wrong = |message: String| format!("cannot parse `if` {selector:?}: {message}");
            for part in alternatives(selector) {
                // Without a filter it matches nothing.
                let filters = filters(&part, server).map_err(wrong)?;
                any.extend(Some(filters).filter(|filters| !filters.is_empty()));
            }
        }
        Ok(Self(any))
    }

    /// Whether one of the selectors matches.
    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().any(|filters| filters.iter().all(|filter| filter.holds(labels)))
    }
}

impl Filter {
    fn holds(&self, labels: &Labels) -> bool {
        let mut found = labels.0.iter().filter(|label| label.name == *self.label).peekable();
        let holds = match &self.test {
            // A series without a name has none, not even the empty one.
            Test::Is(value) if found.peek().is_none() => {
                value.is_empty() && &*self.label != "__name__"
            }
            Test::Is(value) => found.any(|label| label.value == **value),
            Test::Matches(pattern) if found.peek().is_none() => pattern.is_match(""),
            Test::Matches(pattern) => found.any(|label| pattern.is_match(&label.value)),
        };
        holds != self.negated
    }
}

fn filters(selector: &str, server: Server) -> Result<Vec<Filter>, String> {
    let selector = parse_selector(selector).map_err(|error| error.message)?;
    let name = selector.name.iter().map(|name| Filter {
        label: "__name__".into(),
        test: Test::Is(name.text.clone()),
        negated: false,
    });
    let mut filters: Vec<Filter> = name.collect();
    for matcher in &selector.matchers {
        let negated = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
        let test = if matches!(matcher.op, MatchOp::Equal | MatchOp::NotEqual) {
            Test::Is(matcher.value.clone())
        } else {
            let dialect = Dialect { go: server.go(), anchoring: Anchoring::DotAll };
            let text = super::regex::without_anchors(&matcher.value);
            Test::Matches(Pattern::parse(text, dialect).map_err(|error| error.message)?)
        };
        filters.push(Filter { label: matcher.label.text.clone(), test, negated });
    }
    Ok(filters)
}

/// `m{a="x" or b="y"}` as `m{a="x"}` and `m{b="y"}`: `PromQL` knows no `or` between braces.
fn alternatives(selector: &str) -> Vec<String> {
    let Some(open) = selector.find('{') else { return vec![selector.to_owned()] };
    let (head, mut parts) = (&selector[..=open], vec![String::new()]);
    let (mut quote, mut escaped, mut word_start) = (None, false, true);
    let inner = &selector[open + 1..];
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        let is_or = quote.is_none() && word_start && inner[at..].starts_with("or");
        if is_or && !inner[at + 2..].starts_with(is_word) && !is_compared(&inner[at + 2..]) {
            chars.next();
            parts.push(String::new());
            continue;
        }
        match quote {
            Some(_) if escaped => escaped = false,
            Some('`') if c == '\\' => {}
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            _ => {}
        }
        word_start = !is_word(c);
        parts.last_mut().expect("it starts with one").push(c);
    }
    let last = parts.len() - 1;
    let close = |(at, part): (usize, &String)| {
        let end = if at < last { "}" } else { "" };
        format!("{head}{part}{end}")
    };
    parts.iter().enumerate().map(close).collect()
}

/// Whether a matcher's operator follows: then `or` was a label.
fn is_compared(rest: &str) -> bool {
    rest.trim_start().starts_with(['=', '!'])
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(selectors: &[&str], labels: &[(&str, &str)], expected: bool) {
        let server = "vmagent@1.110".parse().unwrap();
        let selectors: Vec<String> = selectors.iter().map(ToString::to_string).collect();
        let mut set = Labels::default();
        for (name, value) in labels {
            set.set(name, value);
        }
        let condition = Condition::read(&selectors, server).unwrap();
        assert_eq!(condition.matches(&set), expected, "{selectors:?} {labels:?}");
    }

    #[test]
    fn selectors_match_as_in_vmagent() {
        let up = [("__name__", "up"), ("a", "x")];
        check(&["up"], &up, true);
        check(&[r#"up{a="y"}"#], &up, false);
        check(&[r#"up{a="y"}"#, r#"{a=~"x|z"}"#], &up, true);
        check(&[r#"up{a="y" or a="x"}"#], &up, true);
        check(&[r#"down{a="y" or a="x"}"#], &up, false);
        check(&[r#"{or="",a="x"}"#], &up, true);
        check(&["{}"], &up, false);
        check(&[r#"{b=""}"#], &up, true);
        check(&[r#"{b!="x"}"#], &up, true);
        check(&[r#"{a=~".*"}"#], &[], true);
        check(&[r#"{__name__=""}"#], &[], false);
        check(&[r#"{a=~"^x$"}"#], &up, true);
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        let server = "vmagent@1.110".parse().unwrap();
        for text in ["", "up[5m]", "up offset 1m", "rate(up[5m])", "{a=", r#"{a=~"("}"#] {
            assert!(Condition::read(&[text.to_owned()], server).is_err(), "{text}");
        }
    }
}
