//! Where an offset of a decoded scalar is in the source: a position in a regex or in an
//! expression becomes a position in the file, whatever quotes, escapes and folds lie between.

use super::{Node, NodeKind, Style, Syntax, alloy};
use crate::text::{SourceText, Span};

impl Node<'_> {
    /// The source offset of byte `at` of the scalar's text. Past the end it is the scalar's end.
    pub fn source_offset(self, source: &SourceText, at: usize) -> u32 {
        let node = self.resolved();
        let span = node.span();
        let Some(raw) = source.text().get(span.range()) else { return span.start };
        if node.kind() != NodeKind::Scalar {
            return span.start;
        }
        if node.document().syntax() == Syntax::Alloy {
            return span.start + alloy::offset(raw, node.style(), at) as u32;
        }
        let mut cursor = Cursor::new(raw, node.text(), node.style());
        cursor.dollars = node.document().dollars;
        while cursor.decoded_at < at && cursor.step(at) {}
        span.start + cursor.raw_at.min(raw.len()) as u32
    }

    /// The source span of a range of the scalar's text.
    pub fn source_span(self, source: &SourceText, range: std::ops::Range<usize>) -> Span {
        let start = self.source_offset(source, range.start);
        let end = self.source_offset(source, range.end.max(range.start));
        Span { start, end: end.max(start) }
    }
}

/// Walks the source and the decoded text of a scalar side by side.
struct Cursor<'a> {
    raw: &'a str,
    decoded: &'a str,
    raw_at: usize,
    decoded_at: usize,
    style: Style,
    /// Of block scalars: how many leading spaces are not content.
    indent: usize,
    /// Whether the source writes `$$` for `$`.
    dollars: bool,
}

impl<'a> Cursor<'a> {
    fn new(raw: &'a str, decoded: &'a str, style: Style) -> Self {
        let mut cursor =
            Self { raw, decoded, raw_at: 0, decoded_at: 0, style, indent: 0, dollars: false };
        match style {
            Style::SingleQuoted | Style::DoubleQuoted => cursor.raw_at = 1,
            Style::Literal | Style::Folded => cursor.enter_block(),
            _ => {}
        }
        cursor
    }

    fn is_block(&self) -> bool {
        matches!(self.style, Style::Literal | Style::Folded)
    }

    /// Skips the header and finds the indentation: what the source has more than the text.
    fn enter_block(&mut self) {
        let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let header = self.raw.find('\n').map_or(self.raw.len(), |at| at + 1);
        let first = self.raw[header..].lines().find(|line| !line.trim().is_empty());
        let shown = self.decoded.lines().find(|line| !line.trim().is_empty());
        self.indent = first.map_or(0, spaces).saturating_sub(shown.map_or(0, spaces));
        self.raw_at = header;
        self.skip_indent();
    }

    fn skip_indent(&mut self) {
        let rest = &self.raw[self.raw_at..];
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        self.raw_at += spaces.min(self.indent);
    }

    /// Goes over one character or one fold; false at the end. Stops before a fold or an escape
    /// that holds `until`.
    fn step(&mut self, until: usize) -> bool {
        let rest = &self.raw[self.raw_at..];
        let Some(next) = rest.chars().next() else { return false };
        let Some(shown) = self.decoded[self.decoded_at..].chars().next() else { return false };
        let folds = if self.is_block() {
            rest.starts_with(['\n', '\r'])
        } else {
            rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r'])
        };
        if folds {
            return self.fold(until);
        }
        let width = match (self.style, next) {
            (Style::DoubleQuoted, '\\') => escape_width(rest),
            (Style::SingleQuoted, '\'') => 2,
            (_, '$') if self.dollars && rest.starts_with("$$") => 2,
            _ => next.len_utf8(),
        };
        if self.style == Style::DoubleQuoted
            && (rest.starts_with("\\\n") || rest.starts_with("\\\r"))
        {
            let after = rest[1..].trim_start();
            self.raw_at += rest.len() - after.len();
            return true;
        }
        if until < self.decoded_at + shown.len_utf8() {
            return false;
        }
        self.raw_at += width;
        self.decoded_at += shown.len_utf8();
        true
    }

    /// Goes over a run of line ends, which stands for a space, for line feeds, or for nothing.
    fn fold(&mut self, until: usize) -> bool {
        let start = self.raw_at;
        let mut lines = 0;
        loop {
            let rest = &self.raw[self.raw_at..];
            let blank = if self.is_block() { rest } else { rest.trim_start_matches([' ', '\t']) };
            let Some(after) =
                blank.strip_prefix("\r\n").or_else(|| blank.strip_prefix(['\n', '\r']))
            else {
                break;
            };
            lines += 1;
            self.raw_at = self.raw.len() - after.len();
            if self.is_block() {
                self.skip_indent();
            }
        }
        if !self.is_block() {
            self.raw_at =
                self.raw.len() - self.raw[self.raw_at..].trim_start_matches([' ', '\t']).len();
        }
        let rest = &self.decoded[self.decoded_at..];
        let feeds = rest.bytes().take(lines).take_while(|b| *b == b'\n').count();
        let width =
            if feeds == 0 { usize::from(lines == 1 && rest.starts_with(' ')) } else { feeds };
        if until < self.decoded_at + width {
            self.raw_at = start;
            return false;
        }
        self.decoded_at += width;
        true
    }
}

/// How many source bytes the escape at the start of `rest` takes.
fn escape_width(rest: &str) -> usize {
    let hex = |digits: usize| 2 + digits;
    match rest.as_bytes().get(1) {
        Some(b'x') => hex(2),
        Some(b'u') => {
            let code = rest.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let high = code.is_some_and(|code| (0xd800..0xdc00).contains(&code));
            if high { 12 } else { hex(4) }
        }
        Some(b'U') => hex(8),
        _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
    }
}

#[cfg(test)]
mod tests {
    use crate::doc::parse;
    use crate::text::{FileId, SourceText};

    /// Byte `at` of the scalar at `a` is found at the `@` that `marked` puts before it.
    #[track_caller]
    fn check(marked: &str, at: usize) {
        let expected = marked.find('@').unwrap();
        let text = marked.replacen('@', "", 1);
        let source = SourceText::new("t", text.clone());
        let parsed = parse(&source, FileId::default());
        let node = parsed.documents[0].at("a").unwrap();
        assert_eq!(
            node.source_offset(&source, at) as usize,
            expected,
            "{text:?} {:?}",
            node.text()
        );
    }

    #[test]
    fn decoded_offsets_are_found_in_the_source() {
        check("a: foo@bar\n", 3);
        check("a: 'it''@s'\n", 3);
        check("a: \"x\\n\\u00e9@z\"\n", 4);
        check("a: \"one\n  @two\"\n", 4);
        check("a: one\n  @two\n", 4);
        check("a: |\n  one\n  t@wo\n", 5);
        check("a: >-\n  one\n  t@wo\n", 5);
        check("a: >\n  one\n\n  t@wo\n", 5);
        check("a: |2\n    one\n  t@wo\n", 7);
        check("a: \"one\\\n  t@wo\"\n", 4);
    }
}
