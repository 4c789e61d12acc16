//! Templates that are not YAML before they are rendered: said as advice instead of as errors.

use super::report::Report;
use crate::doc::{Document, Node, NodeKind, Parsed, Style};
use crate::finding::{Evidence, Finding, RuleId, Severity};
use crate::text::{Location, SourceText, Span};

impl Report<'_> {
    /// The documents that can be read. What is wrong with the YAML is reported, or, when the file is
    /// a template, that it must be rendered first.
    pub(super) fn documents(&mut self, parsed: Parsed) -> Vec<Document> {
        let wrong = parsed.findings.first();
        if let Some(at) = template_mark(self.source, &parsed.documents, wrong.is_some()) {
            let words = wrong.and_then(|finding| finding.evidence.text());
            let words = words.unwrap_or("yaml: invalid map key").to_owned();
            let file = wrong.and_then(|finding| Some(finding.location?.file));
            let file = file.or(parsed.documents.first().map(Document::file)).unwrap_or_default();
            self.findings.push(unrendered(self.rule, Location { file, span: at }, words));
            return Vec::new();
        }
        for mut finding in parsed.findings {
            finding.rule = self.rule;
            finding.consequence = Some(self.consequence().to_owned());
            self.findings.push(finding);
        }
        parsed.documents
    }
}

fn unrendered(rule: RuleId, at: Location, words: String) -> Finding {
    let message = "this is a template: it is read once it is rendered";
    let mut finding = Finding::new(rule, Severity::Info, at, message.to_owned())
        .evidence(Evidence::Server(words))
        .consequence("nothing of the file is checked as it is");
    finding.remedy = Some("render it: `helm template … | promsieve lint -`".to_owned());
    finding
}

/// Where the file shows that it is a template: a directive on a line of its own, or one that stands
/// for a whole value.
fn template_mark(source: &SourceText, documents: &[Document], is_wrong: bool) -> Option<Span> {
    let text = source.text();
    let has = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    if !MARKS.into_iter().any(has) {
        return None;
    }
    if is_wrong {
        return directive(text);
    }
    // `{{ x }}` as a value is a mapping with a mapping for its key.
    let is_directive = |document: &Document| {
        let mut nodes = document.nodes();
        let found = nodes.find(|node| {
            node.kind() == NodeKind::Mapping
                && node.style() == Style::Flow
                && text[node.span().range()].starts_with("{{")
        });
        found.map(Node::span)
    };
    documents.iter().filter(|_| has("{{")).find_map(is_directive)
}

/// How directives start: in Go and Helm, in Jinja, and in Go with other brackets.
const MARKS: [&str; 3] = ["{{", "{%", "[[-"];

fn directive(text: &str) -> Option<Span> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim();
        let value = shown.split_once(": ").map_or(shown, |(_, value)| value.trim_start());
        let value = value.trim_start_matches("- ");
        let starts = |text: &str| MARKS.iter().any(|mark| text.starts_with(mark));
        if starts(shown) || starts(value) || shown.ends_with("%}") {
            let start = at + (line.len() - line.trim_start().len());
            return Some(Span::new(start, start + shown.len()));
        }
        at += line.len();
    }
    None
}
