//! Text to trees: total, guarded against bombs, with syntax errors in the server's own words.

use granit_parser::{Event, Parser, ScanError, Span as EventSpan};

use super::build::{Builder, Refusal};
use super::pieces::read_in_pieces;
use super::tree::Document;
use super::words::server_words;
use crate::finding::{Evidence, Finding, RuleId, Severity};
use crate::text::{FileId, Location, SourceText, Span};

/// A file that is no YAML (or JSON) at all.
pub const INVALID_YAML: RuleId = RuleId { code: "SC000", name: "invalid-yaml" };

/// Deepest nesting that is read. yaml.v2 goes to 10,000, but no configuration passes twenty.
pub const MAX_DEPTH: usize = 1000;

/// Largest text that is read, in bytes. A server with 10,000 jobs has 4 MiB.
pub const MAX_SIZE: usize = 16 << 20;

/// How many nodes are read: 10,000 jobs have 600,000. With [`MAX_SIZE`] it bounds time and memory.
pub const MAX_NODES: usize = 1_200_000;

/// The documents of a file and what is wrong with it.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Every document up to the first syntax error. Prometheus reads the first one only.
    pub documents: Vec<Document>,
    /// At most one finding of [`INVALID_YAML`], with the server's words as evidence.
    pub findings: Vec<Finding>,
}

/// Reads `source` as YAML, of which JSON is a part.
pub fn parse(source: &SourceText, file: FileId) -> Parsed {
    let text = source.text();
    if text.len() > MAX_SIZE {
        return Parsed {
            documents: Vec::new(),
            findings: vec![too_large(file, text.len() as u64)],
        };
    }
    if let Some(document) = read_in_pieces(text, file) {
        return Parsed { documents: vec![document], findings: Vec::new() };
    }
    let mut documents = Vec::new();
    let findings = match read(text, file, Limits::default(), &mut documents) {
        Ok(()) => Vec::new(),
        Err(refusal) => vec![finding(file, refusal)],
    };
    Parsed { documents, findings }
}

/// What is said of a file of `size` bytes that is larger than [`MAX_SIZE`]; it need not be read.
pub fn too_large(file: FileId, size: u64) -> Finding {
    let message = format!("the file has {size} bytes, more than the {MAX_SIZE} that are read");
    finding(file, Refusal { span: Span::default(), message })
}

/// What is said of a file that is no UTF-8 at byte `at` (yaml.v2 readerc.go).
pub fn invalid_utf8(file: FileId, at: usize) -> Finding {
    let message = "yaml: invalid leading UTF-8 octet".to_owned();
    let mut found = finding(file, Refusal { span: Span::new(at, at), message });
    found.remedy = Some("save the file as UTF-8".to_owned());
    found
}

/// How much is read of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) nodes: usize,
    pub(super) depth: usize,
    /// Of how many bytes the text is a part that its document will hold, if that is known.
    pub(super) room: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes: MAX_NODES, depth: MAX_DEPTH, room: 0 }
    }
}

pub(super) fn read(
    text: &str,
    file: FileId,
    limits: Limits,
    documents: &mut Vec<Document>,
) -> Result<(), Refusal> {
    let options = granit_parser::options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: limits.depth,
        block_nesting_limit: limits.depth,
    };
    let mut nodes_left = limits.nodes;
    let mut builder = None;
    let mut before = Vec::new();
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| refusal(text, &error))?;
        match event {
            Event::DocumentStart(..) => {
                let mut next = Builder::new(file, text, offset(span));
                next.reserve(limits.room);
                for (event, span) in before.drain(..) {
                    next.event(event, span)?;
                }
                builder = Some(next);
            }
            Event::DocumentEnd => {
                if let Some(done) = builder.take() {
                    check_aliases(&done)?;
                    done.check_old_scanner()?;
                    documents.push(done.finish(offset(span)));
                }
            }
            event => match &mut builder {
                Some(builder) => {
                    builder.event(event, span)?;
                    nodes_left = nodes_left.checked_sub(1).ok_or_else(too_many)?;
                }
                None if matches!(event, Event::Comment(..)) => before.push((event, span)),
                None => {}
            },
        }
    }
    trailing_comments(documents, before, file, text)
}

fn too_many() -> Refusal {
    let message = format!("the file has more than {MAX_NODES} values, the most that are read");
    Refusal { span: Span::default(), message }
}

/// Comments after the last document belong to it.
fn trailing_comments(
    documents: &mut Vec<Document>,
    comments: Vec<(Event<'_>, EventSpan)>,
    file: FileId,
    text: &str,
) -> Result<(), Refusal> {
    let mut rest = Builder::new(file, text, 0);
    for (event, span) in comments {
        rest.event(event, span)?;
    }
    let rest = rest.finish(text.len());
    match documents.last_mut() {
        Some(last) => last.comments.extend(rest.comments),
        None if !rest.comments.is_empty() => documents.push(rest),
        None => {}
    }
    Ok(())
}

/// yaml.v2 decode.go `allowedAliasRatio`: past 400,000 nodes, aliases may make ever less of them.
fn check_aliases(builder: &Builder<'_>) -> Result<(), Refusal> {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    let (decoded, aliased) = builder.decoded();
    let allowed = match decoded {
        ..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((decoded - LOW) as f64 / (HIGH - LOW) as f64),
    };
    if aliased > 100 && decoded > 1000 && aliased as f64 / decoded as f64 > allowed {
        let message = "yaml: document contains excessive aliasing".to_owned();
        return Err(Refusal { span: Span::default(), message });
    }
    Ok(())
}

fn refusal(text: &str, error: &ScanError) -> Refusal {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let words = server_words(error.kind());
    let end =
        text[at..].chars().next().map_or(at, |c| if c == '\n' { at } else { at + c.len_utf8() });
    let message = format!("yaml: line {}: {words}", error.marker().line());
    Refusal { span: Span::new(at, end), message }
}

fn offset(span: EventSpan) -> usize {
    span.byte_range().map_or(0, |range| range.end)
}

pub(super) fn finding(file: FileId, refusal: Refusal) -> Finding {
    let location = Location { file, span: refusal.span };
    let words = refusal.message.strip_prefix("yaml: ").unwrap_or(&refusal.message);
    let words = match words.split_once(": ") {
        Some((line, rest)) if line.starts_with("line ") => rest,
        _ => words,
    };
    Finding::new(INVALID_YAML, Severity::Error, location, format!("this is no YAML: {words}"))
        .evidence(Evidence::Server(refusal.message))
        .consequence("nothing of the file can be read")
}
