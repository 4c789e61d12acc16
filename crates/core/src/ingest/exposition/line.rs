//! One line of an exposition: where its parts lie. Mirrors the lexers of Prometheus's
//! model/textparse (promlex.l, openmetricslex.l at 3.5), but tells where a line is wrong.

use super::number;
use crate::ingest::names;
use crate::series::SampleLabel;

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

/// A sample's parts. Ranges point into its line, or into the scratch text where unescaped.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) metric: std::ops::Range<usize>,
    pub(super) metric_unescaped: bool,
    pub(super) labels: Vec<SampleLabel>,
    /// How many labels the line begins with as the line before does.
    kept: usize,
    /// The labels of the line before from there on, whose names this one's nearly always repeat.
    before: Vec<SampleLabel>,
    pub(super) scratch: String,
    /// Some label's name is not that of the label at its position in the line before.
    pub(super) new_names: bool,
    pub(super) series_bytes: usize,
    /// Line ends inside of quotes.
    pub(super) line_ends: usize,
    pub(super) value: f64,
    pub(super) timestamp: Option<i64>,
    pub(super) exemplar: bool,
    /// Room for an exemplar's labels.
    spare: Option<Box<Parts>>,
}

impl Parts {
    /// Makes them those of no line, which the next line can't repeat.
    pub(super) fn forget(&mut self) {
        self.labels.clear();
        self.before.clear();
        self.kept = 0;
    }

    /// Begins a line whose first `shared` bytes are those of the line before, whose parts these
    /// are; gives the end of the last label among them, 0 where there is none.
    fn begin(&mut self, shared: usize) -> usize {
        let others = self.labels.iter().rev().take_while(|label| label.value.end >= shared);
        let mut kept = self.labels.len() - others.count();
        // Neither can be kept where it lies.
        let moved = self.line_ends > 0 || !self.scratch.is_empty();
        let end = kept.checked_sub(1).map_or(0, |last| self.labels[last].value.end + 1);
        if moved || end < self.metric.end {
            kept = 0;
        }
        self.before.clear();
        self.before.extend(self.labels.drain(kept..));
        self.labels.iter_mut().for_each(|label| label.repeated = true);
        self.scratch.clear();
        self.new_names = false;
        self.kept = kept;
        if kept > 0 { end } else { 0 }
    }

    /// The label of the line before at the position of the next one.
    pub(super) fn label_before(&self) -> Option<&SampleLabel> {
        self.before.get(self.labels.len() - self.kept)
    }
}

/// What an exemplar begins with.
const EXEMPLAR: &[u8] = b" # {";

/// Reads along a text; every method moves past what it has read.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    /// The series of the line before, from its first byte on.
    pub(super) before: &'a [u8],
    pub(super) at: usize,
    pub(super) open_metrics: bool,
}

