//! The driver for steps of vmagent: it finds the inputs in a list of labels and carries the effects
//! out.

use super::Extra;
use super::labels::{Label, Labels};
use crate::regexp::Template;
use crate::relabel::{Action, Change, Did, Effect, Input, Outcome, Scratch, Step};
use crate::series::LabelBuf;

/// Runs a chain over `buf`, and tells what each step did if a trace is wanted. A chain ends where no
/// label is left.
pub(in crate::relabel) fn apply(
    steps: &[Step],
    scratch: &mut Scratch,
    buf: &mut LabelBuf,
    mut trace: Option<&mut Vec<Did>>,
) -> Outcome {
    let mut labels = Labels::of(buf);
    let mut outcome = Outcome::Kept;
    for (at, step) in steps.iter().enumerate() {
        let before = trace.is_some().then(|| labels.clone());
        let dropped = run(step, scratch, &mut labels) == Flow::Stop || labels.0.is_empty();
        if let (Some(trace), Some(before)) = (trace.as_deref_mut(), before) {
            trace.push(if dropped { Did::Dropped } else { told(step, &before, &labels) });
        }
        if dropped {
            outcome = Outcome::Dropped { by: at };
            break;
        }
    }
    labels.store(buf);
    outcome
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Stop,
}

/// What a step that let the labels pass did to them.
fn told(step: &Step, before: &Labels, after: &Labels) -> Did {
    if step.action().is_filter() {
        return Did::Passed;
    }
    let mut names: Vec<&str> = Vec::new();
    for label in before.0.iter().chain(&after.0) {
        if !names.contains(&label.name.as_str()) {
            names.push(&label.name);
        }
    }
    let change = |label: &&str| {
        let (before, after) = (before.get(label).to_owned(), after.get(label).to_owned());
        (before != after).then(|| Change { label: (*label).to_owned(), before, after })
    };
    let changes: Vec<Change> = names.iter().filter_map(change).collect();
    if changes.is_empty() { Did::Nothing } else { Did::Wrote(changes) }
}

fn run(step: &Step, scratch: &mut Scratch, labels: &mut Labels) -> Flow {
    let none = Extra::default();
    let extra = step.extra().unwrap_or(&none);
    if extra.condition.as_ref().is_some_and(|condition| !condition.matches(labels)) {
        // What is to be kept must fulfil the condition, too.
        let keeps = matches!(step.action(), Action::Keep | Action::KeepMetrics);
        return if keeps { Flow::Stop } else { Flow::Go };
    }
    match step.action() {
        Action::LabelMap => copy_names(step, scratch, labels),
        Action::LabelMapAll => rename(step, scratch, labels),
        Action::LabelDrop | Action::LabelKeep => remove_names(step, scratch, labels),
        Action::Graphite => write_parts(extra, labels),
        action => {
            let filtered = compares(step, action, labels);
            return filtered.map_or_else(
                || by_value(step, extra, scratch, labels),
                |drops| if drops { Flow::Stop } else { Flow::Go },
            );
        }
    }
    Flow::Go
}

/// Whether a step that compares several labels drops; `None` for any other.
fn compares(step: &Step, action: Action, labels: &Labels) -> Option<bool> {
    let mut values = step.source_labels().iter().map(|name| labels.get(name));
    let holds = match action {
        Action::KeepIfContains | Action::DropIfContains => {
            let target = labels.get(step.target_label());
            values.all(|value| target.contains(value))
        }
        Action::KeepIfEqual | Action::DropIfEqual => {
            let first = values.next();
            values.all(|value| Some(value) == first)
        }
        _ => return None,
    };
    Some(holds == matches!(action, Action::DropIfContains | Action::DropIfEqual))
}

fn by_value(step: &Step, extra: &Extra, scratch: &mut Scratch, labels: &mut Labels) -> Flow {
    let joined = labels.join(step.source_labels(), step.separator());
    let effect = if let Some(written) = &extra.references {
        let filled = fill(written, labels);
        // With the default regex and no group anywhere the text goes in as it is.
        let plain = extra.any && !written.contains('$') && !step.target_label().contains('$');
        if plain && filled != "$1" {
            labels.set(step.target_label(), &filled);
            return Flow::Go;
        }
        step.replace_by(&Template::parse(&filled), &joined, scratch)
    } else {
        let target = if step.compares_target() { labels.get(step.target_label()) } else { "" };
        step.effect(Input::Values { joined: &joined, target }, scratch)
    };
    match effect {
        Effect::Drop => return Flow::Stop,
        Effect::Set { name, value } => labels.set(name, value),
        Effect::Nothing | Effect::InvalidName(_) | Effect::Remove | Effect::Copy { .. } => {}
    }
    Flow::Go
}

/// `text` with the value of its label for each `{{label}}`.
fn fill(text: &str, labels: &Labels) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}") else { break };
        out.push_str(&rest[..open]);
        out.push_str(labels.get(&rest[open + 2..open + close]));
        rest = &rest[open + close + 2..];
    }
    out.push_str(rest);
    out
}

/// A label that was written before its turn comes has its new value then.
fn copy_names(step: &Step, scratch: &mut Scratch, labels: &mut Labels) {
    for at in 0..labels.0.len() {
        let Label { name, value } = labels.0[at].clone();
        if let Effect::Copy { to } = step.effect(Input::Name(&name), scratch)
            && to != name
        {
            labels.set(to, &value);
        }
    }
}

fn rename(step: &Step, scratch: &mut Scratch, labels: &mut Labels) {
    for label in &mut labels.0 {
        if let Effect::Copy { to } = step.effect(Input::Name(&label.name), scratch) {
            label.name = to.to_owned();
        }
    }
}

fn remove_names(step: &Step, scratch: &mut Scratch, labels: &mut Labels) {
    labels.0.retain(|label| step.effect(Input::Name(&label.name), scratch) != Effect::Remove);
}

fn write_parts(extra: &Extra, labels: &mut Labels) {
    let Some(graphite) = &extra.graphite else { return };
    for (name, value) in graphite.labels_of(labels.get("__name__")).unwrap_or_default() {
        labels.set(name, &value);
    }
}
