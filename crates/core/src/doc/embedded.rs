//! YAML in the literal block of another document, as `ConfigMap`s hold it: the block's lines are
//! YAML themselves, only further in, so that every span stays one of the outer file.

use super::parse::{Limits, finding, read};
use super::tree::Document;
use super::{Node, Parsed, Style};
use crate::text::{SourceText, Span};

/// Reads the text of `node` as YAML. `None` when it is no literal block (`|`): text in quotes has
/// no lines of its own that spans could point at.
pub fn parse_literal(source: &SourceText, node: Node<'_>) -> Option<Parsed> {
    let node = node.resolved();
    let outer = node.span();
    if node.style() != Style::Literal {
        return None;
    }
    let raw = source.text().get(outer.range())?;
    let content = raw.find('\n').map_or(raw.len(), |at| at + 1);
    let (start, end) = one_document(raw, content);
    let base = outer.start as usize + start;
    let mut documents = Vec::new();
    let found = read(&raw[start..end], node.document().file(), Limits::default(), &mut documents);
    for document in &mut documents {
        shift(document, base as u32);
    }
    let findings = found.err().map(|mut refusal| {
        refusal.span = moved(refusal.span, base as u32);
        finding(node.document().file(), refusal)
    });
    Some(Parsed { documents, findings: findings.into_iter().collect() })
}

/// The first document between `---` lines, which further in are no markers any more.
fn one_document(raw: &str, content: usize) -> (usize, usize) {
    let mut start = content;
    let mut at = content;
    let mut has_content = false;
    for line in raw[content..].split_inclusive('\n') {
        let shown = line.trim();
        if shown == "---" || shown == "..." {
            if has_content {
                return (start, at);
            }
            start = at + line.len();
        }
        has_content |= shown != "---" && !shown.is_empty() && !shown.starts_with('#');
        at += line.len();
    }
    (start, raw.len())
}

fn shift(document: &mut Document, base: u32) {
    for record in &mut document.nodes {
        record.span = moved(record.span, base);
    }
    for extras in document.extras.values_mut() {
        extras.anchor = extras.anchor.map(|anchor| moved(anchor, base));
    }
    for comment in &mut document.comments {
        comment.span = moved(comment.span, base);
    }
    document.range = moved(document.range, base);
}

fn moved(span: Span, base: u32) -> Span {
    Span { start: span.start + base, end: span.end + base }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::parse;
    use crate::text::FileId;

    #[test]
    fn spans_are_those_of_the_outer_file() {
        let text = "data:\n  x.yml: |-\n    ---\n    # c\n    a:\n    - b: 'it''s'\n      c: |\n        \
                    d\n    ---\n    e: f\n  y: z\n";
        let source = SourceText::new("t", text);
        let outer = parse(&source, FileId::default()).documents.remove(0);
        let node = outer.root().unwrap().get("data").unwrap().get("x.yml").unwrap();
        let inner = parse_literal(&source, node).unwrap();
        assert_eq!(inner.findings, []);
        let document = &inner.documents[0];
        for (path, shown) in [("a[0].b", "'it''s'"), ("a[0].c", "|\n        d")] {
            let span = document.at(path).unwrap().span();
            assert_eq!(&text[span.range()], shown);
        }
        let comment = document.comments()[0].span;
        assert_eq!(&text[comment.range()], "# c");
        assert!(outer.span().contains(document.span()));
        assert!(document.at("e").is_none());
        assert!(parse_literal(&source, outer.at("data.y").unwrap()).is_none());
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        let text = "a: |\n  b: [\n  c: d\n";
        let source = SourceText::new("t", text);
        let outer = parse(&source, FileId::default()).documents.remove(0);
        let inner = parse_literal(&source, outer.at("a").unwrap()).unwrap();
        let at = inner.findings[0].location.unwrap().span.start as usize;
        assert!(at > 8, "{at}");
    }
}
