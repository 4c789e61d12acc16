//! The push reader: cuts bytes into lines, tells samples and families, remembers bad lines.

use super::line::{Line, Parts, Stop, Wrong};
use super::meta::{Meta, meta};
use crate::ingest::Report;
use crate::series::{Sample, Sink};
use crate::text::{SourceText, Span};

/// A line longer than this that is still open (a quote that never closes) is given up.
const LONGEST_LINE: usize = 1 << 20;

/// Which format the bytes are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The text format 0.0.4: timestamps in milliseconds, no exemplars.
    #[default]
    Text,
    /// `OpenMetrics` 1.0: timestamps in seconds, exemplars, `# EOF` at the end.
    OpenMetrics,
}

impl Format {
    /// What an HTTP response's content type says, or else `bytes`: the whole exposition, or its
    /// beginning where it is long. Only `OpenMetrics` has an end mark, units and exemplars.
    pub fn detect(content_type: Option<&str>, bytes: &[u8]) -> Self {
        let has = |mark: &str| memchr::memmem::find(bytes, mark.as_bytes()).is_some();
        let open = match content_type {
            Some(kind) if kind.contains("openmetrics") => true,
            Some(kind) if kind.contains("text/plain") => false,
            _ => bytes.trim_ascii_end().ends_with(b"# EOF") || has("\n# UNIT ") || has(" # {"),
        };
        if open { Self::OpenMetrics } else { Self::Text }
    }
}

/// Reads an exposition pushed in pieces.
#[derive(Debug)]
pub struct Reader {
    format: Format,
    parts: Parts,
    /// Where the series of the last sample lies in the text that is read.
    before: std::ops::Range<usize>,
    carry: Vec<u8>,
    /// One-based number of the line that the next piece starts with.
    line: u64,
    ended: bool,
    report: Report,
}

