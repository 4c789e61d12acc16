//! Text to tokens, with the states of the server's own lexer: braces and brackets change what a
//! character means.
//!
//! Source: behaviour of `promtool` 3.5.3, oddities included: inside brackets, after the first
//! number, any letter counts as the colon of a subquery, and `0xee` is no number at the end of the
//! text. Accepting less than the server would make a query look like none.

use super::ParseError;
use super::ast::BinaryOp;
use super::token::{Token, TokenKind};
use crate::text::Span;

/// All tokens; the last is [`TokenKind::Eof`], or [`TokenKind::Error`] where it stopped.
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) error: Option<ParseError>,
}

/// Splits `text` into tokens, comments and space left out.
pub(super) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), state: State::Plain, colon: false };
    let error = loop {
        lexer.skip_space();
        if lexer.at == text.len() {
            break lexer.finish();
        }
        if let Err(error) = lexer.token() {
            break Some(error);
        }
    };
    let mut tokens = lexer.tokens;
    match &error {
        Some(error) => tokens.push(Token { kind: TokenKind::Error, span: error.span }),
        None => {
            tokens.push(Token { kind: TokenKind::Eof, span: Span::new(text.len(), text.len()) });
        }
    }
    Lexed { tokens, error }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Braces,
    /// Inside `[` before the first number: no words, no comments.
    BracketsOpen,
    /// Inside `[` after it.
    Brackets,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    state: State,
    /// Whether the colon of these brackets was seen.
    colon: bool,
}

