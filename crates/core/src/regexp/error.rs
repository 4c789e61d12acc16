//! Why a pattern is refused: Go's own message, and where and how to repair it.

use std::fmt;
use std::ops::Range;

use super::dialect::Anchoring;

/// A pattern that the server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The server's words, ``error parsing regexp: <code>: `<fragment>` ``. The fragment is a part
    /// of the *wrapped* pattern, as in the server's log.
    pub message: String,
    /// Bytes of the user's own pattern to point at; `None` when the fault is in none of them.
    pub at: Option<Range<usize>>,
    /// What to do instead, when the pattern asks for something that RE2 leaves out on purpose.
    pub remedy: Option<&'static str>,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// The kinds of refusal, each with the words of Go's `regexp/syntax` package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    InvalidCharRange,
    InvalidEscape,
    InvalidNamedCapture,
    InvalidPerlOp,
    InvalidRepeatOp,
    InvalidRepeatSize,
    Large,
    MissingBracket,
    MissingParen,
    MissingRepeatArgument,
    NestingDepth,
    TrailingBackslash,
    UnexpectedParen,
}

impl Code {
    const fn words(self) -> &'static str {
        match self {
            Self::InvalidCharRange => "invalid character class range",
            Self::InvalidEscape => "invalid escape sequence",
            Self::InvalidNamedCapture => "invalid named capture",
            Self::InvalidPerlOp => "invalid or unsupported Perl syntax",
            Self::InvalidRepeatOp => "invalid nested repetition operator",
            Self::InvalidRepeatSize => "invalid repeat count",
            Self::Large => "expression too large",
            Self::MissingBracket => "missing closing ]",
            Self::MissingParen => "missing closing )",
            Self::MissingRepeatArgument => "missing argument to repetition operator",
            Self::NestingDepth => "expression nests too deeply",
            Self::TrailingBackslash => "trailing backslash at end of expression",
            Self::UnexpectedParen => "unexpected )",
        }
    }
}

/// A refusal in terms of the wrapped pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: Code,
    /// What the message quotes.
    pub(super) fragment: Range<usize>,
    /// What to point at; differs where Go quotes the whole pattern.
    pub(super) at: Range<usize>,
}

impl Failure {
    pub(super) fn new(code: Code, fragment: Range<usize>) -> Self {
        Self { code, at: fragment.clone(), fragment }
    }

    /// The refusal in terms of the user's pattern, which `wrapped` holds after the prefix.
    pub(super) fn explain(self, wrapped: &str, anchoring: Anchoring) -> SyntaxError {
        let start = anchoring.prefix().len();
        let end = wrapped.len() - anchoring.suffix().len();
        let at = self.at.start.clamp(start, end) - start..self.at.end.clamp(start, end) - start;
        SyntaxError {
            message: format!(
                "error parsing regexp: {}: `{}`",
                self.code.words(),
                &wrapped[self.fragment.clone()]
            ),
            at: (!at.is_empty()).then_some(at),
            remedy: remedy(self.code, &wrapped[self.fragment.start..]),
        }
    }
}

/// What replaces the constructs that people bring along from Perl-like engines.
fn remedy(code: Code, from: &str) -> Option<&'static str> {
    const AHEAD: &str = "RE2 has no lookahead: use two steps, a drop on what must not match \
                         and a keep on what must";
    const BEHIND: &str = "RE2 has no lookbehind: use two steps, a drop on what must not match \
                          and a keep on what must";
    const BACK: &str =
        "RE2 has no backreferences: use keepequal or dropequal to compare two labels";
    match code {
        Code::InvalidPerlOp | Code::InvalidNamedCapture => {
            let has = |starts: &[&str]| starts.iter().any(|start| from.starts_with(start));
            if has(&["(?=", "(?!"]) {
                Some(AHEAD)
            } else if has(&["(?<=", "(?<!"]) {
                Some(BEHIND)
            } else if has(&["(?P=", "(?&", "(?R", "(?P>"]) {
                Some(BACK)
            } else if has(&["(?>"]) {
                Some("RE2 never backtracks, so an atomic group is a plain group: write (?:…)")
            } else if has(&["(?x", "(?#"]) {
                Some("RE2 has no comments or extended layout: leave them out")
            } else {
                None
            }
        }
        Code::InvalidEscape => match from.as_bytes().get(1) {
            Some(b'1'..=b'9' | b'k') => Some(BACK),
            Some(b'Z') => Some("write nothing: the pattern is anchored at both ends already"),
            _ => None,
        },
        Code::InvalidRepeatOp => {
            Some("RE2 has no possessive or stacked repetition: leave the second operator out")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::regexp::{Dialect, Pattern};
    use crate::server::Server;

    #[track_caller]
    fn check(text: &str, at: Option<&str>, has_remedy: bool) {
        let error = Pattern::parse(text, Dialect::of(Server::default())).unwrap_err();
        assert_eq!(error.at.clone().map(|at| &text[at]), at, "{error}");
        assert_eq!(error.remedy.is_some(), has_remedy, "{error}");
    }

    #[test]
    fn errors_point_into_the_users_pattern() {
        check("a(b", Some("("), false);
        check("a)b)c", Some(")"), false);
        check("a**", Some("**"), true);
        check("x[a", Some("[a"), false);
        check("(?!go_).*", Some("(?!"), true);
        check("(?<=a)b", Some("(?<=a)b"), true);
        check(r"(a)\1", Some(r"\1"), true);
        check("a{1001}", Some("{1001}"), false);
        check(r"foo\", Some(r"\"), false);
    }
}
