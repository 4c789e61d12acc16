//! A chain of steps run over one label set after another.

use std::sync::Arc;

use super::plan::{NameEffect, Plans, StepPlan};
use super::{Action, Effect, Input, Scratch, Step, victoria};
use crate::series::{LabelBuf, LabelRef, NameRef};

/// A compiled chain. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Program {
    steps: Arc<[Step]>,
}

/// What became of a label set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It passed every step. When no label is left ([`LabelBuf::is_empty`]), a server drops it too.
    Kept,
    /// A step dropped it; its labels are as they were at that step.
    Dropped {
        /// Zero-based index of the step.
        by: usize,
    },
}

/// What one step did to one label set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Nothing: no match, or nothing to do.
    Nothing,
    /// It is a filter and let the label set pass.
    Passed,
    /// It matched, but `target_label` expands to this, which cannot name a label.
    InvalidName(String),
    /// It wrote labels, in this order.
    Wrote(Vec<Change>),
    /// It dropped the label set.
    Dropped,
}

impl Did {
    /// The word in every output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Nothing => "no_match",
            Self::Passed => "kept",
            Self::InvalidName(_) => "invalid_name",
            Self::Wrote(changes) if changes.iter().all(|it| it.before == it.after) => "unchanged",
            Self::Wrote(_) => "changed",
            Self::Dropped => "dropped",
        }
    }
}

/// A label that was written or removed; `""` stands for no label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The label's name.
    pub label: String,
    /// Its value before the step.
    pub before: String,
    /// Its value after the step; may be the same.
    pub after: String,
}

