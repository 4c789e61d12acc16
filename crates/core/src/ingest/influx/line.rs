//! One line of the line protocol: `measurement,tag=value field=value time`.

use std::ops::Range;

use super::point::Point;

/// Why a line could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ends inside the line.
    Incomplete,
    /// It is wrong at this byte.
    Wrong(usize, &'static str),
}

/// Reads along a text; every method moves past what it has read.
pub(super) struct Line<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Line<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0 }
    }

    /// Reads a point, or an empty line or comment, which leaves `point` without fields; gives the
    /// line's length with its end.
    pub(super) fn read(&mut self, point: &mut Point) -> Result<usize, Stop> {
        point.clear();
        self.blanks();
        match self.peek()? {
            b'#' => {
                let end = memchr::memchr(b'\n', &self.bytes[self.at..]).ok_or(Stop::Incomplete)?;
                return Ok(self.at + end + 1);
            }
            b'\n' | b'\r' => return self.end(),
            _ => {}
        }
        point.measurement = self.word(b", ", &mut point.text)?;
        if point.measurement.is_empty() {
            return self.wrong("expected a measurement");
        }
        while self.peek()? == b',' {
            self.at += 1;
            self.tag(point)?;
        }
        self.expect(b' ', "expected a blank and a field")?;
        self.blanks();
        loop {
            self.field(point)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => break,
            }
        }
        self.blanks();
        let digits = &self.bytes[self.at..];
        let sign = usize::from(digits.first() == Some(&b'-'));
        let count = digits[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count > 0 {
            self.at += sign + count;
        }
        self.end()
    }

    fn tag(&mut self, point: &mut Point) -> Result<(), Stop> {
        let at = self.at;
        let name = self.word(b"=, ", &mut point.text)?;
        self.expect(b'=', "expected `=` after the tag's name")?;
        let value = self.word(b", ", &mut point.text)?;
        if name.is_empty() || value.is_empty() {
            return Err(Stop::Wrong(at, "a tag has no name or no value"));
        }
        point.label(name, value).map_err(|what| Stop::Wrong(at, what))
    }

    fn field(&mut self, point: &mut Point) -> Result<(), Stop> {
        let at = self.at;
        let name = self.word(b"=, ", &mut point.text)?;
        self.expect(b'=', "expected `=` after the field's name")?;
        if name.is_empty() {
            return Err(Stop::Wrong(at, "a field has no name"));
        }
        if self.peek()? == b'"' {
            let value = self.quoted(&mut point.text)?;
            return point.label(name, value).map_err(|what| Stop::Wrong(at, what));
        }
        let at = self.at;
        let ends = |byte: &u8| matches!(byte, b',' | b' ' | b'\n' | b'\r');
        let length = self.bytes[at..].iter().position(ends).ok_or(Stop::Incomplete)?;
        self.at += length;
        match value(&self.text[at..self.at]) {
            Some(Value::Number(value)) => point.fields.push((name, value)),
            Some(Value::Truth) => {}
            None => return Err(Stop::Wrong(at, "expected a number, a truth value or a text")),
        }
        Ok(())
    }

    /// Copies up to one of `ends` that no backslash stands before; before what needs none, a
    /// backslash is one.
    fn word(&mut self, ends: &[u8], into: &mut String) -> Result<Range<usize>, Stop> {
        let from = into.len();
        let mut start = self.at;
        loop {
            match self.peek()? {
                b'\n' | b'\r' => break,
                byte if ends.contains(&byte) => break,
                b'\\' => {
                    self.at += 1;
                    if matches!(self.peek()?, b',' | b' ' | b'=') {
                        into.push_str(&self.text[start..self.at - 1]);
                        start = self.at;
                        self.at += 1;
                    }
                }
                _ => self.at += 1,
            }
        }
        into.push_str(&self.text[start..self.at]);
        Ok(from..into.len())
    }

    /// Copies a text in quotes, which may go over several lines.
    fn quoted(&mut self, into: &mut String) -> Result<Range<usize>, Stop> {
        let from = into.len();
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let length = memchr::memchr2(b'"', b'\\', rest).ok_or(Stop::Incomplete)?;
            into.push_str(&self.text[self.at..self.at + length]);
            self.at += length + 1;
            if rest[length] == b'"' {
                return Ok(from..into.len());
            }
            match self.peek()? {
                escaped @ (b'"' | b'\\') => {
                    into.push(char::from(escaped));
                    self.at += 1;
                }
                _ => into.push('\\'),
            }
        }
    }

    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<usize, Stop> {
        self.blanks();
        if self.peek()? == b'\r' {
            self.at += 1;
        }
        self.expect(b'\n', "expected the line's end")?;
        Ok(self.at)
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Stop> {
        if self.peek()? != byte {
            return self.wrong(what);
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Result<u8, Stop> {
        self.bytes.get(self.at).copied().ok_or(Stop::Incomplete)
    }

    fn wrong<T>(&self, what: &'static str) -> Result<T, Stop> {
        Err(Stop::Wrong(self.at, what))
    }
}

/// A field's value that is no text.
enum Value {
    Number(f64),
    /// Not shown.
    Truth,
}

fn value(text: &str) -> Option<Value> {
    if matches!(
        text,
        "t" | "T" | "true" | "True" | "TRUE" | "f" | "F" | "false" | "False" | "FALSE"
    ) {
        return Some(Value::Truth);
    }
    if let Some(integer) = text.strip_suffix('i') {
        return integer.parse::<i64>().ok().map(|number| Value::Number(number as f64));
    }
    if let Some(integer) = text.strip_suffix('u') {
        return integer.parse::<u64>().ok().map(|number| Value::Number(number as f64));
    }
    // Neither infinities nor NaN.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite()).map(Value::Number)
}
