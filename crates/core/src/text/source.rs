//! File texts under small ids, so that a location is twelve bytes and never borrows.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::{LineIndex, Position, secrets};

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start: start as u32, end: end as u32 }
    }

    /// As a range for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies within.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A file in a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(u32);

/// A span in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Location {
    /// Which file.
    pub file: FileId,
    /// Which bytes of it.
    pub span: Span,
}

/// One file's name and text, with the spans that must never be shown.
#[derive(Debug, Clone)]
pub struct SourceText {
    name: Arc<str>,
    text: Arc<str>,
    lines: OnceLock<LineIndex>,
    /// Secrets that readers of the file know of.
    marked: Vec<Span>,
    /// These and those that the text itself tells of, sorted and apart.
    secrets: OnceLock<Vec<Span>>,
}

impl SourceText {
    /// A file of `name` (as the user knows it: a path, a URL, `<stdin>`) with `text`.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            lines: OnceLock::new(),
            marked: Vec::new(),
            secrets: OnceLock::new(),
        }
    }

    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, secrets included: for parsing and editing, never for printing.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its line table, made at the first call.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Line and column of a byte.
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset)
    }

    /// The text of `span` as it may be shown: every secret in it is blotted out with `*`, one for
    /// each character, so that columns stay where they are.
    pub fn shown(&self, span: Span) -> Cow<'_, str> {
        let Some(text) = self.text.get(span.range()) else { return Cow::Borrowed("") };
        let secrets = self.secrets();
        let first = secrets.partition_point(|secret| secret.end <= span.start);
        let within: Vec<&Span> =
            secrets[first..].iter().take_while(|secret| secret.start < span.end).collect();
        if within.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        for secret in within {
            let place = |end: u32| (end.clamp(span.start, span.end) - span.start) as usize;
            let (start, end) = (place(secret.start), place(secret.end));
            shown.push_str(&text[at..start]);
            let blot = |c| if matches!(c, '\n' | '\r') { c } else { '*' };
            shown.extend(text[start..end].chars().map(blot));
            at = end;
        }
        shown.push_str(&text[at..]);
        Cow::Owned(shown)
    }

    /// Where its secrets are, sorted and apart: marked ones, and what stands behind a name such as
    /// `password` anywhere in the text.
    pub fn secrets(&self) -> &[Span] {
        self.secrets.get_or_init(|| {
            let mut all = secrets::find(&self.text);
            let text = &self.text;
            all.extend(self.marked.iter().map(|marked| {
                let end = text.ceil_char_boundary(marked.end as usize);
                Span::new(text.floor_char_boundary(marked.start as usize).min(end), end)
            }));
            secrets::merged(all)
        })
    }

    /// Marks `span` as a secret.
    pub fn hide(&mut self, span: Span) {
        self.marked.push(span);
        self.secrets.take();
    }
}

/// All files of one run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceText>,
}

impl Sources {
    /// Adds a file and names it by an id.
    pub fn add(&mut self, file: SourceText) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of `id`.
    ///
    /// # Panics
    /// When `id` comes from another `Sources`.
    pub fn file(&self, id: FileId) -> &SourceText {
        &self.files[id.0 as usize]
    }

    /// All files with their ids, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceText)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }

    /// Marks each location as a secret.
    pub fn hide(&mut self, secrets: &[Location]) {
        for secret in secrets {
            self.files[secret.file.0 as usize].hide(secret.span);
        }
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blotted_out_and_columns_stay() {
        let mut file = SourceText::new("a.yml", "password: hünter2\nx: 1\n");
        file.hide(Span::new(10, 18));
        assert_eq!(file.shown(Span::new(0, file.text().len())), "password: *******\nx: 1\n");
        assert_eq!(file.shown(Span::new(19, 23)), "x: 1");
        assert_eq!(file.shown(Span::new(12, 999)), "");
    }
}
