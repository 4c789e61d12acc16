//! The view of what rules record.

use promsieve_core::cost::{Recorded, RuleKind, RuleSeries};
use serde::Serialize;

/// What the rules among the inputs record at a time.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RulesView {
    /// Recording rules.
    pub(crate) rules: u64,
    /// Those of them whose series are counted exactly.
    pub(crate) exact: u64,
    /// Series of all of them, each once: at most, where some are bounded.
    pub(crate) series: u64,
    /// Fewest of them.
    pub(crate) at_least: u64,
    /// Rules of which only bounds are known, those with the most series first.
    pub(crate) bounded: Vec<BoundedView>,
    /// Rules that the server gets an error of, each time.
    pub(crate) failing: Vec<FailingView>,
    /// Metrics of rules that find nothing in these scrapes.
    pub(crate) without_series: Vec<String>,
    /// Most series `ALERTS` and `ALERTS_FOR_STATE` at a time, if all alerts were active at once; in
    /// none of the quantities.
    pub(crate) alerts: u64,
}

/// A rule of which only bounds are known.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BoundedView {
    pub(crate) record: String,
    pub(crate) at_least: u64,
    pub(crate) at_most: u64,
    pub(crate) why: String,
}

/// A rule that fails.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FailingView {
    pub(crate) record: String,
    pub(crate) why: String,
}

impl RulesView {
    /// The view of what rules record.
    pub(crate) fn of(recorded: &Recorded) -> Self {
        let rules = || recorded.rules.iter().filter(|rule| rule.kind == RuleKind::Record);
        let mut bounded: Vec<BoundedView> = rules().filter_map(bounded).collect();
        bounded.sort_by_key(|rule| std::cmp::Reverse(rule.at_most));
        let failing = |rule: &RuleSeries| {
            Some(FailingView { record: rule.name.clone(), why: rule.refused.clone()? })
        };
        let is_empty = |rule: &&RuleSeries| rule.series.most == 0 && rule.refused.is_none();
        let series = recorded.series();
        Self {
            rules: rules().count() as u64,
            exact: rules().filter(|rule| rule.series.is_exact()).count() as u64,
            series: series.most,
            at_least: series.least,
            bounded,
            failing: rules().filter_map(failing).collect(),
            without_series: rules().filter(is_empty).map(|rule| rule.name.clone()).collect(),
            alerts: recorded.alerts,
        }
    }
}

fn bounded(rule: &RuleSeries) -> Option<BoundedView> {
    (!rule.series.is_exact()).then(|| BoundedView {
        record: rule.name.clone(),
        at_least: rule.series.least,
        at_most: rule.series.most,
        why: rule.doubt.clone().unwrap_or_default(),
    })
}
