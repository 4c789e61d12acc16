//! What the lexer hands to the parser: kinds of tokens and the keyword table of `PromQL` 3.5.

use super::ast::{AggregateOp, BinaryOp};
use crate::text::Span;

/// One token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// The end of the text.
    Eof,
    /// Where the text stopped being `PromQL`; the message stands in [`super::lexer::Lexed`].
    Error,
    /// A name without a colon.
    Identifier,
    /// A name with a colon.
    MetricIdentifier,
    Keyword(Keyword),
    Aggregator(AggregateOp),
    /// A quoted string, with its quotes.
    String,
    /// Digits in any form, `Inf` and `NaN`.
    Number,
    /// `5m`, `1h30m`.
    Duration,
    /// An operator between two expressions, symbols and words alike. `-` and `+` may be unary,
    /// and `!=` a matcher's.
    Operator(BinaryOp),
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    At,
    /// `=`, of matchers only.
    Assign,
    /// `=~`.
    MatchRegex,
    /// `!~`.
    NotRegex,
}

/// The reserved words that are neither operators nor aggregations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Offset,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Bool,
    Start,
    End,
}

const KEYWORDS: [(&str, TokenKind); 16] = [
    ("and", TokenKind::Operator(BinaryOp::And)),
    ("or", TokenKind::Operator(BinaryOp::Or)),
    ("unless", TokenKind::Operator(BinaryOp::Unless)),
    ("atan2", TokenKind::Operator(BinaryOp::Atan2)),
    ("offset", TokenKind::Keyword(Keyword::Offset)),
    ("by", TokenKind::Keyword(Keyword::By)),
    ("without", TokenKind::Keyword(Keyword::Without)),
    ("on", TokenKind::Keyword(Keyword::On)),
    ("ignoring", TokenKind::Keyword(Keyword::Ignoring)),
    ("group_left", TokenKind::Keyword(Keyword::GroupLeft)),
    ("group_right", TokenKind::Keyword(Keyword::GroupRight)),
    ("bool", TokenKind::Keyword(Keyword::Bool)),
    ("start", TokenKind::Keyword(Keyword::Start)),
    ("end", TokenKind::Keyword(Keyword::End)),
    ("inf", TokenKind::Number),
    ("nan", TokenKind::Number),
];

impl TokenKind {
    /// The kind of a bare word outside braces. Keywords are recognised in any case.
    pub(super) fn of_word(word: &str) -> Self {
        let keyword = KEYWORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        match keyword {
            Some((_, kind)) => *kind,
            None if AggregateOp::of(word).is_some() => {
                Self::Aggregator(AggregateOp::of(word).expect("just seen"))
            }
            None if word.contains(':') => Self::MetricIdentifier,
            None => Self::Identifier,
        }
    }

    /// Whether the word may stand where a metric's name is expected.
    pub(super) fn names_metric(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregator(_) => true,
            Self::Operator(op) => matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless),
            Self::Keyword(word) => matches!(
                word,
                Keyword::By | Keyword::Without | Keyword::Offset | Keyword::Start | Keyword::End
            ),
            _ => false,
        }
    }

    /// Whether the word may stand in a list of labels: every word but `without`, `inf` and `nan`.
    pub(super) fn names_label(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregator(_) => true,
            Self::Operator(op) => {
                matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless | BinaryOp::Atan2)
            }
            Self::Keyword(word) => word != Keyword::Without,
            _ => false,
        }
    }

    /// What to call it in a message.
    pub(super) fn describe(self, text: &str) -> String {
        match self {
            Self::Eof => "end of input".to_owned(),
            Self::Identifier => format!("identifier `{text}`"),
            Self::MetricIdentifier => format!("metric identifier `{text}`"),
            Self::String => format!("string {text}"),
            Self::Number => format!("number `{text}`"),
            Self::Duration => format!("duration `{text}`"),
            _ => format!("`{text}`"),
        }
    }
}
