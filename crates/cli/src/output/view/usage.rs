//! The view of usage.

use promsieve_core::text::{Location, Sources, Span};
use promsieve_core::usage::{Note, Query, Usage, Verdict};
use serde::Serialize;

/// What is needed by whom.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UsageView {
    pub(crate) queries: usize,
    pub(crate) consumers_given: Vec<&'static str>,
    pub(crate) consumers_not_given: Vec<&'static str>,
    pub(crate) metrics: Vec<MetricUseView>,
    pub(crate) not_understood: Vec<NotUnderstoodView>,
    /// What was left out, since it asks for no series here, or nobody knows what it asks.
    pub(crate) left_out: Vec<LeftOutView>,
}

/// One metric.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricUseView {
    pub(crate) name: String,
    /// `used`, `unused` or `unknown`.
    pub(crate) verdict: &'static str,
    pub(crate) by: Vec<String>,
    /// How many selectors need it, or could.
    pub(crate) selectors: usize,
    /// The first of them.
    pub(crate) uses: Vec<UseView>,
    /// Labels that nobody needs, of those that the series have.
    pub(crate) unneeded_labels: Vec<String>,
}

/// A selector that needs a metric, or could.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UseView {
    /// The kind of thing that asks.
    pub(crate) consumer: &'static str,
    /// The name of what asks: a rule, a panel.
    pub(crate) name: String,
    pub(crate) file: String,
    /// Line and column of the selector, or of what holds it; from 1.
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    /// What of the query reaches its result, and why.
    pub(crate) reason: String,
}

/// Something that was left out.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LeftOutView {
    pub(crate) file: String,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) what: String,
}

/// A query that could not be understood.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NotUnderstoodView {
    pub(crate) file: String,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) reason: String,
}

/// Consumers named beside a metric.
const NAMED: usize = 5;

impl UsageView {
    /// The view for these metrics, each with its labels. Queries point into `sources`.
    pub(crate) fn of(
        usage: &Usage,
        sources: &Sources,
        left_out: &[Note],
        metrics: &[(String, Vec<String>)],
    ) -> Self {
        let not_understood = usage.not_understood().into_iter().map(|(query, reason)| {
            let (line, column) = place(query.origin.location, sources);
            NotUnderstoodView {
                file: query.origin.file.clone(),
                line,
                column,
                name: query.origin.name.clone(),
                query: query.text.clone(),
                reason: reason.to_owned(),
            }
        });
        let left_out = left_out.iter().map(|note| {
            let (line, column) = place(note.location, sources);
            LeftOutView { file: note.file.clone(), line, column, what: note.text.clone() }
        });
        let metrics = metrics.iter();
        Self {
            queries: usage.queries().len(),
            consumers_given: usage.kinds_given().iter().map(|kind| kind.as_str()).collect(),
            consumers_not_given: usage.kinds_missing().iter().map(|kind| kind.as_str()).collect(),
            metrics: metrics.map(|(name, labels)| metric(usage, sources, name, labels)).collect(),
            not_understood: not_understood.collect(),
            left_out: left_out.collect(),
        }
    }
}

fn metric(usage: &Usage, sources: &Sources, name: &str, labels: &[String]) -> MetricUseView {
    let verdict = usage.metric(name);
    let found = match &verdict {
        Verdict::Used(uses) | Verdict::Unknown(uses) => uses.as_slice(),
        Verdict::Unused => &[],
    };
    let mut by: Vec<String> = Vec::new();
    for found in found {
        let origin = &usage.queries()[found.query].origin;
        let text = if origin.file.is_empty() {
            origin.name.clone()
        } else {
            format!("{} ({})", origin.name, origin.file)
        };
        if by.len() < NAMED && !by.contains(&text) {
            by.push(text);
        }
    }
    let view = |found: &promsieve_core::usage::Use| {
        let query = &usage.queries()[found.query];
        used(query, found.span, &found.reason, sources)
    };
    let unneeded = labels.iter().filter(|label| usage.label(name, label).is_unused());
    MetricUseView {
        name: name.to_owned(),
        verdict: verdict.as_str(),
        by,
        selectors: found.len(),
        uses: found.iter().take(NAMED).map(view).collect(),
        unneeded_labels: unneeded.cloned().collect(),
    }
}

fn used(query: &Query, span: Option<Span>, reason: &str, sources: &Sources) -> UseView {
    let whole = query.origin.location;
    let source = whole.map(|whole| sources.file(whole.file));
    let location = match (span, source) {
        (Some(span), Some(source)) => query.place(span, source),
        _ => whole,
    };
    let (line, column) = place(location, sources);
    UseView {
        consumer: query.origin.kind.as_str(),
        name: query.origin.name.clone(),
        file: query.origin.file.clone(),
        line,
        column,
        reason: reason.to_owned(),
    }
}

fn place(location: Option<Location>, sources: &Sources) -> (Option<u32>, Option<u32>) {
    let position = location.map(|it| sources.file(it.file).position(it.span.start));
    position.map_or((None, None), |at| (Some(at.line), Some(at.column)))
}
