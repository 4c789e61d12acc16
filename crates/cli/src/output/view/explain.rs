//! The view of one metric under a plan.

use promsieve_core::optimize::{Action, Evidence, Planned, effects};
use promsieve_core::usage::{Use, Verdict};
use serde::Serialize;

use super::answers::asker;
use super::optimize::ActionView;

/// Why a metric is kept or dropped.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExplainView {
    pub(crate) metric: String,
    /// Series stored today.
    pub(crate) series: u64,
    /// `used`, `unused` or `unknown`.
    pub(crate) verdict: &'static str,
    /// By whom, or by whom perhaps.
    pub(crate) uses: Vec<UseView>,
    /// Actions of the plan that touch it.
    pub(crate) actions: Vec<EffectView>,
    /// Actions beside the plan that would.
    pub(crate) not_applied: Vec<EffectView>,
    /// Losses that would, where the budget asks for them.
    pub(crate) losses: Vec<EffectView>,
}

/// One use of it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UseView {
    /// Who asks: `FILE: NAME`.
    pub(crate) by: String,
    pub(crate) query: String,
    /// What stands between the metric and the result.
    pub(crate) reason: String,
}

/// What an action does to it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EffectView {
    /// Series of the metric that the action drops.
    pub(crate) dropped: u64,
    /// Series of the metric, in the action's job.
    pub(crate) series: u64,
    pub(crate) action: ActionView,
}

impl ExplainView {
    /// The view of a metric that is stored.
    pub(crate) fn of(metric: &str, evidence: &Evidence<'_>, planned: &Planned) -> Self {
        let table = &evidence.stored.table;
        let rows = table.metrics.iter().filter(|group| table.metric_name(group) == metric);
        let verdict = evidence.usage.metric(metric);
        let uses: &[Use] = match &verdict {
            Verdict::Used(uses) | Verdict::Unknown(uses) => uses,
            Verdict::Unused => &[],
        };
        let view = |found: &Use| UseView {
            by: asker(evidence.usage, found.query),
            query: evidence.usage.queries()[found.query].text.clone(),
            reason: found.reason.clone(),
        };
        let effects = |actions: &[Action]| -> Vec<EffectView> {
            let touching = effects(evidence, actions, metric).into_iter();
            touching
                .map(|(at, effect)| EffectView {
                    dropped: effect.dropped.0,
                    series: effect.series.0,
                    action: ActionView::of(&actions[at], evidence.usage),
                })
                .collect()
        };
        Self {
            metric: metric.to_owned(),
            series: rows.map(|group| group.rows as u64).sum(),
            verdict: verdict.as_str(),
            uses: uses.iter().map(view).collect(),
            actions: effects(planned.plan.actions()),
            not_applied: effects(planned.plan.not_applied()),
            losses: effects(&planned.losses),
        }
    }
}
