//! What starts with a backslash: characters, classes, assertions, quoted text.

use regex_syntax::hir::Look;

use super::{Code, Failure, Flags, Parser, classes, properties};
use regex_syntax::hir::ClassUnicode;

/// The largest code point.
const MAX_CODE: u32 = char::MAX as u32;

impl Parser<'_> {
    /// Reads an escape outside of brackets.
    pub(super) fn backslash(&mut self) -> Result<(), Failure> {
        let at = self.at;
        let look = match self.text.as_bytes().get(at + 1) {
            Some(b'A') => Look::Start,
            Some(b'z') => Look::End,
            Some(b'b') => Look::WordAscii,
            Some(b'B') => Look::WordAsciiNegate,
            Some(b'C') => return Err(Failure::new(Code::InvalidEscape, at..at + 2)),
            Some(b'Q') => return self.quoted(),
            _ => {
                if let Some(class) = self.class_escape()? {
                    return self.class(class);
                }
                let code = self.char_escape()?;
                return self.literal(code);
            }
        };
        self.at += 2;
        self.look(look)
    }

    /// `\Q…\E`: everything literal, up to the end of the pattern if there is no `\E`.
    fn quoted(&mut self) -> Result<(), Failure> {
        self.at += 2;
        let rest = self.rest();
        let (quoted, skip) = match rest.find(r"\E") {
            Some(end) => (&rest[..end], end + 2),
            None => (rest, rest.len()),
        };
        for c in quoted.chars() {
            self.literal(c as u32)?;
        }
        self.at += skip;
        Ok(())
    }

    /// Reads `\d`, `\pL`, `\P{Greek}` and the like; leaves anything else.
    pub(super) fn class_escape(&mut self) -> Result<Option<ClassUnicode>, Failure> {
        let bytes = self.rest().as_bytes();
        let (Some(b'\\'), Some(&letter)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
        if letter.eq_ignore_ascii_case(&b'p') {
            return self.property(letter == b'P').map(Some);
        }
        let Some(ranges) = classes::perl(letter.to_ascii_lowercase()) else { return Ok(None) };
        self.at += 2;
        Ok(Some(self.grouped(classes::of(ranges), letter.is_ascii_uppercase())))
    }

    /// A named class under the flags in force: folded first, negated then.
    pub(super) fn grouped(&self, mut class: ClassUnicode, negated: bool) -> ClassUnicode {
        if self.flags.has(Flags::FOLD) {
            class.case_fold_simple();
        }
        if negated {
            class.negate();
        }
        class
    }

    /// `\pL`, `\p{Name}`, `\p{^Name}`.
    fn property(&mut self, capital: bool) -> Result<ClassUnicode, Failure> {
        let at = self.at;
        self.at += 2;
        let name = if self.peek() == Some(b'{') {
            let Some(end) = self.rest().find('}') else {
                self.at = self.text.len();
                return Err(self.failed(Code::InvalidCharRange, at));
            };
            let name = &self.rest()[1..end];
            self.at += end + 1;
            name
        } else {
            let start = self.at;
            self.next();
            &self.text[start..self.at]
        };
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !capital),
            None => (name, capital),
        };
        match properties::lookup(name, self.dialect) {
            Some(class) => Ok(self.grouped(class, negated)),
            None => Err(self.failed(Code::InvalidCharRange, at)),
        }
    }

    /// Reads an escape that stands for one code point (which may be a surrogate).
    pub(super) fn char_escape(&mut self) -> Result<u32, Failure> {
        let at = self.at;
        self.at += 1;
        let Some(c) = self.next() else {
            let end = self.text.len();
            return Err(Failure { at: at..end, ..Failure::new(Code::TrailingBackslash, end..end) });
        };
        let code = match c {
            '1'..='7' if !self.at_octal() => None,
            '0'..='7' => Some(self.octal(c)),
            'x' => self.hex(),
            'a' => Some(0x07),
            'f' => Some(0x0C),
            'n' => Some(0x0A),
            'r' => Some(0x0D),
            't' => Some(0x09),
            'v' => Some(0x0B),
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c as u32),
            _ => None,
        };
        code.ok_or_else(|| self.failed(Code::InvalidEscape, at))
    }

    fn at_octal(&self) -> bool {
        matches!(self.peek(), Some(b'0'..=b'7'))
    }

    /// Up to two more octal digits after the first.
    fn octal(&mut self, first: char) -> u32 {
        let mut code = first as u32 - '0' as u32;
        for _ in 0..2 {
            let Some(digit @ b'0'..=b'7') = self.peek() else { break };
            code = code * 8 + u32::from(digit - b'0');
            self.at += 1;
        }
        code
    }

    /// `41` or `{41}` after `\x`. On failure it has read as far as Go has, for the message.
    fn hex(&mut self) -> Option<u32> {
        let first = self.next()?;
        if first != '{' {
            let second = self.next();
            return Some(first.to_digit(16)? * 16 + second?.to_digit(16)?);
        }
        let mut code = None;
        loop {
            match self.next()? {
                '}' => return code,
                c => {
                    let value = code.unwrap_or(0) * 16 + c.to_digit(16)?;
                    code = Some(value).filter(|value| *value <= MAX_CODE);
                    code?;
                }
            }
        }
    }
}
