//! Bytes of a text to the protocol's lines and UTF-16 code units, and back.

use promsieve_core::text::{SourceText, Span};

use super::protocol::{Position, Range};

/// Where a byte is.
pub(super) fn position(source: &SourceText, offset: u32) -> Position {
    let (text, lines) = (source.text(), source.lines());
    let offset = floor(text, offset as usize);
    let line = lines.line_of(offset as u32);
    let start = lines.line_range(text, line).start;
    let units = text[start.min(offset)..offset].encode_utf16().count();
    Position { line: line as u32, character: units as u32 }
}

/// Where a span is.
pub(super) fn range(source: &SourceText, span: Span) -> Range {
    Range { start: position(source, span.start), end: position(source, span.end) }
}

/// The byte at a place; past the end of a line or of the text it is that end.
pub(super) fn offset(source: &SourceText, at: Position) -> u32 {
    let (text, lines) = (source.text(), source.lines());
    if at.line as usize >= lines.len() {
        return text.len() as u32;
    }
    let range = lines.line_range(text, at.line as usize);
    let line = text[range.clone()].trim_end_matches(['\n', '\r']);
    let mut units = 0;
    for (index, c) in line.char_indices() {
        if units + c.len_utf16() as u32 > at.character {
            return (range.start + index) as u32;
        }
        units += c.len_utf16() as u32;
    }
    (range.start + line.len()) as u32
}

/// The bytes of a range.
pub(super) fn span(source: &SourceText, range: Range) -> Span {
    let (start, end) = (offset(source, range.start), offset(source, range.end));
    Span { start, end: end.max(start) }
}

fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    #[test]
    fn code_units_are_counted() {
        let source = SourceText::new("t", "a😀é\r\nb\n");
        let at = |offset: u32| {
            let Position { line, character } = position(&source, offset);
            (line, character)
        };
        assert_eq!([at(0), at(1), at(5), at(7), at(9)], [(0, 0), (0, 1), (0, 3), (0, 4), (1, 0)]);
        let to = |line, character| offset(&source, Position { line, character });
        assert_eq!([to(0, 3), to(0, 4), to(0, 99), to(1, 0), to(9, 9)], [5, 7, 7, 9, 11]);
        // The middle of a pair is where its character is.
        assert_eq!(to(0, 2), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 500,
            ..ProptestConfig::default()
        })]

        #[test]
        fn places_lead_back_to_their_bytes(text in "[a😀é\n ]{0,30}") {
            let source = SourceText::new("t", text.as_str());
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                prop_assert_eq!(offset(&source, position(&source, at as u32)) as usize, at);
            }
        }
    }
}
