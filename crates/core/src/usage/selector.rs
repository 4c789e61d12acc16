//! What one selector of one query selects and needs.

use super::labels::LabelNeed;
use super::regex::{Anchored, escape};
use super::variables::{Replaced, mentions, possible};
use crate::promql::{MatchOp, Selector};
use crate::text::Span;

/// One selector of one query.
#[derive(Debug, Clone)]
pub struct SelectorUse {
    /// Index of the query in [`super::Usage::queries`].
    pub query: usize,
    /// The selector's bytes in the query's text.
    pub span: Span,
    /// Which labels of the selected series are needed.
    pub need: LabelNeed,
    /// Why: what stands between the selector and the result.
    pub reason: String,
    /// Whether nothing reads the values before they are summed but `rate` and its like: sums of some
    /// of the series can stand for them, as far as their labels are not needed.
    pub is_summed: bool,
    names: Vec<Test>,
    pub(super) matchers: Vec<(String, Test)>,
}

/// Whether a selector selects a name or a value; the surer it does, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selects {
    /// It does not.
    No,
    /// A variable or an unreadable regex decides.
    Maybe,
    /// It does.
    Yes,
}

/// A matcher ready to be asked.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Equal(String),
    NotEqual(String),
    Regex(Anchored),
    NotRegex(Anchored),
    /// Made of literal parts and variables.
    Partly(Anchored),
    Unknown,
}

impl Test {
    fn new(op: MatchOp, value: &str) -> Self {
        let regex = |make: fn(Anchored) -> Self| Anchored::new(value).map_or(Self::Unknown, make);
        match op {
            MatchOp::Equal => Self::Equal(value.to_owned()),
            MatchOp::NotEqual => Self::NotEqual(value.to_owned()),
            MatchOp::Regex => regex(Self::Regex),
            MatchOp::NotRegex => regex(Self::NotRegex),
        }
    }

    fn selects(&self, value: &str) -> Selects {
        let sure = |yes: bool| if yes { Selects::Yes } else { Selects::No };
        match self {
            Self::Equal(wanted) => sure(wanted == value),
            Self::NotEqual(wanted) => sure(wanted != value),
            Self::Regex(regex) => sure(regex.is_match(value)),
            Self::NotRegex(regex) => sure(!regex.is_match(value)),
            Self::Partly(regex) if !regex.is_match(value) => Selects::No,
            Self::Partly(_) | Self::Unknown => Selects::Maybe,
        }
    }
}

/// All of them must.
fn all<'a>(tests: impl Iterator<Item = &'a Test>, value: &str) -> Selects {
    let mut result = Selects::Yes;
    for test in tests {
        match test.selects(value) {
            Selects::No => return Selects::No,
            Selects::Maybe => result = Selects::Maybe,
            Selects::Yes => {}
        }
    }
    result
}

impl SelectorUse {
    /// What `selector` selects in a text whose `variables` were replaced; the matchers' labels are
    /// needed besides `demand`.
    pub(super) fn new(
        query: usize,
        selector: &Selector,
        text: &str,
        variables: &[Replaced],
        demand: &LabelNeed,
        reason: String,
    ) -> Self {
        let varies = |span: Span| variables.iter().any(|v| overlap(v.span, span));
        let (mut names, mut matchers) = (Vec::new(), Vec::new());
        let mut need = demand.clone();
        if let Some(name) = &selector.name {
            names.push(if varies(name.span) {
                partly(text, name.span, variables)
            } else {
                Test::Equal(name.text.to_string())
            });
        }
        for matcher in &selector.matchers {
            let whole = variables.iter().any(|v| v.span.contains(matcher.value_span));
            let partly = varies(matcher.value_span) && mentions(&matcher.value);
            let test = if partly && !whole && matcher.op == MatchOp::Equal {
                Anchored::new(&possible(&matcher.value)).map_or(Test::Unknown, Test::Partly)
            } else if whole || partly {
                Test::Unknown
            } else {
                Test::new(matcher.op, &matcher.value)
            };
            if varies(matcher.label.span)
                && !mentions_only_value(matcher.label.span, matcher.value_span)
            {
                need = LabelNeed::All;
            } else if &*matcher.label.text == "__name__" {
                names.push(test);
            } else {
                need = need.union(&LabelNeed::only([&*matcher.label.text]));
                matchers.push((matcher.label.text.to_string(), test));
            }
        }
        let span = selector.span;
        let mut found = Self { query, span, need, reason, is_summed: false, names, matchers };
        // What drops names could merge series of several metrics that a label kept apart.
        if found.metric().is_none() {
            found.need = LabelNeed::All;
            found.reason.push_str("; it may select several metrics");
        }
        found
    }

    /// The metric, if the selector selects just one.
    pub fn metric(&self) -> Option<&str> {
        self.names.iter().find_map(|test| match test {
            Test::Equal(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether it selects series of `metric`, whatever their labels are.
    pub fn selects_metric(&self, metric: &str) -> Selects {
        all(self.names.iter(), metric)
    }

    /// The labels that its matchers test, besides the metric's name; one may stand there twice.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.matchers.iter().map(|(name, _)| name.as_str())
    }

    /// Whether it selects series whose `label` has `value`; an absent label has the empty value.
    pub fn selects_value(&self, label: &str, value: &str) -> Selects {
        all(self.matchers.iter().filter(|(name, _)| name == label).map(|(_, test)| test), value)
    }
}

/// A bare `"name"` in braces is label and value at once.
fn mentions_only_value(label: Span, value: Span) -> bool {
    label == value
}

fn overlap(one: Span, other: Span) -> bool {
    one.start < other.end && other.start < one.end
}

/// A name of which variables are parts: its literal parts, and what they can be between.
fn partly(text: &str, span: Span, variables: &[Replaced]) -> Test {
    let (mut regex, mut at) = (String::new(), span.start);
    for variable in variables.iter().filter(|v| overlap(v.span, span)) {
        regex.push_str(&escape(&text[at as usize..variable.span.start as usize]));
        match &variable.names {
            Some(names) => regex.push_str(&format!("(?:{names})")),
            None => regex.push_str(".*"),
        }
        at = variable.span.end;
    }
    if at < span.end {
        regex.push_str(&escape(&text[at as usize..span.end as usize]));
    }
    Anchored::new(&regex).map_or(Test::Unknown, Test::Partly)
}
