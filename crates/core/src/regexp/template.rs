//! Replacement texts as Go's `Regexp.Expand` reads them: what `$` starts, and what it only seems to.

use std::ops::Range;
use std::sync::OnceLock;

use regex_syntax::hir::ClassUnicode;

use super::parse;

/// A parsed replacement: its parts in order, which together cover the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A part of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it stands for.
    pub kind: PartKind,
    /// Where it is written, in bytes of the replacement.
    pub span: Range<usize>,
}

/// What a part of a replacement stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// This text; `$$` is a `$`.
    Literal(String),
    /// `$1`, `${1}`: a group by number; "" if there is none.
    Group(usize),
    /// `$name`, `${name}`, but also `$1_x` (all one name) and `$01`: the first group of that name
    /// that took part in the match; "" if there is none.
    Name(String),
    /// A `$` that starts nothing (`$-`, `${1`, `${}`, at the end): it stays a `$`.
    Malformed,
}

impl Template {
    /// Reads a replacement. Nothing is refused.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(plain) = text[at..].find('$') {
            if plain > 0 {
                let literal = text[at..at + plain].to_owned();
                parts.push(Part { kind: PartKind::Literal(literal), span: at..at + plain });
            }
            at += plain;
            let (kind, length) = dollar(&text[at + 1..]);
            parts.push(Part { kind, span: at..at + 1 + length });
            at += 1 + length;
        }
        if at < text.len() {
            let literal = text[at..].to_owned();
            parts.push(Part { kind: PartKind::Literal(literal), span: at..text.len() });
        }
        Self { parts }
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, if no part depends on the match.
    pub fn constant(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match &part.kind {
                PartKind::Literal(text) => Some(text.as_str()),
                PartKind::Malformed => Some("$"),
                PartKind::Group(_) | PartKind::Name(_) => None,
            })
            .collect()
    }
}

/// What a `$` with this text behind it is, and how many bytes of that text belong to it.
fn dollar(after: &str) -> (PartKind, usize) {
    if after.starts_with('$') {
        return (PartKind::Literal("$".to_owned()), 1);
    }
    let (inner, braced) = match after.strip_prefix('{') {
        Some(inner) => (inner, true),
        None => (after, false),
    };
    let length = inner.find(|c| !in_name(c)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(length);
    if name.is_empty() || braced && !rest.starts_with('}') {
        return (PartKind::Malformed, 0);
    }
    let kind = match number(name) {
        Some(number) => PartKind::Group(number),
        None => PartKind::Name(name.to_owned()),
    };
    (kind, length + if braced { 2 } else { 0 })
}

/// A group number: ASCII digits without leading zeros, nine at most.
fn number(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|c| c.is_ascii_digit()) && name.len() <= 9;
    let leading_zero = name.len() > 1 && name.starts_with('0');
    if digits && !leading_zero { name.parse().ok() } else { None }
}

/// A Unicode letter (L), a decimal digit (Nd) or `_`. Rust's own `is_alphanumeric` is wider.
fn in_name(c: char) -> bool {
    static LETTERS: OnceLock<ClassUnicode> = OnceLock::new();
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    let letters = LETTERS.get_or_init(|| {
        let mut class = parse::property("L").expect("L is a category");
        class.union(&parse::property("Nd").expect("Nd is a category"));
        class
    });
    let ranges = letters.ranges();
    let next = ranges.partition_point(|range| range.end() < c);
    ranges.get(next).is_some_and(|range| range.start() <= c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[PartKind]) {
        let template = Template::parse(text);
        let kinds: Vec<_> = template.parts().iter().map(|part| part.kind.clone()).collect();
        assert_eq!(kinds, expected);
        let covered: String =
            template.parts().iter().map(|part| &text[part.span.clone()]).collect();
        assert_eq!(covered, text);
    }

    fn literal(text: &str) -> PartKind {
        PartKind::Literal(text.to_owned())
    }

    fn name(text: &str) -> PartKind {
        PartKind::Name(text.to_owned())
    }

    #[test]
    fn dollars_are_read_as_go_reads_them() {
        check("p$1_s", &[literal("p"), name("1_s")]);
        check("p${1}_s", &[literal("p"), PartKind::Group(1), literal("_s")]);
        check("$$1", &[literal("$"), literal("1")]);
        check("x${1", &[literal("x"), PartKind::Malformed, literal("{1")]);
        check("$0|$01", &[PartKind::Group(0), literal("|"), name("01")]);
        check("$-", &[PartKind::Malformed, literal("-")]);
        check("${}", &[PartKind::Malformed, literal("{}")]);
        check("${a-b}", &[PartKind::Malformed, literal("{a-b}")]);
        check("$", &[PartKind::Malformed]);
        check("$$$", &[literal("$"), PartKind::Malformed]);
        check("$é1", &[name("é1")]);
        check("$٣", &[name("٣")]);
        check("$ⅷ", &[PartKind::Malformed, literal("ⅷ")]);
        check("$123456789", &[PartKind::Group(123_456_789)]);
        check("$1234567890", &[name("1234567890")]);
        check("", &[]);
    }
}