impl Reader {
    /// A reader of one exposition.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            parts: Parts::default(),
            before: 0..0,
            carry: Vec::new(),
            line: 1,
            ended: false,
            report: Report::default(),
        }
    }

    /// Reads the next piece, which may end anywhere.
    pub fn feed(&mut self, piece: &[u8], sink: &mut impl Sink) {
        self.report.bytes += piece.len() as u64;
        let mut rest = piece;
        while !self.carry.is_empty() {
            // Complete the line that the last piece left open, and no more, so that the bulk of
            // the piece is read where it lies.
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.carry.extend_from_slice(rest);
                self.give_up_long_line();
                return;
            };
            self.carry.extend_from_slice(&rest[..=end]);
            rest = &rest[end + 1..];
            let carry = std::mem::take(&mut self.carry);
            let read = self.read(&carry, sink);
            self.carry = carry;
            self.carry.drain(..read);
            self.give_up_long_line();
        }
        let whole = memchr::memrchr(b'\n', rest).map_or(0, |end| end + 1);
        let read = self.read(&rest[..whole], sink);
        self.carry.extend_from_slice(&rest[read..]);
    }

    /// Reads what is left and says what was read. A missing last line end is no error, since the
    /// server adds one.
    pub fn finish(mut self, sink: &mut impl Sink) -> Report {
        if !self.carry.is_empty() {
            let mut carry = std::mem::take(&mut self.carry);
            if carry.last() != Some(&b'\n') {
                carry.push(b'\n');
            }
            let mut from = self.read(&carry, sink);
            while from < carry.len() {
                self.bad(0, "the quoted value never ends");
                from += line_end(&carry[from..]);
                self.line += 1;
                from += self.read(&carry[from..], sink);
            }
        }
        // 3.x takes an empty body for an empty scrape; 2.53 misses the end mark.
        if self.is_open() && !self.ended && self.report.bytes > 0 {
            self.bad(0, "the exposition does not end with `# EOF`");
        }
        self.report.lines = self.line - 1;
        self.report
    }

    /// Whether lines that follow are read as if nothing stood before them but a `# TYPE` line.
    pub(super) fn is_settled(&self) -> bool {
        self.carry.is_empty() && !self.ended
    }

    /// Goes on where another reader stopped, which read on from here.
    pub(super) fn take_over(&mut self, next: Self) {
        self.report.append(next.report, self.line - 1);
        self.line += next.line - 1;
        (self.carry, self.ended) = (next.carry, next.ended);
    }

    /// Reads whole lines; gives how many bytes were read (fewer when a quoted value goes on past
    /// the end).
    fn read(&mut self, lines: &[u8], sink: &mut impl Sink) -> usize {
        let mut done = 0;
        loop {
            match std::str::from_utf8(&lines[done..]) {
                Ok(text) => return done + self.read_text(text, sink),
                Err(error) => {
                    let valid = &lines[done..done + error.valid_up_to()];
                    let start = memchr::memrchr(b'\n', valid).map_or(0, |end| end + 1);
                    let text = std::str::from_utf8(&valid[..start]).unwrap_or_default();
                    // A value left open before the bad bytes is lost with them.
                    let read = self.read_text(text, sink);
                    self.line += memchr::memchr_iter(b'\n', &valid[read..start]).count() as u64;
                    done += start;
                    let end = done + line_end(&lines[done..]);
                    if !self.is_plain_comment(&lines[done..end]) {
                        self.bad(error.valid_up_to() - start, "invalid UTF-8");
                    }
                    done = end;
                    self.line += 1;
                }
            }
        }
    }

    fn read_text(&mut self, text: &str, sink: &mut impl Sink) -> usize {
        self.parts.forget();
        self.before = 0..0;
        let bytes = text.as_bytes();
        let mut start = 0;
        while start < bytes.len() {
            let end = match self.read_line(text, start, sink) {
                Ok(end) => end,
                Err(Stop::Incomplete) => return start,
                Err(Stop::Wrong(wrong)) => {
                    self.bad(wrong.at, describe(wrong.what, &text[start..], wrong.at));
                    self.parts.forget();
                    start + line_end(&bytes[start..])
                }
            };
            self.line += 1;
            start = end;
        }
        start
    }

    /// Reads one line and gives where the next starts.
    fn read_line(&mut self, text: &str, start: usize, sink: &mut impl Sink) -> Result<usize, Stop> {
        if self.ended && self.is_open() {
            return Err(Stop::Wrong(Wrong { at: 0, what: "there is more after `# EOF`" }));
        }
        let before = &text[self.before.clone()];
        let text = &text[start..];
        let mut line = Line::new(text, before, self.is_open());
        if !self.is_open() {
            line.skip_blanks();
        }
        match line.peek() {
            None => return Err(Stop::Incomplete),
            Some(b'\n') if !self.is_open() => return Ok(start + line.position() + 1),
            Some(b'#') => {
                let end = line_end(text.as_bytes());
                let comment = &text[line.position()..end];
                self.comment(comment.strip_suffix('\n').unwrap_or(comment), sink);
                return Ok(start + end);
            }
            Some(_) => {}
        }
        let mut line = Line::new(text, before, self.is_open());
        line.sample(&mut self.parts)?;
        self.before = start..start + self.parts.series_bytes;
        self.line += self.parts.line_ends as u64;
        self.report.samples += 1;
        sink.sample(&sample(&self.parts, text, self.report.samples));
        Ok(start + line.position())
    }

    fn comment(&mut self, text: &str, sink: &mut impl Sink) {
        match meta(text, self.is_open()) {
            Ok(Meta::Nothing) => {}
            Ok(Meta::Type(name, kind)) => sink.family(name, kind),
            Ok(Meta::End) => self.ended = true,
            Err(message) => self.bad(0, message),
        }
    }

    /// Whether a line is one that a server looks over, whatever it holds.
    fn is_plain_comment(&self, line: &[u8]) -> bool {
        let text = String::from_utf8_lossy(line.trim_ascii());
        !self.is_open() && text.starts_with('#') && is_comment(&text)
    }

    fn is_open(&self) -> bool {
        self.format == Format::OpenMetrics
    }

    fn bad(&mut self, column: usize, message: impl Into<String>) {
        self.report.add(self.line, column, message);
    }

    fn give_up_long_line(&mut self) {
        if self.carry.len() > LONGEST_LINE {
            self.bad(0, "the line is longer than 1 MiB");
            let end = line_end(&self.carry);
            self.carry.drain(..end);
            self.line += 1;
        }
    }
}

fn sample<'a>(parts: &'a Parts, text: &'a str, number: u64) -> Sample<'a> {
    let name_text = if parts.metric_unescaped { parts.scratch.as_str() } else { text };
    Sample {
        number,
        metric: &name_text[parts.metric.clone()],
        line: text,
        scratch: &parts.scratch,
        labels: &parts.labels,
        series_bytes: parts.series_bytes,
        value: parts.value,
        timestamp: parts.timestamp,
        exemplar: parts.exemplar,
    }
}

fn is_comment(line: &str) -> bool {
    let rest = line[1..].trim_start_matches([' ', '\t']);
    !["HELP", "TYPE"].iter().any(|word| rest.starts_with(word))
}

/// Length of the first line of `bytes`, its end included.
fn line_end(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
}

/// What is wrong at a byte of the text, and what stands there, unless that is a secret: the file may
/// be a configuration.
fn describe(what: &str, text: &str, at: usize) -> String {
    let length = text[at..].find('\n').unwrap_or(text.len() - at);
    if length == 0 {
        return format!("{what}, found the line's end");
    }
    let lines = SourceText::new("", &text[..at + length]);
    let found = lines.shown(Span::new(at, at + length));
    // A carriage return is the usual culprit, and invisible unless spelled out.
    let found: String = found.chars().take(20).collect();
    format!("{what}, found `{}`", found.replace('\r', "\\r"))
}