impl Program {
    /// A program of `steps` in their order. Patterns compile when they are first needed.
    pub fn compile(steps: &[Step]) -> Self {
        Self { steps: steps.into() }
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether only this can run the chain, and no table: see [`Step::needs_rows`].
    pub fn needs_rows(&self) -> bool {
        self.steps.iter().any(Step::needs_rows)
    }

    /// Whether a scrape stores what this chain drops, as the labels then are: the bug of one
    /// release, [`Server::keeps_what_metric_chains_drop`](crate::server::Server).
    pub fn drops_nothing_in_scrapes(&self) -> bool {
        self.steps.iter().any(|step| step.server().keeps_what_metric_chains_drop())
    }

    /// Runs the chain over `labels`, bare: nothing is checked or added around it.
    ///
    /// `scratch` remembers what the chain does to label names, so one that serves one chain after
    /// another is slower than one for each.
    pub fn apply(&self, scratch: &mut Scratch, labels: &mut LabelBuf) -> Outcome {
        if self.needs_rows() {
            return victoria::apply(&self.steps, scratch, labels, None);
        }
        self.run(scratch, labels, &mut ())
    }

    /// Like [`Program::apply`], and says what each step did, up to the one that dropped.
    pub fn apply_traced(
        &self,
        scratch: &mut Scratch,
        labels: &mut LabelBuf,
    ) -> (Outcome, Vec<Did>) {
        let mut trace = Vec::with_capacity(self.steps.len());
        if self.needs_rows() {
            let outcome = victoria::apply(&self.steps, scratch, labels, Some(&mut trace));
            return (outcome, trace);
        }
        let outcome = self.run(scratch, labels, &mut trace);
        (outcome, trace)
    }

    fn run(
        &self,
        scratch: &mut Scratch,
        labels: &mut LabelBuf,
        observer: &mut impl Observer,
    ) -> Outcome {
        // Taken out so that steps may use the rest.
        let mut plans = std::mem::take(&mut scratch.plans);
        let outcome = self.run_planned(&mut plans, scratch, labels, observer);
        scratch.plans = plans;
        outcome
    }

    fn run_planned(
        &self,
        plans: &mut Plans,
        scratch: &mut Scratch,
        labels: &mut LabelBuf,
        observer: &mut impl Observer,
    ) -> Outcome {
        let mut plan = plans.find(&self.steps, labels, scratch);
        let lead = plans.lead(plan, labels, scratch);
        // One that was set before the chain could be deleted again without leaving a trace.
        let (mut leads, mut at) = (lead.is_some() || !labels.has_added(), 0);
        while let Some(step) = self.steps.get(at) {
            if step.server().sorts_after_each_step() && labels.rebase() {
                plan = plans.find(&self.steps, labels, scratch);
                leads = false;
            }
            // What the lead's value says holds while nobody changed it.
            let holds = leads && labels.is_untouched(lead);
            let (next, drops) = if holds { plans.lead.next(at) } else { (at, false) };
            if next > at {
                self.steps[at..next].iter().for_each(|step| observer.step(step));
                at = next;
                continue;
            }
            observer.step(step);
            if drops || run(step, (&mut *plans, plan, at), scratch, labels, observer) == Flow::Stop
            {
                observer.dropped();
                return Outcome::Dropped { by: at };
            }
            at += 1;
        }
        Outcome::Kept
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Stop,
}

/// Told of each change before it is made; `()` looks away and costs nothing.
trait Observer {
    fn step(&mut self, _step: &Step) {}
    fn set(&mut self, _labels: &LabelBuf, _name: &str, _value: &str) {}
    fn invalid_name(&mut self, _name: &str) {}
    fn dropped(&mut self) {}
}

impl Observer for () {}

/// What each step did, the last entry being that of the step that runs.
impl Observer for Vec<Did> {
    fn step(&mut self, step: &Step) {
        self.push(if step.action().is_filter() { Did::Passed } else { Did::Nothing });
    }

    fn set(&mut self, labels: &LabelBuf, name: &str, value: &str) {
        let change = Change {
            label: name.to_owned(),
            before: labels.get(name).to_owned(),
            after: value.to_owned(),
        };
        match self.last_mut() {
            Some(Did::Wrote(changes)) => changes.push(change),
            Some(did) => *did = Did::Wrote(vec![change]),
            None => {}
        }
    }

    fn invalid_name(&mut self, name: &str) {
        self.pop();
        self.push(Did::InvalidName(name.to_owned()));
    }

    fn dropped(&mut self) {
        self.pop();
        self.push(Did::Dropped);
    }
}

fn run(
    step: &Step,
    (plans, plan, at): (&mut Plans, usize, usize),
    scratch: &mut Scratch,
    labels: &mut LabelBuf,
    observer: &mut impl Observer,
) -> Flow {
    match plans.step(plan, at) {
        StepPlan::Values { sources, target } => {
            return run_by_value(step, sources, *target, scratch, labels, observer);
        }
        StepPlan::Names(effects) if effects.is_empty() && !labels.has_added() => {}
        StepPlan::Names(_) if step.action() == Action::LabelMap => {
            copy_by_name((plans, plan, at), scratch, labels, observer);
        }
        StepPlan::Names(_) => remove_by_name((plans, plan, at), scratch, labels, observer),
    }
    Flow::Go
}

fn run_by_value(
    step: &Step,
    sources: &[Option<usize>],
    target: Option<usize>,
    scratch: &mut Scratch,
    labels: &mut LabelBuf,
    observer: &mut impl Observer,
) -> Flow {
    // Taken out so that the effect may borrow the rest.
    let mut joined = std::mem::take(&mut scratch.joined);
    let values = join(step, sources, labels, &mut joined);
    let target =
        if step.compares_target() { labels.get_at(target, step.target_label()) } else { "" };
    let effect = step.effect(Input::Values { joined: values, target }, scratch);
    let mut flow = Flow::Go;
    match effect {
        Effect::Drop => flow = Flow::Stop,
        Effect::Set { name, value } => {
            observer.set(labels, name, value);
            labels.set(name, value);
        }
        Effect::InvalidName(name) => observer.invalid_name(name),
        Effect::Nothing | Effect::Remove | Effect::Copy { .. } => {}
    }
    scratch.joined = joined;
    flow
}

/// The values that `step` looks at. Those of several labels are put into `buffer`.
fn join<'a>(
    step: &Step,
    positions: &[Option<usize>],
    labels: &'a LabelBuf,
    buffer: &'a mut String,
) -> &'a str {
    match (step.source_labels(), positions) {
        ([], _) | (_, []) => "",
        ([name], [position]) => labels.get_at(*position, name),
        ([first, names @ ..], [position, positions @ ..]) => {
            buffer.clear();
            buffer.push_str(labels.get_at(*position, first));
            for (name, position) in names.iter().zip(positions) {
                buffer.push_str(step.separator());
                buffer.push_str(labels.get_at(*position, name));
            }
            buffer
        }
    }
}

