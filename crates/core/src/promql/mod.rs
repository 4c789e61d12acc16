//! `PromQL` as Prometheus 3.5 reads it: our own tree with byte spans, type checks, and text again.
//!
//! It accepts and refuses what `promtool check rules` of 3.5 with
//! `--enable-feature=promql-experimental-functions` does, but for nesting deeper than
//! [`MAX_DEPTH`], which the server takes. Duration expressions (`foo[5m + 1m]`) are refused, as
//! there; they have a feature flag of their own.

mod ast;
mod display;
mod functions;
mod lexer;
mod literal;
mod numbers;
mod parser;
mod selector;
mod strings;
mod token;
mod types;

pub use ast::{
    Aggregate, AggregateOp, At, Binary, BinaryOp, Call, Expr, ExprKind, Group, Grouping, MatchOp,
    Matcher, Matching, Modifiers, Name, Number, RangeSelector, Selector, Subquery, Unary,
};
pub use functions::{Arity, Function};
pub use types::ValueType;

use crate::text::Span;

/// How deep expressions may nest, operators in a row included: below what walking the tree with a
/// thread's usual stack can bear.
pub const MAX_DEPTH: usize = 1000;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong: lower case, no full stop.
    pub message: String,
}

impl ParseError {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

/// Judges the regex of a matcher: whether it matches the empty value, anchored at both ends, or why
/// it is none. The server's dialect lives in a module of its own.
pub type Regexes<'a> = &'a dyn Fn(&str) -> Result<bool, String>;

/// Parses one expression. Regexes are not judged, except that a selector is refused when Rust's
/// engine says that each of its matchers accepts the empty value.
///
/// # Errors
/// All that is wrong, the first first; never empty.
pub fn parse(text: &str) -> Result<Expr, Vec<ParseError>> {
    parse_with(text, &matches_empty)
}

/// Parses one expression and judges the regexes of its matchers by `regexes`.
///
/// # Errors
/// All that is wrong, the first first; never empty.
pub fn parse_with(text: &str, regexes: Regexes<'_>) -> Result<Expr, Vec<ParseError>> {
    let (expr, mut errors) = parser::parse(text);
    // As in the server, types are checked only where the syntax is right.
    if let (Some(expr), true) = (&expr, errors.is_empty()) {
        types::check(expr, regexes, &mut errors);
        types::check_empty(expr, regexes, &mut errors);
    }
    match expr {
        Some(expr) if errors.is_empty() => Ok(expr),
        _ => Err(errors),
    }
}

/// Parses one series selector without a range, an offset or `@`. Unlike in a query, each of its
/// matchers may accept the empty value, and there need be none.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse_selector(text: &str) -> Result<Selector, ParseError> {
    let whole = Span { start: 0, end: text.len() as u32 };
    let (expr, errors) = parser::parse(text);
    if let Some(error) = errors.into_iter().next() {
        return Err(error);
    }
    match expr.map(|expr| expr.kind) {
        Some(ExprKind::Selector(selector)) if selector.modifiers == Modifiers::default() => {
            Ok(*selector)
        }
        _ => Err(ParseError::new(whole, "expecting series selector")),
    }
}

/// By Rust's engine; a regex that it can't read counts as one that needs a value.
#[expect(clippy::unnecessary_wraps, reason = "one of several judges")]
fn matches_empty(regex: &str) -> Result<bool, String> {
    let anchored = format!("^(?s:{regex})$");
    Ok(regex_automata::meta::Regex::new(&anchored).is_ok_and(|regex| regex.is_match("")))
}

#[cfg(test)]
mod tests;
