//! Where in the text of a configuration steps stand, and how more are put there.

use std::ops::Range;

use promsieve_core::config::{self, Chain, ChainKind, ConfiguredStep, Job, Project};
use promsieve_core::relabel::StepField;
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText, Span};

/// What ends the line that a finding is expected on.
pub(super) const MARK: &str = " # error";

/// A step of a clean configuration.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The text that it is in.
    pub text: &'a str,
    /// Its job.
    pub job: &'a Job,
    /// Its chain.
    pub chain: &'a Chain,
    /// Its place in the chain.
    pub index: usize,
    /// The step.
    pub step: &'a ConfiguredStep,
}

/// A change of a text that makes a mistake.
#[derive(Debug, Clone)]
pub struct Change {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes instead.
    pub text: String,
    /// Where the finding is expected: a byte of the text before the change, at most its start.
    pub at: usize,
    /// So many lines below that.
    pub down: u32,
}

impl<'a> Site<'a> {
    /// The value of a field as it is written, and where.
    pub fn written(&self, field: StepField) -> Option<(&'a str, Range<usize>)> {
        let span = self.step.spans.field(field).filter(|span| !span.merged)?;
        let range = span.value.span.range();
        self.is_plain().then(|| (&self.text[range.clone()], range))
    }

    /// The key of a field, and where it is.
    pub fn key(&self, field: StepField) -> Option<Range<usize>> {
        let span = self.step.spans.field(field).filter(|span| !span.merged)?;
        self.is_plain().then(|| span.key.span.range())
    }

    /// Another text for the value of a field.
    pub fn replace(&self, field: StepField, text: impl Into<String>) -> Option<Change> {
        let (_, range) = self.written(field)?;
        Some(Change { at: range.start, range, text: text.into(), down: 0 })
    }

    /// Where the step begins.
    pub fn start(&self) -> usize {
        self.step.spans.item.span.range().start
    }

    /// Whether the step is an item in block style that nothing refers to.
    fn is_plain(&self) -> bool {
        let item = self.step.spans.item.span.range();
        is_item(self.text, item.start) && !self.text[item].contains(['&', '*', '{'])
    }
}

/// Reads a configuration.
pub(super) fn parsed(text: &str) -> Project {
    let source = SourceText::new("prometheus.yml", text);
    config::parse(FileId::default(), &source, Server::default()).0
}

/// A job's chain of a kind.
pub(super) fn chain_of(job: &Job, kind: ChainKind) -> &Chain {
    if kind == ChainKind::Target { &job.target_chain } else { &job.metric_chain }
}

/// The text with steps, in block style and not indented, at the end of a job's chain, and the line
/// where they begin. `None` where the chain is written in a way that leaves no place.
pub(super) fn with_steps(
    text: &str,
    job: &Job,
    kind: ChainKind,
    steps: &str,
) -> Option<(String, u32)> {
    let chain = chain_of(job, kind);
    let (place, indent, head) = match chain.steps.last() {
        Some(last) => {
            let item = last.spans.item.span;
            is_item(text, item.range().start).then_some(())?;
            (line_after(text, item), column(text, item.range().start) - 2, String::new())
        }
        None if chain.written => return None,
        None => {
            let name = job.name_location.span.range();
            let line = &text[..name.start];
            let line_start = line.rfind('\n').map_or(0, |at| at + 1);
            let key = line[line_start..].find("job_name:")?;
            let before = &text[line_start..line_start + key];
            before.chars().all(|c| c == ' ' || c == '-').then_some(())?;
            let name = if kind == ChainKind::Target {
                "relabel_configs"
            } else {
                "metric_relabel_configs"
            };
            let head = format!("{}{name}:\n", " ".repeat(key));
            (line_after(text, job.name_location.span), key, head)
        }
    };
    let steps: String =
        steps.lines().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect();
    let (before, after) = text.split_at(place);
    let newline = if before.ends_with('\n') { "" } else { "\n" };
    let before = format!("{before}{newline}{head}");
    let line = before.lines().count() as u32 + 1;
    Some((format!("{before}{steps}{after}"), line))
}

/// Whether an item of a list in block style begins here: `- ` and nothing else before it.
fn is_item(text: &str, start: usize) -> bool {
    let line = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
    line.trim_start() == "- "
}

fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// The first byte of the line after a span.
fn line_after(text: &str, span: Span) -> usize {
    let last = span.range().end.saturating_sub(1);
    text[last..].find('\n').map_or(text.len(), |at| last + at + 1)
}

/// A text without its mark, and the line that had it.
pub(super) fn unmarked(text: &str) -> (String, Option<u32>) {
    let line =
        text.lines().zip(1..).find(|(line, _)| line.ends_with(MARK)).map(|(_, number)| number);
    (text.replace(MARK, ""), line)
}
