//! What chains take away of the table of signals, told step by step.

use std::collections::BTreeMap;

use super::Context;
use crate::config::Job;
use crate::finding::{Evidence, Finding, Subject};
use crate::relabel::StepField;
use crate::series::Table;
use crate::signals::{Loss, LostCell, What};

/// Cells named in a message.
const NAMED: usize = 3;

/// What one step of a job's chain takes away.
pub(super) struct LostByStep<'a> {
    job: &'a Job,
    step: usize,
    /// Whether series are still there, but stand for several.
    merged: bool,
    /// Cells, most important first, each with what it loses.
    cells: Vec<(String, String)>,
    first: String,
}

/// The cells that `wanted` accepts by the step that takes them away. What no step is to blame for
/// is another rule's.
pub(super) fn by_step<'a>(
    context: &Context<'a>,
    attached: &Table,
    wanted: impl Fn(&LostCell<'_>) -> bool,
) -> Vec<LostByStep<'a>> {
    let mut steps: BTreeMap<(usize, usize, bool), LostByStep<'a>> = BTreeMap::new();
    for lost in context.signals(attached).lost().iter().filter(|lost| wanted(lost)) {
        let jobs = &context.project.jobs;
        let Some(at) = jobs.iter().position(|job| job.name == lost.job) else { continue };
        let Some(step) = lost.losses.iter().filter_map(|loss| loss.step).max() else { continue };
        let merged = lost.losses.iter().all(|loss| loss.what == What::Merged);
        let entry = steps.entry((at, step, merged)).or_insert_with(|| LostByStep {
            job: &jobs[at],
            step,
            merged,
            cells: Vec::new(),
            first: lost.losses.first().map(|loss| remedy(loss)).unwrap_or_default(),
        });
        let mut whats: Vec<String> = lost.losses.iter().map(ToString::to_string).collect();
        whats.dedup();
        entry.cells.push((lost.cell.id(), whats.join(" and ")));
    }
    steps.into_values().collect()
}

/// The finding on the step: which cells are `fate`, with the evidence for each.
pub(super) fn finding(context: &Context<'_>, lost: &LostByStep<'_>, fate: &str) -> Finding {
    let named: Vec<String> =
        lost.cells.iter().take(NAMED).map(|(cell, _)| format!("`{cell}`")).collect();
    let more = match lost.cells.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let are = if lost.cells.len() == 1 { "is" } else { "are" };
    let fate = if lost.merged { "wrong from here on".to_owned() } else { format!("{fate} here") };
    let chain = &lost.job.metric_chain;
    let place = chain.steps[lost.step].spans.value_or_item(StepField::Regex);
    let mut finding = context
        .finding(place, format!("{}{more} {are} {fate}", named.join(", ")))
        .evidence(Evidence::Data(evidence(&lost.cells)))
        .remedy(lost.first.clone());
    finding.subject = Subject {
        job: Some(lost.job.name.clone()),
        chain: Some(chain.path.clone()),
        step: Some(lost.step),
    };
    finding
}

/// What is lost, each with all the cells that it costs.
fn evidence(cells: &[(String, String)]) -> String {
    let mut whats: Vec<(&str, Vec<&str>)> = Vec::new();
    for (cell, what) in cells {
        match whats.iter_mut().find(|(known, _)| known == what) {
            Some((_, cells)) => cells.push(cell),
            None => whats.push((what, vec![cell])),
        }
    }
    let lines = whats.iter().map(|(what, cells)| format!("{what}: {}", cells.join(", ")));
    lines.collect::<Vec<_>>().join("; ")
}

fn remedy(Loss { metric, what, .. }: &Loss) -> String {
    match what {
        What::Metric => format!("keep `{metric}`"),
        What::Label(label) | What::Values(label) => format!("keep `{label}` of `{metric}`"),
        What::Merged => format!("keep what tells the series of `{metric}` apart"),
    }
}
