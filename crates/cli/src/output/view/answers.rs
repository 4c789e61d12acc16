//! The view of what a plan means for the queries that it was made with.

use std::collections::BTreeMap;

use promsieve_core::optimize::{Action, Rewrite};
use promsieve_core::usage::{Origin, Usage};
use serde::Serialize;

/// The queries of all consumers, by what the plan does to their answers.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct QueriesView {
    pub(crate) given: usize,
    /// Those whose answers stay as they are.
    pub(crate) safe: usize,
    /// The others.
    pub(crate) others: Vec<OtherQueryView>,
}

/// A query whose answer is not known to stay as it is.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OtherQueryView {
    /// `FILE: NAME`.
    pub(crate) asked_by: String,
    pub(crate) query: String,
    pub(crate) reason: String,
}

impl QueriesView {
    /// Safe is what is understood and touched by no loss of the plan.
    pub(super) fn of(actions: &[Action], usage: &Usage) -> Self {
        let mut others: BTreeMap<usize, String> = BTreeMap::new();
        for loss in actions.iter().filter_map(|action| action.loss.as_ref()) {
            let lost = loss.queries.iter().map(|&at| (at, loss.what.clone()));
            others.extend(lost);
        }
        let mut others: Vec<OtherQueryView> = others
            .into_iter()
            .map(|(at, reason)| OtherQueryView {
                asked_by: asker(usage, at),
                query: usage.queries()[at].text.clone(),
                reason,
            })
            .collect();
        others.extend(usage.not_understood().into_iter().map(|(query, reason)| OtherQueryView {
            asked_by: asked_by(&query.origin),
            query: query.text.clone(),
            reason: format!("it is not understood, so what it may ask for stays: {reason}"),
        }));
        let given = usage.queries().len();
        Self { given, safe: given - others.len(), others }
    }
}

/// A query that has to be written anew.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RewriteView {
    /// `FILE: NAME`.
    pub(crate) asked_by: String,
    pub(crate) query: String,
    /// What it is to be; null where that cannot be told.
    pub(crate) becomes: Option<String>,
    /// Why it cannot be told.
    pub(crate) reason: Option<String>,
}

impl RewriteView {
    /// The view of a query that changes.
    pub(super) fn of(rewrite: Rewrite, usage: &Usage) -> Self {
        let (becomes, reason) = match rewrite.becomes {
            Ok(text) => (Some(text), None),
            Err(reason) => (None, Some(reason)),
        };
        let query = usage.queries()[rewrite.query].text.clone();
        Self { asked_by: asker(usage, rewrite.query), query, becomes, reason }
    }
}

/// Who asks a query.
pub(super) fn asker(usage: &Usage, at: usize) -> String {
    asked_by(&usage.queries()[at].origin)
}

fn asked_by(origin: &Origin) -> String {
    format!("{}: {}", origin.file, origin.name)
}
