//! `[…]`. Go has no nested classes and no set operations: `[`, `&&`, `--` and `~~` are characters.

use regex_syntax::hir::ClassUnicode;

use super::{Code, Failure, Flags, Parser, classes};

impl Parser<'_> {
    /// Reads a bracketed class.
    pub(super) fn bracket(&mut self) -> Result<(), Failure> {
        let start = self.at;
        self.at += 1;
        let negated = self.peek() == Some(b'^');
        self.at += usize::from(negated);
        let mut class = ClassUnicode::empty();
        let mut first = true;
        while first || self.peek() != Some(b']') {
            first = false;
            let part = self.bracket_part(start)?;
            class.union(&part);
        }
        self.at += 1;
        if negated {
            class.negate();
        }
        self.class(class)
    }

    /// One item of the class that started at `start`.
    fn bracket_part(&mut self, start: usize) -> Result<ClassUnicode, Failure> {
        if let Some(named) = self.posix()? {
            return Ok(named);
        }
        if let Some(class) = self.class_escape()? {
            return Ok(class);
        }
        let item = self.at;
        let low = self.bracket_char(start)?;
        let mut high = low;
        let rest = self.rest().as_bytes();
        if rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']' {
            self.at += 1;
            high = self.bracket_char(start)?;
            if high < low {
                return Err(self.failed(Code::InvalidCharRange, item));
            }
        }
        let mut class = classes::of(&[(low, high)]);
        if self.flags.has(Flags::FOLD) {
            class.case_fold_simple();
        }
        Ok(class)
    }

    /// `[:alpha:]`, `[:^alpha:]`; `None` when there is no `:]`, so that `[` is a character.
    fn posix(&mut self) -> Result<Option<ClassUnicode>, Failure> {
        let at = self.at;
        let Some(rest) = self.rest().strip_prefix("[:") else { return Ok(None) };
        let Some(end) = rest.find(":]") else { return Ok(None) };
        self.at += 2 + end + 2;
        let (name, negated) = match rest[..end].strip_prefix('^') {
            Some(name) => (name, true),
            None => (&rest[..end], false),
        };
        match classes::posix(name) {
            Some(ranges) => Ok(Some(self.grouped(classes::of(ranges), negated))),
            None => Err(self.failed(Code::InvalidCharRange, at)),
        }
    }

    fn bracket_char(&mut self, start: usize) -> Result<u32, Failure> {
        if self.peek() == Some(b'\\') {
            return self.char_escape();
        }
        match self.next() {
            Some(c) => Ok(c as u32),
            None => Err(self.failed(Code::MissingBracket, start)),
        }
    }
}
