//! A chain of steps run over one label set after another.

use super::{Effect, Input, Scratch, Step, victoria};
use crate::series::{LabelBuf, LabelRef};

/// A compiled chain.
#[derive(Debug, Clone, Default)]
pub struct Program {
    steps: Vec<Step>,
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
        Self { steps: steps.to_vec() }
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
    pub fn apply(&self, scratch: &mut Scratch, labels: &mut LabelBuf) -> Outcome {
        if self.needs_rows() {
            return victoria::apply(&self.steps, scratch, labels, None);
        }
        for (at, step) in self.steps.iter().enumerate() {
            if run(step, scratch, labels, &mut ()) == Flow::Stop {
                return Outcome::Dropped { by: at };
            }
        }
        Outcome::Kept
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
        for (at, step) in self.steps.iter().enumerate() {
            let mut did = Did::Nothing;
            let flow = run(step, scratch, labels, &mut did);
            if flow == Flow::Stop {
                trace.push(Did::Dropped);
                return (Outcome::Dropped { by: at }, trace);
            }
            trace.push(if step.action().is_filter() { Did::Passed } else { did });
        }
        (Outcome::Kept, trace)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Stop,
}

/// Told of each change before it is made; `()` looks away and costs nothing.
trait Observer {
    fn set(&mut self, _labels: &LabelBuf, _name: &str, _value: &str) {}
    fn invalid_name(&mut self, _name: &str) {}
}

impl Observer for () {}

impl Observer for Did {
    fn set(&mut self, labels: &LabelBuf, name: &str, value: &str) {
        let change = Change {
            label: name.to_owned(),
            before: labels.get(name).to_owned(),
            after: value.to_owned(),
        };
        match self {
            Self::Wrote(changes) => changes.push(change),
            _ => *self = Self::Wrote(vec![change]),
        }
    }

    fn invalid_name(&mut self, name: &str) {
        *self = Self::InvalidName(name.to_owned());
    }
}

fn run(
    step: &Step,
    scratch: &mut Scratch,
    labels: &mut LabelBuf,
    observer: &mut impl Observer,
) -> Flow {
    if step.server().sorts_after_each_step() {
        labels.rebase();
    }
    if step.action().is_by_name() {
        run_by_name(step, scratch, labels, observer);
        return Flow::Go;
    }
    // Taken out so that the effect may borrow the rest.
    let mut joined = std::mem::take(&mut scratch.joined);
    let values = join(step, labels, &mut joined);
    let target = if step.compares_target() { labels.get(step.target_label()) } else { "" };
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
fn join<'a>(step: &Step, labels: &'a LabelBuf, buffer: &'a mut String) -> &'a str {
    match step.source_labels() {
        [] => "",
        [name] => labels.get(name),
        [first, rest @ ..] => {
            buffer.clear();
            buffer.push_str(labels.get(first));
            for name in rest {
                buffer.push_str(step.separator());
                buffer.push_str(labels.get(name));
            }
            buffer
        }
    }
}

/// Goes through the labels as they are before the step: what it changes does not feed back.
fn run_by_name(
    step: &Step,
    scratch: &mut Scratch,
    labels: &mut LabelBuf,
    observer: &mut impl Observer,
) {
    let mut before: Vec<LabelRef> = std::mem::take(&mut scratch.labels);
    labels.snapshot(&mut before);
    for label in &before {
        match step.effect(Input::Name(labels.name_of(label)), scratch) {
            Effect::Remove => {
                observer.set(labels, labels.name_of(label), "");
                labels.remove(label);
            }
            Effect::Copy { to } => {
                observer.set(labels, to, labels.value_of(label));
                labels.copy(label, to);
            }
            Effect::Nothing | Effect::Drop | Effect::Set { .. } | Effect::InvalidName(_) => {}
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
        }
    }
}