type Step = Result<(), ParseError>;

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_space(&mut self) {
        loop {
            match self.peek_at(0) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') if self.state != State::BracketsOpen => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find(['\r', '\n']).unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    fn finish(&self) -> Option<ParseError> {
        let message = match self.state {
            State::Plain => return None,
            State::Braces => "unexpected end of input inside braces",
            State::BracketsOpen => "unexpected end of input in duration expression",
            State::Brackets => "unclosed left bracket",
        };
        Some(ParseError::new(Span::new(self.at, self.at), message))
    }

    fn emit(&mut self, kind: TokenKind, len: usize) {
        self.tokens.push(Token { kind, span: Span::new(self.at, self.at + len) });
        self.at += len;
    }

    fn unexpected(&self, place: &str) -> ParseError {
        let c = self.peek().unwrap_or_default();
        let span = Span::new(self.at, self.at + c.len_utf8());
        ParseError::new(span, format!("unexpected character {c:?}{place}"))
    }

    fn token(&mut self) -> Step {
        match self.state {
            State::Braces => self.inside_braces(),
            State::BracketsOpen => self.inside_brackets(),
            State::Plain | State::Brackets => self.plain(),
        }
    }

    fn plain(&mut self) -> Step {
        let (first, second) = (self.peek_at(0).unwrap_or_default(), self.peek_at(1));
        let (kind, len) = match (first, second) {
            (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => return self.number(),
            (b'"' | b'\'' | b'`', _) => return self.string(),
            (b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':', _) if self.state == State::Plain => {
                self.word();
                return Ok(());
            }
            (b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':', _) if !self.colon => {
                self.colon = true;
                (TokenKind::Colon, 1)
            }
            (b'{', _) => return self.open_brace(),
            (b'[', _) => return self.open_bracket(),
            (b']', _) if self.state == State::Brackets => {
                self.state = State::Plain;
                (TokenKind::RightBracket, 1)
            }
            (b'(', _) => (TokenKind::LeftParen, 1),
            (b')', _) => (TokenKind::RightParen, 1),
            (b',', _) => (TokenKind::Comma, 1),
            (b'@', _) => (TokenKind::At, 1),
            (b'=', Some(b'=')) => (TokenKind::Operator(BinaryOp::Eq), 2),
            (b'=', after) if after != Some(b'~') => (TokenKind::Assign, 1),
            _ => match operator(first, second) {
                Some((op, len)) => (TokenKind::Operator(op), len),
                None => return Err(self.unexpected("")),
            },
        };
        self.emit(kind, len);
        Ok(())
    }

    fn open_brace(&mut self) -> Step {
        // The server knows braces and brackets apart only by their own flags.
        if self.state == State::Brackets {
            return Err(self.unexpected(" inside brackets"));
        }
        self.emit(TokenKind::LeftBrace, 1);
        self.state = State::Braces;
        Ok(())
    }

    fn open_bracket(&mut self) -> Step {
        if self.state == State::Brackets {
            return Err(self.unexpected(" inside brackets"));
        }
        self.emit(TokenKind::LeftBracket, 1);
        self.state = State::BracketsOpen;
        self.colon = false;
        Ok(())
    }

    fn inside_brackets(&mut self) -> Step {
        let (first, second) = (self.peek_at(0).unwrap_or_default(), self.peek_at(1));
        let kind = match (first, second) {
            (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => {
                self.state = State::Brackets;
                return self.number();
            }
            (b']', _) => {
                self.state = State::Plain;
                TokenKind::RightBracket
            }
            (b'(', _) => TokenKind::LeftParen,
            (b')', _) => TokenKind::RightParen,
            (b'+' | b'-' | b'*' | b'/' | b'%' | b'^', _) => match operator(first, None) {
                Some((op, _)) => TokenKind::Operator(op),
                None => return Err(self.unexpected(" in duration expression")),
            },
            _ => return Err(self.unexpected(" in duration expression")),
        };
        self.emit(kind, 1);
        Ok(())
    }

    fn inside_braces(&mut self) -> Step {
        let (kind, len) = match (self.peek_at(0).unwrap_or_default(), self.peek_at(1)) {
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => {
                let len = self.run(|c| c.is_ascii_alphanumeric() || c == b'_');
                (TokenKind::Identifier, len)
            }
            (b'"' | b'\'' | b'`', _) => return self.string(),
            (b',', _) => (TokenKind::Comma, 1),
            (b'=', Some(b'~')) => (TokenKind::MatchRegex, 2),
            (b'=', _) => (TokenKind::Assign, 1),
            (b'!', Some(b'~')) => (TokenKind::NotRegex, 2),
            (b'!', Some(b'=')) => (TokenKind::Operator(BinaryOp::Ne), 2),
            (b'}', _) => {
                self.state = State::Plain;
                (TokenKind::RightBrace, 1)
            }
            _ => return Err(self.unexpected(" inside braces")),
        };
        self.emit(kind, len);
        Ok(())
    }

    /// How many bytes from here on satisfy `keep`.
    fn run(&self, keep: impl Fn(u8) -> bool) -> usize {
        self.text[self.at..].bytes().take_while(|&c| keep(c)).count()
    }

    fn word(&mut self) {
        let len = self.run(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b':');
        let kind = TokenKind::of_word(&self.text[self.at..self.at + len]);
        self.emit(kind, len);
    }

    fn string(&mut self) -> Step {
        match super::strings::scan(&self.text[self.at..]) {
            Ok(len) => {
                self.emit(TokenKind::String, len);
                Ok(())
            }
            Err((from, to, message)) => {
                Err(ParseError::new(Span::new(self.at + from, self.at + to), message))
            }
        }
    }

    fn number(&mut self) -> Step {
        match super::numbers::scan(&self.text.as_bytes()[self.at..]) {
            Ok((kind, len)) => {
                self.emit(kind, len);
                Ok(())
            }
            Err(len) => {
                let end =
                    (self.at..=self.at + len).rev().find(|&at| self.text.is_char_boundary(at));
                let end = end.unwrap_or(self.at);
                let wrong = &self.text[self.at..end];
                let message = format!("bad number or duration syntax: {wrong:?}");
                Err(ParseError::new(Span::new(self.at, end), message))
            }
        }
    }
}

/// The operator of symbols that begins with `first`, and its length.
fn operator(first: u8, second: Option<u8>) -> Option<(BinaryOp, usize)> {
    Some(match (first, second) {
        (b'+', _) => (BinaryOp::Add, 1),
        (b'-', _) => (BinaryOp::Sub, 1),
        (b'*', _) => (BinaryOp::Mul, 1),
        (b'/', _) => (BinaryOp::Div, 1),
        (b'%', _) => (BinaryOp::Mod, 1),
        (b'^', _) => (BinaryOp::Pow, 1),
        (b'!', Some(b'=')) => (BinaryOp::Ne, 2),
        (b'<', Some(b'=')) => (BinaryOp::Le, 2),
        (b'<', _) => (BinaryOp::Lt, 1),
        (b'>', Some(b'=')) => (BinaryOp::Ge, 2),
        (b'>', _) => (BinaryOp::Gt, 1),
        _ => return None,
    })
}
