//! From a query's text to a tree, or to what it might touch when there is none.

use super::labels::LabelNeed;
use super::query::{OriginKind, Query, Variables};
use super::reach::{Reached, selector_uses};
use super::regex::matches_empty;
use super::selector::SelectorUse;
use super::variables::{GUESSES, Replaced, Substituted, anywhere, mentions, substitute};
use crate::promql::{self, Expr, ParseError};
use crate::text::Span;

/// Parses an expression and judges the regexes of its matchers as the server does.
///
/// # Errors
/// All that is wrong, the first first; never empty.
pub fn parse(text: &str) -> Result<Expr, Vec<ParseError>> {
    promql::parse_with(text, &matches_empty)
}

/// A query that was understood.
#[derive(Debug, Clone)]
pub(super) enum Understood {
    Expr {
        expr: Expr,
        text: String,
        variables: Vec<Replaced>,
        demand: Option<LabelNeed>,
        all: bool,
    },
    /// `label_values(label)`: a list of the label's values over all metrics.
    Listed(String),
    /// A label of alerts by which Alertmanager tells them apart or shows them.
    OfAlerts(String),
    /// It asks for no series.
    Nothing,
}

impl Understood {
    /// The uses of its selectors when `demand` is looked at.
    pub(super) fn uses(&self, query: usize, demand: &LabelNeed) -> Vec<SelectorUse> {
        let Self::Expr { expr, text, variables, demand: own, all } = self else {
            return Vec::new();
        };
        let context = Reached { query, text, variables, values_unread: own.is_some() };
        let mut uses = selector_uses(expr, own.as_ref().unwrap_or(demand), &context);
        for found in uses.iter_mut().filter(|_| *all) {
            found.need = LabelNeed::All;
            "a filter or a function that users choose can ask for any label"
                .clone_into(&mut found.reason);
        }
        uses
    }
}

/// A query that was not understood: what it might touch.
#[derive(Debug, Clone)]
pub(super) struct Hole {
    pub(super) query: usize,
    pub(super) reason: String,
    text: String,
    everything: bool,
}

impl Hole {
    /// Whether the query might select `metric`: its name stands in the text, or no name does.
    pub(super) fn may_touch(&self, metric: &str) -> bool {
        self.everything || stands_alone_in(&self.text, metric)
    }
}

/// Whether `name` stands in `text` as a whole word.
fn stands_alone_in(text: &str, name: &str) -> bool {
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(in_word) && !text[at + name.len()..].starts_with(in_word)
    })
}

/// Understands the query at index `at`.
pub(super) fn understand(at: usize, query: &Query) -> Result<Understood, Hole> {
    let hole = |reason: String, everything: bool| Hole {
        query: at,
        reason,
        text: query.text.clone(),
        everything,
    };
    if let Some(reason) = &query.opaque {
        return Err(hole(reason.clone(), true));
    }
    let none = Variables::default();
    let variables = query.variables.as_ref();
    let known = variables.unwrap_or(&none);
    let ask = match query.origin.kind {
        OriginKind::DashboardVariable => picker(&query.text),
        OriginKind::AlertRoute => return Ok(Understood::OfAlerts(query.text.clone())),
        _ => Ask::Expr(&query.text, None),
    };
    let (text, demand) = match ask {
        Ask::Expr(text, demand) => (text.to_owned(), demand),
        Ask::Names(regex) => {
            (format!("{{__name__=~{:?}}}", anywhere(regex)), Some(LabelNeed::none()))
        }
        Ask::Listed(label) => return Ok(Understood::Listed(label)),
        Ask::Nothing => return Ok(Understood::Nothing),
    };
    // Spans must point into the query's own text.
    let offset = query.text.find(&text).unwrap_or(0);
    let padded = format!("{}{text}", " ".repeat(offset));
    match parse_query(&padded, variables.map(|_| known)) {
        Ok((expr, substituted)) => Ok(Understood::Expr {
            expr,
            demand,
            all: known.ad_hoc || substituted.any_label,
            text: substituted.text,
            variables: substituted.spans,
        }),
        Err((error, names)) => {
            let no_names = !text.contains(|c: char| c.is_alphabetic());
            let reason = format!("can't be parsed: {}", error.message);
            Err(hole(reason, names || no_names || text.contains("__name__")))
        }
    }
}

type Parsed = Result<(Expr, Substituted), (ParseError, bool)>;

/// Parses with variables as names first, then as numbers. The error says whether a variable stands
/// where a name could.
fn parse_query(text: &str, variables: Option<&Variables>) -> Parsed {
    let first = |errors: Vec<ParseError>| {
        let mut errors = errors.into_iter();
        errors.next().unwrap_or(ParseError { span: Span::default(), message: String::new() })
    };
    let Some(variables) = variables else {
        let plain = Substituted {
            text: text.to_owned(),
            spans: Vec::new(),
            names: false,
            any_label: false,
        };
        return parse(text).map(|expr| (expr, plain)).map_err(|errors| (first(errors), false));
    };
    // A regex with a variable in it is not the one that the server will see.
    let regexes = |regex: &str| if mentions(regex) { Ok(false) } else { matches_empty(regex) };
    let mut failure = None;
    for guess in GUESSES {
        let substituted = substitute(text, variables, guess);
        match promql::parse_with(&substituted.text, &regexes) {
            Ok(expr) => return Ok((expr, substituted)),
            Err(errors) => failure = failure.or(Some((first(errors), substituted.names))),
        }
        if substituted.spans.is_empty() {
            break;
        }
    }
    Err(failure.unwrap_or_else(|| (first(Vec::new()), true)))
}

/// What a dashboard variable asks.
enum Ask<'a> {
    Expr(&'a str, Option<LabelNeed>),
    Listed(String),
    Names(&'a str),
    Nothing,
}

/// Reads Grafana's query functions for variables: `label_values`, `query_result`, `metrics`,
/// `label_names`.
fn picker(text: &str) -> Ask<'_> {
    let text = text.trim();
    let inside = |name: &str| -> Option<&str> {
        let rest = text.strip_prefix(name)?.trim_start().strip_prefix('(')?;
        rest.trim_end().strip_suffix(')').map(str::trim)
    };
    if text.is_empty() || inside("label_names").is_some() {
        return Ask::Nothing;
    }
    if let Some(regex) = inside("metrics") {
        return Ask::Names(regex);
    }
    if let Some(expr) = inside("query_result") {
        return Ask::Expr(expr, None);
    }
    let Some(args) = inside("label_values") else { return Ask::Expr(text, None) };
    let Some((selector, label)) = last_argument(args) else { return Ask::Listed(args.to_owned()) };
    let known = !mentions(label);
    let need = if known { LabelNeed::only([label]) } else { LabelNeed::All };
    Ask::Expr(selector, Some(need))
}

/// Splits at the last comma outside braces.
fn last_argument(args: &str) -> Option<(&str, &str)> {
    let comma = args.rfind(',')?;
    let label = args[comma + 1..].trim();
    let plain = !label.is_empty() && !label.contains(['}', '"', '\'', '=', '(', ')']);
    let selector = args[..comma].trim();
    (plain && !selector.is_empty()).then_some((selector, label))
}
