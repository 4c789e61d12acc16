//! Where a number or a duration ends. The value is read later, and may still be wrong.

use super::token::TokenKind;

/// The kind and the length of the token that `rest` begins with, or the length of what is wrong.
pub(super) fn scan(rest: &[u8]) -> Result<(TokenKind, usize), usize> {
    let mut scan = Scan { rest, at: 0 };
    if scan.number() {
        return Ok((TokenKind::Number, scan.at));
    }
    if scan.rest_of_duration() {
        return Ok((TokenKind::Duration, scan.at));
    }
    Err(scan.at.min(rest.len()).max(1))
}

struct Scan<'a> {
    rest: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.get(self.at).copied()
    }

    fn accept(&mut self, valid: impl Fn(u8) -> bool) -> bool {
        let accepted = self.peek().is_some_and(valid);
        self.at += usize::from(accepted);
        accepted
    }

    fn ends_a_word(&self) -> bool {
        self.peek().is_none_or(|c| !c.is_ascii_alphanumeric() && c != b'_')
    }

    /// Digits with at most one dot and one exponent. In hexadecimal an `e` after the first digit
    /// still counts as the exponent, as in the server.
    fn number(&mut self) -> bool {
        let hex =
            self.rest.len() > 1 && self.rest[0] == b'0' && matches!(self.rest[1], b'x' | b'X');
        if hex {
            self.at = 2;
            self.accept(|c| c == b'_');
        }
        let is_digit = move |c: u8| if hex { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
        let is_exponent = |c: u8| matches!(c, b'e' | b'E');
        self.accept(|c| c == b'.');
        self.accept(is_digit);
        let (mut dot, mut exponent) = (false, false);
        while let Some(c) = self.peek() {
            if c == b'.' {
                self.at += 1;
                if dot || hex || self.accept(|c| matches!(c, b'_' | b'.')) {
                    return false;
                }
                dot = true;
            } else if is_exponent(c) {
                self.at += 1;
                if exponent {
                    return false;
                }
                exponent = true;
                self.accept(|c| matches!(c, b'+' | b'-'));
                if !self.goes_on() {
                    return false;
                }
            } else if c == b'_' {
                self.at += 1;
                if !self.goes_on() {
                    return false;
                }
            } else if is_digit(c) {
                while self.accept(is_digit) {}
            } else {
                break;
            }
        }
        self.at > 0 && self.ends_a_word()
    }

    /// After an exponent's mark or an underscore: neither the end nor another mark.
    fn goes_on(&mut self) -> bool {
        let mark = self.accept(|c| matches!(c, b'.' | b'_' | b'e' | b'E'));
        !mark && self.peek().is_some()
    }

    /// The unit after the first number, and more numbers with units.
    fn rest_of_duration(&mut self) -> bool {
        if !self.accept(|c| b"smhdwy".contains(&c)) {
            return false;
        }
        self.accept(|c| c == b's');
        while self.accept(|c| c.is_ascii_digit()) {
            while self.accept(|c| c.is_ascii_digit()) {}
            if !self.accept(|c| b"smhdw".contains(&c)) {
                return false;
            }
            self.accept(|c| c == b's');
        }
        self.ends_a_word()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_durations_end_where_the_server_ends_them() {
        use TokenKind::{Duration, Number};
        for (text, token) in [
            ("1+2", Some((Number, 1))),
            ("0x1F ", Some((Number, 4))),
            ("0xee", None),
            ("0xee ", Some((Number, 4))),
            ("1e5", Some((Number, 3))),
            ("1e", None),
            ("1e ", Some((Number, 2))),
            ("1..", None),
            ("5m]", Some((Duration, 2))),
            ("1h30m", Some((Duration, 5))),
            ("1.5m", Some((Duration, 4))),
            ("5x", None),
            ("5mm", None),
            (".5", Some((Number, 2))),
        ] {
            assert_eq!(scan(text.as_bytes()).ok(), token, "{text}");
        }
    }
}
