//! One line of an exposition: where its parts lie. Mirrors the lexers of Prometheus's
//! model/textparse (promlex.l, openmetricslex.l at 3.5), but tells where a line is wrong.

use crate::series::SampleLabel;

use super::number;

/// What stands wrong, and at which byte of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// Why a line could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ends inside the line.
    Incomplete,
    /// The server would refuse it.
    Wrong(Wrong),
}

/// A sample's parts. Ranges point into the text, or into the scratch text where unescaped.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) metric: std::ops::Range<usize>,
    pub(super) metric_unescaped: bool,
    pub(super) labels: Vec<SampleLabel>,
    /// The labels of the line before, whose names this one's nearly always repeat.
    pub(super) before: Vec<SampleLabel>,
    pub(super) scratch: String,
    pub(super) series_bytes: usize,
    pub(super) value: f64,
    pub(super) timestamp: Option<i64>,
    pub(super) exemplar: bool,
}

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

/// Reads along a text; every method moves past what it has read.
pub(super) struct Line<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    open_metrics: bool,
}

impl<'a> Line<'a> {
    pub(super) fn new(text: &'a str, at: usize, open_metrics: bool) -> Self {
        Self { text, bytes: text.as_bytes(), at, open_metrics }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Reads a sample, up to and with its line end.
    pub(super) fn sample(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        std::mem::swap(&mut parts.labels, &mut parts.before);
        parts.labels.clear();
        parts.scratch.clear();
        parts.metric = 0..0;
        parts.metric_unescaped = false;
        let start = self.at;
        if self.peek() != Some(b'{') {
            parts.metric = self.metric_name()?;
        }
        let name_end = self.at;
        self.skip_blanks();
        parts.series_bytes = name_end - start;
        if self.peek() == Some(b'{') {
            self.at += 1;
            self.labels(parts)?;
            parts.series_bytes = self.at - start;
        }
        if parts.metric.is_empty() {
            return wrong(start, "the sample has no metric name");
        }
        self.after_series(parts)
    }

    /// Value, timestamp, exemplar, line end.
    fn after_series(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        self.skip_blanks();
        let at = self.at;
        let Some(value) = number::value(self.word()?) else {
            return wrong(at, "expected a number as the value");
        };
        parts.value = value;
        parts.timestamp = None;
        parts.exemplar = false;
        self.skip_blanks();
        if !matches!(self.peek(), Some(b'\n' | b'#') | None) {
            let at = self.at;
            parts.timestamp = number::timestamp(self.word()?, self.open_metrics);
            if parts.timestamp.is_none() {
                return wrong(at, "expected a timestamp or the line's end");
            }
            self.skip_blanks();
        }
        if self.open_metrics && self.peek() == Some(b'#') {
            self.exemplar(parts)?;
        }
        self.line_end()
    }

    /// `# {labels} value [timestamp]`; its labels belong to no series and are only checked.
    fn exemplar(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        self.at += 1;
        self.skip_blanks();
        if self.peek() != Some(b'{') {
            return wrong(self.at, "expected `{` after `#`: an exemplar");
        }
        self.at += 1;
        let mut ignored = Parts::default();
        self.labels(&mut ignored)?;
        self.skip_blanks();
        let at = self.at;
        if number::value(self.word()?).is_none() {
            return wrong(at, "expected a number as the exemplar's value");
        }
        self.skip_blanks();
        if !matches!(self.peek(), Some(b'\n') | None) {
            let at = self.at;
            if number::timestamp(self.word()?, true).is_none() {
                return wrong(at, "expected a timestamp or the line's end");
            }
        }
        self.skip_blanks();
        parts.exemplar = true;
        Ok(())
    }

    fn line_end(&mut self) -> Result<(), Stop> {
        match self.peek() {
            Some(b'\n') => {
                self.at += 1;
                Ok(())
            }
            None => Err(Stop::Incomplete),
            Some(_) => wrong(self.at, "expected the line's end"),
        }
    }

    fn metric_name(&mut self) -> Result<std::ops::Range<usize>, Stop> {
        let start = self.at;
        let first = self.peek().map_or(0, |byte| CLASS[byte as usize]);
        if first & (NAME_START | COLON) == 0 {
            return wrong(start, "expected a metric name");
        }
        while self.peek().is_some_and(|byte| CLASS[byte as usize] & (NAME | COLON) != 0) {
            self.at += 1;
        }
        Ok(start..self.at)
    }

    /// Labels after `{`, up to and with `}`. A quoted word alone is the metric's name. As in
    /// Prometheus, a comma between labels may be missing and one may stand at the end.
    fn labels(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        loop {
            self.skip_space();
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
            self.skip_space();
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
    }

    fn plain_label(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        if self.repeated_label(parts) {
            return Ok(());
        }
        let start = self.at;
        let repeated = parts.before.get(parts.labels.len()).filter(|label| !label.name_unescaped);
        let end = repeated
            .map(|label| (start + label.name.len(), label))
            .filter(|(end, label)| {
                self.bytes.get(*end) == Some(&b'=')
                    && self.bytes[start..*end] == self.bytes[label.name.clone()]
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
        let Some(label) = parts.before.get(parts.labels.len()) else { return false };
        // Of a quoted name only the inside is known, which is no plain name before `=`.
        let plain =
            !label.name_unescaped && !label.value_unescaped && self.bytes[label.name.end] != b'"';
        // With the quote that closes the value.
        let written = label.name.start..label.value.end + 1;
        let here = self.at..self.at + written.len();
        if !plain || self.bytes.get(here.clone()) != Some(&self.bytes[written.clone()]) {
            return false;
        }
        let shift = self.at - written.start;
        parts.labels.push(SampleLabel {
            name: label.name.start + shift..label.name.end + shift,
            value: label.value.start + shift..label.value.end + shift,
            repeated: true,
            ..SampleLabel::default()
        });
        self.at = here.end;
        true
    }

    fn quoted_name(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        let at = self.at;
        let (name, unescaped) = self.quoted(&mut parts.scratch)?;
        self.skip_space();
        if self.peek() == Some(b'=') {
            return self.value(parts, name, unescaped);
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
        self.skip_space();
        match self.peek() {
            Some(b'=') => self.at += 1,
            None => return Err(Stop::Incomplete),
            Some(_) => return wrong(self.at, "expected `=` after the label name"),
        }
        self.skip_space();
        match self.peek() {
            Some(b'"') => {}
            None => return Err(Stop::Incomplete),
            Some(_) => return wrong(self.at, "expected a quoted label value"),
        }
        let (value, value_unescaped) = self.quoted(&mut parts.scratch)?;
        let repeated = false;
        parts.labels.push(SampleLabel { name, value, name_unescaped, value_unescaped, repeated });
        Ok(())
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

    /// Up to the next blank or line end.
    fn word(&mut self) -> Result<&'a str, Stop> {
        let start = self.at;
        while self.peek().is_some_and(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'{')) {
            self.at += 1;
        }
        if self.at == self.bytes.len() {
            return Err(Stop::Incomplete);
        }
        Ok(&self.text[start..self.at])
    }

    /// Inside braces Prometheus's lexer lets blanks pass; a line end there is an error.
    fn skip_space(&mut self) {
        self.skip_blanks();
    }
}

fn wrong<T>(at: usize, what: &'static str) -> Result<T, Stop> {
    Err(Stop::Wrong(Wrong { at, what }))
}