impl<'a> Line<'a> {
    /// The line that `text` begins with, behind one with the series `before`.
    pub(super) fn new(text: &'a str, before: &'a str, open_metrics: bool) -> Self {
        Self { text, bytes: text.as_bytes(), before: before.as_bytes(), at: 0, open_metrics }
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

    /// Reads a sample, up to and with its line end; `parts` are those of the line before. To a
    /// server, blanks before a plain name are part of the name.
    pub(super) fn sample(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        let repeated = parts.begin(common_prefix(self.bytes, self.before));
        if repeated > 0 {
            self.at = repeated;
            self.comma()?;
            self.labels(parts)?;
            parts.series_bytes = self.at;
        } else {
            self.series(parts)?;
        }
        // What is repeated holds none.
        let rest = &self.bytes[repeated..self.at];
        parts.line_ends = memchr::memchr_iter(b'\n', rest).count();
        if parts.metric.is_empty() {
            return wrong(0, "the sample has no metric name");
        }
        // The names of the line before are known to differ.
        if parts.new_names && self.repeats_a_name(parts) {
            return wrong(0, "a label stands twice");
        }
        self.after_series(parts)
    }

    /// Name and labels of a line from its beginning on.
    fn series(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        parts.metric = 0..0;
        parts.metric_unescaped = false;
        self.format_blanks();
        if self.peek() != Some(b'{') {
            parts.metric = 0..self.metric_name()?.end;
        }
        let name_end = self.at;
        self.format_blanks();
        if self.peek() == Some(b'{') {
            self.at += 1;
            self.labels(parts)?;
        } else {
            self.at = name_end;
        }
        parts.series_bytes = self.at;
        Ok(())
    }

    fn repeats_a_name(&self, parts: &Parts) -> bool {
        names::repeat(&parts.labels, |label| {
            let text = if label.name_unescaped { parts.scratch.as_bytes() } else { self.bytes };
            &text[label.name.clone()]
        })
    }

    /// The blank before a value or a time: in `OpenMetrics` exactly one, else any number.
    fn gap(&mut self) -> Result<(), Stop> {
        if !self.open_metrics {
            self.skip_blanks();
            return Ok(());
        }
        match self.peek() {
            Some(b' ') => {
                self.at += 1;
                Ok(())
            }
            None => Err(Stop::Incomplete),
            Some(_) => wrong(self.at, "expected one blank"),
        }
    }

    /// Value, timestamp, exemplar, line end.
    fn after_series(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        self.gap()?;
        let at = self.at;
        let Some(value) = number::value(self.word()?) else {
            return wrong(at, "expected a number as the value");
        };
        parts.value = value;
        parts.timestamp = None;
        parts.exemplar = false;
        if !self.at_end()? {
            self.gap()?;
            let at = self.at;
            parts.timestamp = number::timestamp(self.word()?, self.open_metrics);
            if parts.timestamp.is_none() {
                return wrong(at, "expected a timestamp or the line's end");
            }
        }
        if self.open_metrics && self.bytes[self.at..].starts_with(EXEMPLAR) {
            self.exemplar(parts)?;
        }
        self.format_blanks();
        self.line_end()
    }

    /// Whether no timestamp follows; moves past the blanks before the line's end.
    fn at_end(&mut self) -> Result<bool, Stop> {
        self.format_blanks();
        match self.peek() {
            None => Err(Stop::Incomplete),
            Some(b'\n' | b'#') => Ok(true),
            Some(_) => Ok(self.open_metrics && self.bytes[self.at..].starts_with(EXEMPLAR)),
        }
    }

    /// Blanks where only the text format lets them pass: inside braces, at a line's end.
    pub(super) fn format_blanks(&mut self) {
        if !self.open_metrics {
            self.skip_blanks();
        }
    }

    /// ` # {labels} value [timestamp]`; its labels belong to no series and are only checked.
    fn exemplar(&mut self, parts: &mut Parts) -> Result<(), Stop> {
        let start = self.at;
        self.at += EXEMPLAR.len();
        let mut ignored = parts.spare.take().unwrap_or_default();
        ignored.forget();
        ignored.metric = 0..0;
        self.labels(&mut ignored)?;
        let named = !ignored.metric.is_empty();
        parts.spare = Some(ignored);
        if named {
            return wrong(start, "an exemplar has no metric name");
        }
        self.gap()?;
        let at = self.at;
        if number::value(self.word()?).is_none() {
            return wrong(at, "expected a number as the exemplar's value");
        }
        if self.peek() == Some(b' ') {
            self.at += 1;
            let at = self.at;
            if number::timestamp(self.word()?, true).is_none() {
                return wrong(at, "expected a timestamp or the line's end");
            }
        }
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

    /// Up to the next blank or line end.
    fn word(&mut self) -> Result<&'a str, Stop> {
        let start = self.at;
        let ends = |byte| match byte {
            b' ' | b'\n' => true,
            b'\t' | b'{' => !self.open_metrics,
            _ => false,
        };
        while self.bytes.get(self.at).is_some_and(|&byte| !ends(byte)) {
            self.at += 1;
        }
        if self.at == self.bytes.len() {
            return Err(Stop::Incomplete);
        }
        Ok(&self.text[start..self.at])
    }
}

/// How many bytes two texts begin with alike, found a vector of bytes at a time.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let pairs = a.as_chunks::<32>().0.iter().zip(b.as_chunks::<32>().0);
    let whole = 32 * pairs.take_while(|(a, b)| a == b).count();
    let rest = a[whole..].iter().zip(&b[whole..]);
    whole + rest.take_while(|(a, b)| a == b).count()
}

pub(super) fn wrong<T>(at: usize, what: &'static str) -> Result<T, Stop> {
    Err(Stop::Wrong(Wrong { at, what }))
}
