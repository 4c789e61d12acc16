//! The view of usage.

use promsieve_core::usage::{Usage, Verdict};
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
}

/// One metric.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MetricUseView {
    pub(crate) name: String,
    /// `used`, `unused` or `unknown`.
    pub(crate) verdict: &'static str,
    pub(crate) by: Vec<String>,
    /// Labels that nobody needs, of those that the series have.
    pub(crate) unneeded_labels: Vec<String>,
}

/// A query that could not be understood.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NotUnderstoodView {
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) reason: String,
}

/// Consumers named beside a metric.
const NAMED: usize = 5;

impl UsageView {
    /// The view for these metrics, each with its labels.
    pub(crate) fn of(usage: &Usage, metrics: &[(String, Vec<String>)]) -> Self {
        let not_understood =
            usage.not_understood().into_iter().map(|(query, reason)| NotUnderstoodView {
                file: query.origin.file.clone(),
                name: query.origin.name.clone(),
                query: query.text.clone(),
                reason: reason.to_owned(),
            });
        Self {
            queries: usage.queries().len(),
            consumers_given: usage.kinds_given().iter().map(|kind| kind.as_str()).collect(),
            consumers_not_given: usage.kinds_missing().iter().map(|kind| kind.as_str()).collect(),
            metrics: metrics.iter().map(|(name, labels)| metric(usage, name, labels)).collect(),
            not_understood: not_understood.collect(),
        }
    }
}

fn metric(usage: &Usage, name: &str, labels: &[String]) -> MetricUseView {
    let verdict = usage.metric(name);
    let by = match &verdict {
        Verdict::Used(uses) | Verdict::Unknown(uses) => {
            let mut by: Vec<String> = Vec::new();
            for found in uses {
                let origin = &usage.queries()[found.query].origin;
                let text = format!("{} ({})", origin.name, origin.file);
                if !by.contains(&text) && by.len() < NAMED {
                    by.push(text);
                }
            }
            by
        }
        Verdict::Unused => Vec::new(),
    };
    let unneeded = labels.iter().filter(|label| usage.label(name, label).is_unused());
    MetricUseView {
        name: name.to_owned(),
        verdict: verdict.as_str(),
        by,
        unneeded_labels: unneeded.cloned().collect(),
    }
}
