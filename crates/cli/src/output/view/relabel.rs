//! What `relabel --scrape` shows.

use std::collections::BTreeMap;

use promsieve_core::config::ConfiguredStep;
use promsieve_core::flow::{Collision, LabelPairs, ScrapeFailure, StepDetail, StepFlow};
use promsieve_core::relabel::Step;
use promsieve_core::server::Server;
use serde::Serialize;

use crate::commands::simulate::Simulated;
use crate::input::chain::FoundChain;

/// A label set by name.
pub(crate) type Labels = BTreeMap<String, String>;

/// What a chain does to the series of scrapes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RelabelView {
    /// The chain's file, or its path in a configuration.
    pub(crate) chain: String,
    pub(crate) server: String,
    /// Series that come to the chain.
    pub(crate) series: u64,
    /// Series that a step drops.
    pub(crate) dropped: u64,
    /// Series that pass, those that become one counted once.
    pub(crate) kept: u64,
    /// Series that become the same as another one: their samples are dropped.
    pub(crate) lost: u64,
    /// Series that become the same as another one and interleave with it.
    pub(crate) interleaved: u64,
    /// Series that pass with names that are refused.
    pub(crate) refused: u64,
    pub(crate) steps: Vec<StepView>,
    pub(crate) collisions: Vec<CollisionView>,
    pub(crate) failures: Vec<FailureView>,
}

/// One step, and what it did.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct StepView {
    /// Counted from zero.
    pub(crate) step: usize,
    pub(crate) path: String,
    /// Counted from one.
    pub(crate) line: u32,
    pub(crate) action: &'static str,
    pub(crate) summary: String,
    /// Series that earlier steps left.
    pub(crate) reached: u64,
    pub(crate) matched: u64,
    pub(crate) unmatched: u64,
    pub(crate) dropped: u64,
    pub(crate) changed: u64,
    /// Series that it makes the same as another one.
    pub(crate) merged: u64,
    /// It leaves every series as it is.
    pub(crate) does_nothing: bool,
    pub(crate) examples: ExamplesView,
}

/// The first series of each kind; `null` where there is none.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExamplesView {
    pub(crate) dropped: Option<Labels>,
    pub(crate) changed: Option<ChangeView>,
    pub(crate) merged: Option<Vec<Labels>>,
}

/// A series before and after a step.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ChangeView {
    pub(crate) before: Labels,
    pub(crate) after: Labels,
}

/// Series of one metric that become the same.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CollisionView {
    pub(crate) metric: String,
    pub(crate) before: u64,
    pub(crate) after: u64,
    pub(crate) lost: u64,
    pub(crate) interleaved: u64,
    pub(crate) across_targets: bool,
    pub(crate) step: Option<usize>,
    pub(crate) becomes: Labels,
}

/// A target whose whole scrape is lost.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FailureView {
    pub(crate) job: String,
    pub(crate) instance: String,
    pub(crate) reason: String,
    pub(crate) step: Option<usize>,
    pub(crate) series: Labels,
}

impl RelabelView {
    /// The view of a simulation.
    pub(crate) fn of(found: &FoundChain, simulated: &Simulated, server: Server) -> Self {
        let flow = &simulated.flow;
        let collisions: Vec<CollisionView> =
            simulated.collisions.iter().map(CollisionView::of).collect();
        let steps = found.chain.steps.iter().filter(|step| step.step.is_some());
        let steps = steps.zip(&flow.steps).zip(&flow.details).enumerate();
        let file = found.sources.file(found.chain.location.file).name().to_owned();
        let named = found.job.is_some() || !found.project.remote_writes.is_empty();
        Self {
            chain: if named { found.chain.path.clone() } else { file },
            server: server.to_string(),
            series: flow.attached.0,
            dropped: flow.dropped().0,
            kept: flow.stored.0,
            lost: collisions.iter().map(|collision| collision.lost).sum(),
            interleaved: collisions.iter().map(|collision| collision.interleaved).sum(),
            refused: flow.refused.0,
            steps: steps
                .filter_map(|(at, ((step, flow), detail))| {
                    StepView::of(found, at, step, *flow, detail)
                })
                .collect(),
            collisions,
            failures: simulated.failures.iter().map(FailureView::of).collect(),
        }
    }
}

impl StepView {
    fn of(
        found: &FoundChain,
        at: usize,
        configured: &ConfiguredStep,
        flow: StepFlow,
        detail: &StepDetail,
    ) -> Option<Self> {
        let step = configured.step.as_ref()?;
        let file = found.sources.file(configured.spans.item.file);
        let matched = flow.matched(step.action()).0;
        Some(Self {
            step: at,
            path: file.name().to_owned(),
            line: file.position(configured.spans.item.span.start).line,
            action: step.action().name(),
            summary: summary(step, configured),
            reached: flow.reached.0,
            matched,
            unmatched: flow.reached.0 - matched,
            dropped: flow.dropped.0,
            changed: flow.changed.0,
            merged: detail.merged.0,
            does_nothing: flow.does_nothing(),
            examples: ExamplesView {
                dropped: detail.dropped.as_ref().map(labels),
                changed: detail.changed.as_ref().map(|[before, after]| ChangeView {
                    before: labels(before),
                    after: labels(after),
                }),
                merged: detail.made_one.as_ref().map(|pair| pair.iter().map(labels).collect()),
            },
        })
    }
}

impl CollisionView {
    fn of(collision: &Collision) -> Self {
        Self {
            metric: collision.metric.clone(),
            before: collision.before.0,
            after: collision.after.0,
            lost: collision.lost().0,
            interleaved: collision.interleaved.0,
            across_targets: collision.across_targets,
            step: collision.step,
            becomes: labels(&collision.becomes),
        }
    }
}

impl FailureView {
    fn of(failure: &ScrapeFailure) -> Self {
        Self {
            job: failure.job.clone(),
            instance: failure.instance.clone(),
            reason: failure.reason.clone(),
            step: failure.step,
            series: labels(&failure.example),
        }
    }
}

fn labels(pairs: &LabelPairs) -> Labels {
    pairs.iter().cloned().collect()
}

/// A step in one line: `drop __name__ =~ go_.*`, `replace path from path =~ /user/.*`.
fn summary(step: &Step, configured: &ConfiguredStep) -> String {
    let sources = step.source_labels().join(step.separator());
    let regex = configured.raw.regex.value().map(|regex| format!(" =~ {regex}"));
    let regex = regex.unwrap_or_default();
    let words = match (step.action().is_by_name(), step.target_label()) {
        (true, _) => configured.raw.regex.value().cloned().unwrap_or_default(),
        (false, "") => format!("{sources}{regex}"),
        (false, target) if sources.is_empty() => target.to_owned(),
        (false, target) => format!("{target} from {sources}{regex}"),
    };
    format!("{} {words}", step.action().name()).replace('\n', "\\n")
}
