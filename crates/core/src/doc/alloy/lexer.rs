//! Characters to tokens. A line feed ends a statement where the token before it can end one.

use super::Mistake;
use crate::doc::tree::Comment;
use crate::text::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ident,
    Number,
    /// In double quotes or backticks.
    Text,
    Bool,
    Null,
    Assign,
    /// An operator between two values, with its precedence.
    Binary(u8),
    /// `-`, which stands before a value too.
    Minus,
    Not,
    LCurly,
    RCurly,
    LParen,
    RParen,
    LBrack,
    RBrack,
    Comma,
    Dot,
    /// The end of a statement.
    Terminator,
    End,
    Illegal,
}

impl Kind {
    /// Whether a line feed after it ends the statement.
    fn can_end(self) -> bool {
        matches!(
            self,
            Self::Ident
                | Self::Number
                | Self::Text
                | Self::Bool
                | Self::Null
                | Self::RCurly
                | Self::RParen
                | Self::RBrack
                | Self::Illegal
        )
    }

    /// As Alloy names it in its messages; operators are `text`.
    pub(super) fn shown(self, text: &str) -> &str {
        match self {
            Self::Ident => "IDENT",
            Self::Number if text.contains(['.', 'e', 'E']) => "FLOAT",
            Self::Number => "NUMBER",
            Self::Text => "STRING",
            Self::Bool => "BOOL",
            Self::Null => "NULL",
            Self::Terminator => "TERMINATOR",
            Self::End => "EOF",
            Self::Illegal => "ILLEGAL",
            _ => text,
        }
    }
}

/// A token and its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// Reads tokens one by one.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Whether the last token can end a statement.
    can_end: bool,
    pub(super) comments: Vec<Comment>,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, at, can_end: false, comments: Vec::new(), mistakes: Vec::new() }
    }

    /// Reads nothing any more.
    pub(super) fn stop(&mut self) {
        self.at = self.text.len();
        self.can_end = false;
    }

    /// The next token; [`Kind::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Token {
        if let Some(at) = self.skip().filter(|_| self.can_end) {
            self.can_end = false;
            return Token { kind: Kind::Terminator, span: Span::new(at, at) };
        }
        let start = self.at;
        let kind = self.kind();
        self.can_end = kind.can_end();
        Token { kind, span: Span::new(start, self.at) }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Skips white space and comments; where the line ended first, if it did.
    fn skip(&mut self) -> Option<usize> {
        let mut end = None;
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
            self.at += blank;
            let rest = self.rest();
            if rest.is_empty() || rest.starts_with('\n') {
                end = end.or(Some(self.at));
                if rest.is_empty() {
                    return end;
                }
                self.at += 1;
            } else if rest.starts_with("//") {
                end = end.or(Some(self.at));
                let len = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
                self.comment(rest[..len].trim_end_matches('\r').len());
            } else if let Some(inner) = rest.strip_prefix("/*") {
                let len = inner.find("*/").map(|at| at + 4);
                if len.is_none() {
                    self.mistake(self.at, self.at + 2, "block comment not terminated");
                }
                let len = len.unwrap_or(rest.len());
                if rest[..len].contains('\n') {
                    end = end.or(Some(self.at));
                }
                self.comment(len);
            } else {
                return end;
            }
        }
    }

    fn comment(&mut self, len: usize) {
        let line = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let own_line = self.text[line..self.at].trim().is_empty();
        let span = Span::new(self.at, self.at + len);
        self.comments.push(Comment { span, own_line });
        self.at += len;
    }

    fn mistake(&mut self, start: usize, end: usize, message: impl Into<String>) {
        let span = Span::new(start, end);
        self.mistakes.push(Mistake { span, message: message.into(), remedy: None });
    }

    /// Reads the token that starts here.
    fn kind(&mut self) -> Kind {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Kind::End };
        let second = rest.as_bytes().get(1).copied().unwrap_or_default();
        if first == '_' || first.is_alphabetic() {
            return self.word(rest);
        }
        if first.is_ascii_digit() || first == '.' && second.is_ascii_digit() {
            return self.number(rest);
        }
        let (len, kind) = match (first, second) {
            ('"' | '`', _) => return self.string(rest, first),
            ('|', b'|') => (2, Kind::Binary(1)),
            ('&', b'&') => (2, Kind::Binary(2)),
            ('=' | '!' | '<' | '>', b'=') => (2, Kind::Binary(3)),
            ('<' | '>', _) => (1, Kind::Binary(3)),
            ('+', _) => (1, Kind::Binary(4)),
            ('-', _) => (1, Kind::Minus),
            ('*' | '/' | '%', _) => (1, Kind::Binary(5)),
            ('^', _) => (1, Kind::Binary(6)),
            ('=', _) => (1, Kind::Assign),
            ('!', _) => (1, Kind::Not),
            ('{', _) => (1, Kind::LCurly),
            ('}', _) => (1, Kind::RCurly),
            ('(', _) => (1, Kind::LParen),
            (')', _) => (1, Kind::RParen),
            ('[', _) => (1, Kind::LBrack),
            (']', _) => (1, Kind::RBrack),
            (',', _) => (1, Kind::Comma),
            ('.', _) => (1, Kind::Dot),
            _ => return self.illegal(first),
        };
        self.at += len;
        kind
    }

    fn word(&mut self, rest: &str) -> Kind {
        let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        self.at += end;
        match &rest[..end] {
            "true" | "false" => Kind::Bool,
            "null" => Kind::Null,
            _ => Kind::Ident,
        }
    }

    fn number(&mut self, rest: &str) -> Kind {
        let digits = |at: usize| {
            let rest = &rest[at..];
            at + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
        };
        let mut end = digits(0);
        if rest[end..].starts_with('.') {
            end = digits(end + 1);
        }
        if rest[end..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
            let exponent = end + 1 + sign;
            end = digits(exponent);
            if end == exponent {
                self.mistake(self.at, self.at + end, "exponent has no digits");
            }
        }
        self.at += end;
        Kind::Number
    }

    fn string(&mut self, rest: &str, quote: char) -> Kind {
        let start = self.at;
        let is_raw = quote == '`';
        let mut end = rest.len();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.at = start + at + 1;
                return if quote == '\'' { Kind::Illegal } else { Kind::Text };
            }
            if c == '\n' && !is_raw {
                end = at;
                break;
            }
            if c == '\\' && !is_raw {
                if let Err((len, message)) = super::strings::escape(&rest[at..]) {
                    let span = Span::new(start + at, start + at + len);
                    let remedy = Some("write `\\\\` for a backslash, or the text in backticks");
                    self.mistakes.push(Mistake { span, message, remedy });
                }
                // Whatever it is, it does not end the string.
                if !rest[at + 1..].starts_with('\n') {
                    chars.next();
                }
            }
        }
        self.at = start + end;
        self.mistake(start, start + 1, "string literal not terminated");
        if quote == '\'' { Kind::Illegal } else { Kind::Text }
    }

    fn illegal(&mut self, first: char) -> Kind {
        let start = self.at;
        match first {
            '\'' => {
                self.string(self.rest(), first);
                let words = "illegal single-quoted string; use double quotes";
                self.mistakes.retain(|mistake| (mistake.span.start as usize) < start);
                self.mistake(start, self.at, words);
            }
            '|' | '&' => {
                self.at += 1;
                self.mistake(start, self.at, format!("missing second {first} in {first}{first}"));
            }
            _ => {
                self.at += first.len_utf8();
                let shown = format!("illegal character U+{:04X} '{first}'", first as u32);
                self.mistake(start, self.at, shown);
            }
        }
        Kind::Illegal
    }
}