/// Runs a step that removes labels: those of the layout that its plan names, and of those that
/// were set since what it says of their names.
fn remove_by_name(
    (plans, plan, at): (&mut Plans, usize, usize),
    scratch: &mut Scratch,
    labels: &mut LabelBuf,
    observer: &mut impl Observer,
) {
    for &(position, _) in plans.step(plan, at).names() {
        if labels.is_untouched(Some(position)) {
            observer.set(labels, labels.name_at(position), "");
            labels.hide_at(position);
        }
    }
    if !labels.has_added() {
        return;
    }
    let mut before: Vec<LabelRef> = std::mem::take(&mut scratch.labels);
    labels.snapshot(&mut before);
    for label in before.iter().filter(|label| matches!(label.name, NameRef::Added(_))) {
        let name = labels.name_of(label);
        if let Some(NameEffect::Remove) = plans.name_effect(at, name, scratch) {
            observer.set(labels, name, "");
            labels.delete_added(label);
        }
    }
    scratch.labels = before;
}

/// Runs a step that copies labels. It goes through them as they are before: what it changes does
/// not feed back.
fn copy_by_name(
    (plans, plan, at): (&mut Plans, usize, usize),
    scratch: &mut Scratch,
    labels: &mut LabelBuf,
    observer: &mut impl Observer,
) {
    let mut before: Vec<LabelRef> = std::mem::take(&mut scratch.labels);
    labels.snapshot(&mut before);
    for label in &before {
        let effect = match label.name {
            NameRef::Base(position) => {
                let effects = plans.step(plan, at).names();
                let found = effects.binary_search_by_key(&position, |(at, _)| *at);
                found.ok().map(|found| &effects[found].1)
            }
            NameRef::Added(_) => plans.name_effect(at, labels.name_of(label), scratch),
        };
        if let Some(NameEffect::Copy { to }) = effect {
            observer.set(labels, to, labels.value_of(label));
            labels.copy(label, to);
        }
    }
    scratch.labels = before;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::relabel::{Action, Field, RawStep};
    use crate::server::{NameScheme, Server};

    fn raw_step() -> impl Strategy<Value = RawStep> {
        let action = prop::sample::select(Action::all().collect::<Vec<_>>());
        let text = || prop_oneof!["[ab$({1})._é|*]{0,4}", Just("(.*)".to_owned())];
        (action, prop::collection::vec("[abc]", 0..3), text(), text(), "[abc$1]{1,2}", 0..3u64)
            .prop_map(|(action, sources, regex, replacement, target, modulus)| RawStep {
                action: Field::Set(action.name().to_owned()),
                source_labels: Field::Set(sources),
                regex: Field::Set(regex),
                replacement: Field::Set(replacement),
                target_label: Field::Set(target),
                modulus: Field::Set(modulus),
                ..RawStep::default()
            })
    }

    /// The chain, by nothing but what each step says of each input.
    fn step_by_step(steps: &[Step], labels: &mut LabelBuf) -> Outcome {
        let scratch = &mut Scratch::new();
        for (by, step) in steps.iter().enumerate() {
            if step.server().sorts_after_each_step() {
                labels.rebase();
            }
            let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let before: Vec<(String, String)> = labels.iter_ordered().map(own).collect();
            for (name, value) in before.iter().filter(|_| step.action().is_by_name()) {
                match step.effect(Input::Name(name), scratch) {
                    Effect::Remove => labels.delete(name),
                    Effect::Copy { to } => labels.set(to, value),
                    _ => {}
                }
            }
            if step.action().is_by_name() {
                continue;
            }
            let values: Vec<&str> =
                step.source_labels().iter().map(|name| labels.get(name)).collect();
            let joined = values.join(step.separator());
            let target = labels.get(step.target_label()).to_owned();
            match step.effect(Input::Values { joined: &joined, target: &target }, scratch) {
                Effect::Drop => return Outcome::Dropped { by },
                Effect::Set { name, value } => labels.set(name, value),
                _ => {}
            }
        }
        Outcome::Kept
    }

    /// Found by comparing generated chains with a real server: the second step still saw the label.
    #[test]
    fn a_label_that_was_set_before_the_chain_can_be_removed_by_it() {
        let step = |action: &str, regex: &str| RawStep {
            action: Field::Set(action.to_owned()),
            regex: Field::Set(regex.to_owned()),
            ..RawStep::default()
        };
        let keep =
            RawStep { source_labels: Field::Set(vec!["a".to_owned()]), ..step("keep", "()") };
        let valid =
            |step: RawStep| step.validate(Server::default(), NameScheme::Utf8).expect("valid");
        let program = Program::compile(&[valid(step("labelkeep", "b")), valid(keep)]);
        let mut labels = LabelBuf::new();
        labels.set("a", "1");
        assert_eq!(program.apply(&mut Scratch::new(), &mut labels), Outcome::Kept);
        assert!(labels.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 3000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_chain_runs_and_its_trace_tells_all(
            raw in prop::collection::vec(raw_step(), 0..5),
            labels in prop::collection::btree_map("[abc]", "[abé\n;]{0,3}", 0..4),
            old in any::<bool>(),
        ) {
            let server = if old { Server::prometheus(2, 42) } else { Server::default() };
            let valid = |step: &RawStep| step.validate(server, NameScheme::Utf8).ok();
            let program = Program::compile(&raw.iter().filter_map(valid).collect::<Vec<_>>());
            let mut buf = LabelBuf::new();
            buf.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let (mut traced, mut replayed) = (buf.clone(), buf.clone());
            let mut scratch = Scratch::new();
            let outcome = program.apply(&mut scratch, &mut buf);
            let (same, trace) = program.apply_traced(&mut scratch, &mut traced);
            prop_assert_eq!(outcome, same);
            let changes = trace.iter().filter_map(|did| match did {
                Did::Wrote(changes) => Some(changes),
                _ => None,
            });
            for change in changes.flatten() {
                prop_assert_eq!(replayed.get(&change.label), &change.before);
                replayed.set(&change.label, &change.after);
            }
            prop_assert_eq!(buf.sorted(), traced.sorted());
            prop_assert_eq!(buf.sorted(), replayed.sorted());
            // Once more with what the scratch space remembers, and without any of it.
            let mut plain = LabelBuf::new();
            let pairs = || labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            plain.refill(pairs());
            buf.refill(pairs());
            prop_assert_eq!(program.apply(&mut scratch, &mut buf), outcome);
            prop_assert_eq!(step_by_step(program.steps(), &mut plain), outcome);
            let in_order = |buf: &LabelBuf| format!("{:?}", buf.iter_ordered().collect::<Vec<_>>());
            prop_assert_eq!(in_order(&buf), in_order(&plain));
            // And with labels that were set rather than pushed, as those of a target are.
            buf.clear();
            pairs().for_each(|(name, value)| buf.set(name, value));
            plain.clone_from(&buf);
            let outcome = step_by_step(program.steps(), &mut plain);
            prop_assert_eq!(program.apply(&mut scratch, &mut buf), outcome);
            prop_assert_eq!(in_order(&buf), in_order(&plain));
        }
    }
}
