//! Names and labels of a line.

use super::line::{Line, Parts, Stop, wrong};
use crate::series::SampleLabel;

const NAME_START: u8 = 1;
const NAME: u8 = 2;
const COLON: u8 = 4;

/// Which bytes make names: letters and `_`, then digits too; `:` in metric names only.
static CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_alphabetic() || byte == b'_' {
            table[at] = NAME_START | NAME;
        } else if byte.is_ascii_digit() {
            table[at] = NAME;
        } else if byte == b':' {
            table[at] = COLON;
        }
        at += 1;
    }
    table
};

impl Line<'_> {
    /// The plain name of a metric.
    pub(super) fn metric_name(&mut self) -> Result<std::ops::Range<usize>, Stop> {
        let start = self.at;
        self.at += name_length(&self.bytes[start..]);
        if self.at == start {
            return wrong(start, "expected a metric name");
        }
        Ok(start..self.at)
    }

    /// Labels after `{`, up to and with `}`. A quoted word alone is the metric's name. As in
    /// Prometheus, a comma between labels may be missing and one may stand at the end.
    pub(super) fn labels(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        loop {
            self.format_blanks();
            match self.peek() {
                None => return Err(Stop::Incomplete),
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'"') => self.quoted_name(parts)?,
                Some(byte) if CLASS[byte as usize] & NAME_START != 0 => self.plain_label(parts)?,
                Some(_) => return wrong(self.at, "expected a label name or `}`"),
            }
            self.comma()?;
        }
    }

    /// What may part a label from the next or from `}`.
    pub(super) fn comma(&mut self) -> Result<(), Stop> {
        self.format_blanks();
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(byte) if self.open_metrics && byte != b'}' => {
                return wrong(self.at, "expected `,` or `}` after the label");
            }
            _ => {}
        }
        Ok(())
    }

    fn plain_label(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        if self.repeated_label(parts) {
            return Ok(());
        }
        let start = self.at;
        let repeated = parts.label_before().filter(|label| !label.name_unescaped);
        let end = repeated
            .map(|label| (start + label.name.len(), label))
            .filter(|(end, label)| {
                self.bytes.get(*end) == Some(&b'=')
                    && self.bytes[start..*end] == self.before[label.name.clone()]
            })
            .map(|(end, _)| end);
        self.at = end.unwrap_or_else(|| {
            let rest = &self.bytes[start..];
            let length = rest.iter().position(|&byte| CLASS[byte as usize] & NAME == 0);
            start + length.unwrap_or(rest.len())
        });
        let name = start..self.at;
        self.value(parts, name, false)
    }

    /// Takes over the label at the same position of the line before, if the same bytes stand here:
    /// one comparison instead of a search, and the sink need not look at it. Most labels do repeat.
    fn repeated_label(&mut self, parts: &mut Parts) -> bool {
        let Some(label) = parts.label_before() else { return false };
        // Of a quoted name only the inside is known, which is no plain name before `=`.
        let plain =
            !label.name_unescaped && !label.value_unescaped && self.before[label.name.end] != b'"';
        // With the quote that closes the value.
        let written = label.name.start..label.value.end + 1;
        let here = self.at..self.at + written.len();
        if !plain || self.bytes.get(here.clone()) != Some(&self.before[written.clone()]) {
            return false;
        }
        let at = |there: usize| self.at + (there - written.start);
        parts.labels.push(SampleLabel {
            name: at(label.name.start)..at(label.name.end),
            value: at(label.value.start)..at(label.value.end),
            repeated: true,
            ..SampleLabel::default()
        });
        self.at = here.end;
        true
    }

    fn quoted_name(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        let at = self.at;
        let (name, unescaped) = self.quoted(&mut parts.scratch)?;
        self.format_blanks();
        if self.peek() == Some(b'=') {
            return self.value(parts, name, unescaped);
        }
        match self.peek() {
            None => return Err(Stop::Incomplete),
            Some(b',' | b'}') => {}
            Some(_) => return wrong(self.at, "expected `=`, `,` or `}` after the quoted name"),
        }
        if !parts.metric.is_empty() {
            return wrong(at, "a second metric name");
        }
        parts.metric = name;
        parts.metric_unescaped = unescaped;
        Ok(())
    }

    /// `="value"` after a label's name.
    fn value(
        &mut self,
        parts: &mut Parts,
        name: std::ops::Range<usize>,
        name_unescaped: bool,
    ) -> Result<(), Stop> {
        self.format_blanks();
        match self.peek() {
            Some(b'=') => self.at += 1,
            None => return Err(Stop::Incomplete),
            Some(_) => return wrong(self.at, "expected `=` after the label name"),
        }
        self.format_blanks();
        match self.peek() {
            Some(b'"') => {}
            None => return Err(Stop::Incomplete),
            Some(_) => return wrong(self.at, "expected a quoted label value"),
        }
        let at = self.at;
        let (value, value_unescaped) = self.quoted(&mut parts.scratch)?;
        if self.open_metrics && memchr::memchr(b'\n', &self.bytes[at..self.at]).is_some() {
            return wrong(at, "expected a label value in one line");
        }
        parts.new_names |= !self.is_name_before(parts, &name, name_unescaped);
        let repeated = false;
        parts.labels.push(SampleLabel { name, value, name_unescaped, value_unescaped, repeated });
        Ok(())
    }

    /// Whether the label at the same position of the line before has this name.
    fn is_name_before(
        &self,
        parts: &Parts,
        name: &std::ops::Range<usize>,
        unescaped: bool,
    ) -> bool {
        let before = parts.label_before().filter(|label| !label.name_unescaped);
        let is_it = |b: &SampleLabel| self.before[b.name.clone()] == self.bytes[name.clone()];
        !unescaped && before.is_some_and(is_it)
    }

    /// A quoted string: its bytes in the text, or, with escapes, in the scratch text.
    fn quoted(&mut self, scratch: &mut String) -> Result<(std::ops::Range<usize>, bool), Stop> {
        let start = self.at + 1;
        match memchr::memchr2(b'"', b'\\', &self.bytes[start..]) {
            None => Err(Stop::Incomplete),
            Some(length) if self.bytes[start + length] == b'"' => {
                self.at = start + length + 1;
                Ok((start..start + length, false))
            }
            Some(_) => self.unescape(start, scratch).map(|range| (range, true)),
        }
    }

    /// Copies a string with escapes. Only `\"`, `\\` and `\n` mean something; any other backslash
    /// stays (textparse's lvalReplacer).
    fn unescape(
        &mut self,
        start: usize,
        scratch: &mut String,
    ) -> Result<std::ops::Range<usize>, Stop> {
        let from = scratch.len();
        let mut at = start;
        loop {
            let Some(length) = memchr::memchr2(b'"', b'\\', &self.bytes[at..]) else {
                return Err(Stop::Incomplete);
            };
            scratch.push_str(&self.text[at..at + length]);
            at += length + 1;
            if self.bytes[at - 1] == b'"' {
                self.at = at;
                return Ok(from..scratch.len());
            }
            match self.bytes.get(at) {
                None => return Err(Stop::Incomplete),
                Some(b'"') => scratch.push('"'),
                Some(b'\\') => scratch.push('\\'),
                Some(b'n') => scratch.push('\n'),
                Some(_) => {
                    scratch.push('\\');
                    continue;
                }
            }
            at += 1;
        }
    }
}

/// Length of the plain metric name that `bytes` begin with; 0 where there is none.
pub(super) fn name_length(bytes: &[u8]) -> usize {
    let is = |classes: u8| move |byte: &&u8| CLASS[**byte as usize] & classes != 0;
    if bytes.first().filter(is(NAME_START | COLON)).is_none() {
        return 0;
    }
    bytes.iter().take_while(is(NAME | COLON)).count()
}
