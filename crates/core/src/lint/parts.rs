//! Cuts a chain into parts whose filters do not depend on each other, so that most chains need no
//! analysis: what is claimed of a filter depends on its part alone.

use crate::relabel::analysis::{Start, may_read, may_write};
use crate::relabel::{Action, Step};

/// Indices of steps, in order.
pub(super) type Part = Vec<usize>;

/// The parts of a chain that have filters: filters of the same labels, and the steps that may write
/// what they read. What no filter depends on is in none.
pub(super) fn of(steps: &[&Step]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.action().is_filter()) {
        if !parts.iter().any(|part| part.contains(&index)) {
            parts.push(around(steps, index, step));
        }
    }
    parts
}

/// Indices of the steps before `step` that what it reads may depend on, filters apart.
pub(super) fn before(earlier: &[&Step], step: &Step) -> Part {
    let mut labels: Vec<&str> = read_by(step).collect();
    let mut part = Part::new();
    for (at, earlier_step) in earlier.iter().enumerate().rev() {
        if earlier_step.action() == Action::LabelMap {
            // It copies labels of any name.
            part.extend((0..=at).rev());
            break;
        }
        if labels.iter().any(|label| may_write(earlier_step, label)) {
            part.push(at);
            labels.extend(read_by(earlier_step));
        }
    }
    part.reverse();
    part
}

/// All steps that have to do with the filter at `index`.
fn around<'s>(steps: &[&'s Step], index: usize, filter: &'s Step) -> Part {
    let mut inside = vec![false; steps.len()];
    inside[index] = true;
    let mut labels: Vec<&str> = read_by(filter).collect();
    let mut grown = true;
    while grown {
        grown = false;
        for (at, step) in steps.iter().enumerate() {
            let belongs = |label: &&str| may_write(step, label) || is_filter_of(step, label);
            if !inside[at] && labels.iter().any(belongs) {
                (inside[at], grown) = (true, true);
                labels.extend(read_by(step));
            }
        }
    }
    (0..steps.len()).filter(|at| inside[*at]).collect()
}

fn is_filter_of(step: &Step, label: &str) -> bool {
    step.action().is_filter() && may_read(step, label)
}

/// The labels that it names and reads.
fn read_by(step: &Step) -> impl Iterator<Item = &str> {
    let compared = step.compares_target().then(|| step.target_label());
    step.source_labels().iter().map(|label| &**label).chain(compared)
}

/// Whether a filter on its own is seen to let some label set of the start pass, from the few strings
/// that its pattern has. In doubt it is not.
pub(super) fn lets_pass(step: &Step, start: &Start) -> bool {
    if !matches!(step.action(), Action::Keep | Action::Drop) {
        return false;
    }
    let Some(literals) = step.pattern().literals() else { return false };
    let sources = step.source_labels();
    let is_repeated = |at: usize| sources[..at].contains(&sources[at]);
    if sources.is_empty() || (0..sources.len()).any(is_repeated) {
        return false;
    }
    let separator = step.separator();
    let some = ["", "x"].map(|value| vec![value; sources.len()].join(separator));
    let mut tried = some.iter().chain(literals);
    tried.any(|joined| {
        let passes = step.pattern().is_match(joined) == (step.action() == Action::Keep);
        passes && may_be_read(joined, sources, separator, start)
    })
}

/// Whether the start allows labels that are read as this, cut at each separator.
fn may_be_read(joined: &str, sources: &[Box<str>], separator: &str, start: &Start) -> bool {
    if let [only] = sources {
        return start.allows(only, joined);
    }
    let values: Vec<&str> = joined.split(separator).collect();
    !separator.is_empty()
        && values.len() == sources.len()
        && sources.iter().zip(values).all(|(label, value)| start.allows(label, value))
}
