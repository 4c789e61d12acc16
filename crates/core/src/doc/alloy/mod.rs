//! Grafana Alloy's own syntax in the one spanned tree: blocks and objects are mappings, lists are
//! sequences, strings, numbers, bools and `null` are scalars.
//!
//! A block with a label is a mapping with that label as its only key, so that a node's path is the
//! name by which Alloy refers to it: `prometheus.relabel.default.rule.regex`. What is computed when
//! the file is used (references, calls, operators) is a scalar with its source for text, and
//! [`Node::is_unknown`](super::Node::is_unknown) says so.
//!
//! Grammar and messages follow Alloy 1.18 (syntax/scanner and syntax/parser).

mod edit;
mod lexer;
mod parser;
#[cfg(test)]
mod properties;
mod strings;

pub(super) use edit::{append_text, delete_key, delete_statement, insert_block_after};
pub(super) use strings::{offset, quote_as};

use super::tree::Document;
use super::{MAX_SIZE, too_large};
use crate::finding::{Evidence, Finding, RuleId, Severity};
use crate::text::{FileId, Location, SourceText, Span};
use lexer::{Kind, Lexer};

/// A file that is not in Alloy's syntax.
pub const INVALID_ALLOY: RuleId = RuleId { code: "SC000", name: "invalid-alloy" };

/// Reads `source` as a configuration of Alloy: all that can be read, and what is wrong with the
/// rest, at most one finding a line.
pub fn parse_alloy(source: &SourceText, file: FileId) -> (Document, Vec<Finding>) {
    let text = source.text();
    if text.len() > MAX_SIZE {
        let document = Document { file, ..Document::default() };
        return (document, vec![too_large(file, text.len() as u64)]);
    }
    let (document, mut mistakes) = parser::parse(text, file);
    mistakes.sort_by_key(|mistake| mistake.span);
    mistakes.dedup_by_key(|mistake| source.lines().line_of(mistake.span.start));
    let findings = mistakes.into_iter().map(|mistake| finding(file, mistake)).collect();
    (document, findings)
}

/// A place that cannot be read, with the server's words.
#[derive(Debug)]
struct Mistake {
    span: Span,
    message: String,
    remedy: Option<&'static str>,
}

fn finding(file: FileId, mistake: Mistake) -> Finding {
    let location = Location { file, span: mistake.span };
    let message = format!("this is not Alloy's syntax: {}", mistake.message);
    let mut finding = Finding::new(INVALID_ALLOY, Severity::Error, location, message)
        .evidence(Evidence::Server(mistake.message));
    finding.remedy = mistake.remedy.map(str::to_owned);
    finding
}

/// The names that an expression refers to, with dots and in the order they stand:
/// `prometheus.relabel.default.receiver`. Names of functions are left out.
pub fn references(expression: &str) -> Vec<String> {
    let mut lexer = Lexer::new(expression);
    let mut found = Vec::new();
    let mut name = String::new();
    let mut after_dot = false;
    loop {
        let token = lexer.next();
        let text = &expression[token.span.range()];
        match token.kind {
            Kind::Ident if after_dot => name.push_str(text),
            Kind::Dot if !name.is_empty() => name.push('.'),
            Kind::LParen => name.clear(),
            kind => {
                found.extend(Some(std::mem::take(&mut name)).filter(|name| !name.is_empty()));
                if kind == Kind::Ident {
                    text.clone_into(&mut name);
                }
            }
        }
        after_dot = token.kind == Kind::Dot;
        if token.kind == Kind::End {
            return found;
        }
    }
}

/// Whether the first thing that a text says is the start of one of Alloy's blocks.
pub fn starts_like_alloy(text: &str) -> bool {
    let mut lexer = Lexer::new(text);
    let mut token = lexer.next();
    while token.kind == Kind::Ident {
        token = lexer.next();
        if token.kind == Kind::Dot {
            token = lexer.next();
            continue;
        }
        if token.kind == Kind::Text {
            token = lexer.next();
        }
        return token.kind == Kind::LCurly;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_in_calls_lists_and_operators() {
        let check = |text: &str, expected: &[&str]| assert_eq!(references(text), expected);
        check("prometheus.relabel.x.receiver", &["prometheus.relabel.x.receiver"]);
        check("array.concat(a.b, [c.d[0].e])", &["a.b", "c.d", "e"]);
        check("sys.env(\"HOME\") + x", &["x"]);
        check("{ a = b.c }", &["a", "b.c"]);
        check("\"a.b\"", &[]);
    }

    #[test]
    fn the_first_statement_tells() {
        assert!(starts_like_alloy("// c\n/* d */\nprometheus.scrape \"x\" {\n"));
        assert!(starts_like_alloy("logging {\n"));
        assert!(!starts_like_alloy("a: b\n"));
        assert!(!starts_like_alloy("resource \"a\" \"b\" {\n"));
        assert!(!starts_like_alloy("{}"));
    }
}
