//! Byte offset to line and column, by a table of line starts.

/// A one-based line and column. The column counts characters, as editors and compilers show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// One-based line.
    pub line: u32,
    /// One-based column, in Unicode scalar values.
    pub column: u32,
}

/// The byte offset at which every line of a text starts.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Scans `text` once for line feeds.
    pub fn new(text: &str) -> Self {
        let starts = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1))
            .collect();
        Self { starts }
    }

    /// The zero-based line that holds byte `offset`.
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Line and column of byte `offset` in `text`, which must be the text the index was made of.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let offset = offset.min(text.len() as u32);
        let line = self.line_of(offset);
        let before = text.get(self.starts[line] as usize..offset as usize).unwrap_or_default();
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }

    /// Bytes of zero-based `line` without its line end; empty past the last line.
    pub fn line_range(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let Some(&start) = self.starts.get(line) else { return text.len()..text.len() };
        let end = self.starts.get(line + 1).map_or(text.len(), |&next| next as usize - 1);
        let end = if text[start as usize..end].ends_with('\r') { end - 1 } else { end };
        start as usize..end
    }

    /// How many lines the text has; an empty text has one.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never true: a text has at least one line.
    pub fn is_empty(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: u32, line: u32, column: u32) {
        assert_eq!(LineIndex::new(text).position(text, offset), Position { line, column });
    }

    #[test]
    fn positions_count_characters() {
        check("", 0, 1, 1);
        check("ab\ncd", 3, 2, 1);
        check("ab\ncd", 2, 1, 3);
        check("é: x", 3, 1, 3);
        check("a\n", 99, 2, 1);
    }

    #[test]
    fn lines_end_before_their_line_end() {
        let text = "ab\r\ncd\n";
        let index = LineIndex::new(text);
        assert_eq!(&text[index.line_range(text, 0)], "ab");
        assert_eq!(&text[index.line_range(text, 1)], "cd");
        assert_eq!(&text[index.line_range(text, 9)], "");
    }
}
