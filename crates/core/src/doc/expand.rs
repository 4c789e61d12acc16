//! What other programs do to the text of scalars before Prometheus's rules apply: `$$` for `$`, and
//! placeholders whose value nobody knows yet.

use memchr::memmem;

use super::tree::{Document, NodeKind};
use crate::text::Span;

/// What is replaced when a file is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// `${env:NAME}` and `${NAME}` in the configuration of an OpenTelemetry collector.
    Braces,
    /// `%{NAME}`, as vmagent reads it.
    Percent,
    /// `{{ … }}` of a template.
    Template,
    /// An expression in backquotes, which a collector's receiver creator evaluates.
    Backquotes,
    /// `$(NAME)`, which reloaders beside a server fill in: Thanos' and the operator's.
    Parentheses,
}

impl Placeholder {
    /// What each such placeholder begins with.
    fn beginning(self) -> &'static str {
        match self {
            Self::Braces => "${",
            Self::Percent => "%{",
            Self::Template => "{{",
            Self::Backquotes => "`",
            Self::Parentheses => "$(",
        }
    }

    fn is_in(self, text: &str) -> bool {
        match self {
            Self::Braces => has_open_brace(text),
            Self::Percent | Self::Template => text.contains(self.beginning()),
            Self::Backquotes => text.matches('`').nth(1).is_some(),
            Self::Parentheses => has_name_in_parentheses(text),
        }
    }
}

/// Whether a `${` has a `$` that is not the second of a pair.
fn has_open_brace(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'$', &bytes[at..]) {
        at += found;
        match bytes.get(at + 1) {
            Some(b'{') => return true,
            Some(b'$') => at += 2,
            _ => at += 1,
        }
    }
    false
}

/// Whether `$(NAME)` is in a text: as a pattern it matches nothing, as a replacement it is itself.
fn has_name_in_parentheses(text: &str) -> bool {
    text.match_indices("$(").any(|(at, _)| {
        let name = text[at + 2..].split_once(')').map_or("", |(name, _)| name);
        let is_first = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
        name.as_bytes().first().is_some_and(is_first)
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

impl Document {
    /// Marks the scalars that hold such a placeholder: [`super::Node::is_unknown`].
    pub fn mark(&mut self, placeholder: Placeholder) {
        let Self { nodes, decoded, .. } = self;
        // One look at all text is a fraction of one at each scalar's, and most files have none.
        if memmem::find(decoded.as_bytes(), placeholder.beginning().as_bytes()).is_none() {
            return;
        }
        for record in nodes.iter_mut().filter(|record| record.kind == NodeKind::Scalar) {
            record.unknown |= placeholder.is_in(&decoded[record.content.range()]);
        }
    }

    /// Makes one `$` of each `$$` in every scalar, as a collector does, and remembers it for
    /// offsets and edits.
    pub fn halve_dollars(&mut self) {
        let mut decoded = String::with_capacity(self.decoded.len());
        for record in self.nodes.iter_mut().filter(|record| record.kind == NodeKind::Scalar) {
            let start = decoded.len();
            let text = &self.decoded[record.content.range()];
            let mut pieces = text.split("$$");
            decoded.push_str(pieces.next().unwrap_or_default());
            for piece in pieces {
                decoded.push('$');
                decoded.push_str(piece);
            }
            record.content = Span::new(start, decoded.len());
        }
        self.decoded = decoded;
        self.dollars = true;
    }

    /// Whether [`Self::halve_dollars`] was called.
    pub fn has_halved_dollars(&self) -> bool {
        self.dollars
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{parse, replace_scalar};
    use crate::text::{FileId, SourceText};

    #[test]
    fn only_single_dollars_open_a_placeholder() {
        assert!(Placeholder::Braces.is_in("a${env:X}") && Placeholder::Braces.is_in("$$${X}"));
        assert!(!Placeholder::Braces.is_in("$${1}") && !Placeholder::Braces.is_in("$1$$"));
        let backquotes = |text: &str| Placeholder::Backquotes.is_in(text);
        assert!(backquotes("`endpoint`:80") && !backquotes("it`s"));
        let parentheses = |text: &str| Placeholder::Parentheses.is_in(text);
        assert!(parentheses("$(SHARD)") && parentheses("a$(_x1):$(Y)"));
        assert!(!parentheses("$()") && !parentheses("$(a|b)") && !parentheses("a$(1)"));
        assert!(!parentheses("$(A") && !parentheses("(A)$"));
        assert!(Placeholder::Percent.is_in("%{X}") && Placeholder::Template.is_in("{{ x }}"));
    }

    #[test]
    fn halved_dollars_keep_their_places_and_are_doubled_again() {
        let text = "a: '$$1_$$2-x'\n";
        let source = SourceText::new("t", text);
        let mut document = parse(&source, FileId::default()).documents.remove(0);
        document.halve_dollars();
        let node = document.at("a").unwrap();
        assert_eq!(node.text(), "$1_$2-x");
        for (at, shown) in [(0, "$$1"), (2, "_$$2"), (5, "-x")] {
            assert!(text[node.source_offset(&source, at) as usize..].starts_with(shown), "{at}");
        }
        assert_eq!(replace_scalar(&source, node, "${1}").text, "'$${1}'");
    }
}
