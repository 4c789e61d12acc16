//! Whether queries would miss what an action takes: asked of the usage itself, whoever proposed it.

use std::collections::BTreeSet;

use super::action::{Action, ActionKind};
use crate::regexp::Pattern;
use crate::regexp::language::{Language, Limits, Undecided};
use crate::relabel::RawStep;
use crate::server::Server;
use crate::usage::Usage;

/// Why an action takes what somebody needs, if it does and does not say so.
pub(super) fn needed(usage: &Usage, action: &Action, server: Server) -> Option<String> {
    if action.loss.is_some() {
        return None;
    }
    action.metrics.iter().find_map(|metric| match action.kind {
        ActionKind::DropMetrics => {
            let unused = usage.metric(metric).is_unused();
            (!unused).then(|| format!("a query needs `{metric}`"))
        }
        ActionKind::DropLabel => action.labels.iter().find_map(|label| {
            let unused = usage.label(metric, label).is_unused();
            (!unused).then(|| format!("a query needs `{label}` of `{metric}`"))
        }),
        ActionKind::DropValues => value_needed(usage, action, metric, server),
    })
}

/// The queries that select one of the action's metrics.
pub(super) fn queries(usage: &Usage, action: &Action) -> usize {
    let queries = action.metrics.iter().map(|metric| usage.selected(metric).queries());
    queries
        .fold(BTreeSet::new(), |mut all, mut some| {
            all.append(&mut some);
            all
        })
        .len()
}

/// A value that a step drops and that a query selects, among all values that there can be.
fn value_needed(usage: &Usage, action: &Action, metric: &str, server: Server) -> Option<String> {
    let limits = Limits::default();
    let selected = usage.selected(metric);
    let label = action.labels.first()?;
    if !selected.restricts(label) {
        return Some(format!("a query needs every value of `{label}` of `{metric}`"));
    }
    let witness = || -> Result<Option<String>, Undecided> {
        let values = selected.values(label, limits)?;
        let used = Language::joined(&[Language::literal(metric, limits), values], ";", limits)?;
        for step in &action.steps {
            let Some(pattern) = pattern(step, server) else { continue };
            let verdict = Language::of(&pattern, limits)?.disjoint(&used)?;
            if let Some(witness) = verdict.witness() {
                return Ok(Some(witness.to_owned()));
            }
        }
        Ok(None)
    };
    match witness() {
        Ok(witness) => witness.map(|it| format!("a query selects `{it}` of `{metric}`")),
        Err(undecided) => Some(format!("the values of `{label}` of `{metric}` are {undecided}")),
    }
}

fn pattern(step: &RawStep, server: Server) -> Option<Pattern> {
    step.regex
        .value()
        .and_then(|regex| Pattern::parse(regex, crate::regexp::Dialect::of(server)).ok())
}
