//! The view of a gate's verdict.

use promsieve_core::compare::{BudgetOutcome, Excess, Level, Measure};
use serde::Serialize;

use super::compare::{ComparisonView, MetricChangeView};

/// Whether a change keeps to its budgets, and what is different.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GateView {
    /// `pass`, `warn` or `fail`: the worst of all.
    pub(crate) level: &'static str,
    /// Budgets first, then checks.
    pub(crate) budgets: Vec<BudgetView>,
    pub(crate) change: ComparisonView,
}

/// What a budget or a check says.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BudgetView {
    pub(crate) name: String,
    pub(crate) level: &'static str,
    /// How many things it was asked of: metrics, jobs, or 1.
    pub(crate) checked: usize,
    /// What is too much, the worst first.
    pub(crate) excesses: Vec<ExcessView>,
}

/// One thing that is too much.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExcessView {
    pub(crate) level: &'static str,
    /// A metric, a job, a query; empty where it is everything in the budget's scope.
    pub(crate) subject: String,
    /// `series`, `memory`, `disk_per_day` (bytes) or `samples_per_second`; null for a check.
    pub(crate) measure: Option<&'static str>,
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    pub(crate) allowed: Option<f64>,
    /// Of a check: what is wrong.
    pub(crate) reason: Option<String>,
    /// The changes that made it so, the largest first.
    pub(crate) causes: Vec<MetricChangeView>,
}

impl GateView {
    /// The view of outcomes, of which `worst` is the worst.
    pub(crate) fn of(worst: Level, outcomes: &[BudgetOutcome], change: ComparisonView) -> Self {
        let budget = |outcome: &BudgetOutcome| BudgetView {
            name: outcome.name.clone(),
            level: outcome.level().as_str(),
            checked: outcome.checked,
            excesses: outcome.excesses.iter().map(ExcessView::of).collect(),
        };
        Self { level: worst.as_str(), budgets: outcomes.iter().map(budget).collect(), change }
    }
}

impl ExcessView {
    fn of(excess: &Excess) -> Self {
        let number = |number: f64| excess.measure.map(|_| (number * 10.0).round() / 10.0);
        Self {
            level: excess.level.as_str(),
            subject: excess.subject.clone(),
            measure: excess.measure.map(Measure::as_str),
            before: number(excess.value.before),
            after: number(excess.value.after),
            allowed: number(excess.allowed),
            reason: Some(excess.reason.clone()).filter(|reason| !reason.is_empty()),
            causes: excess.causes.iter().map(MetricChangeView::of).collect(),
        }
    }
}
