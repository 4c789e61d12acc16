//! What a chain has to do for label sets of one layout, found once: where the labels are that its
//! steps read, and what its steps do to each label name.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::{Effect, Input, Scratch, Step};
use crate::series::{LabelBuf, Layout};

/// Past so many layouts the plans are made anew: a source of ever new names must not fill the
/// memory.
const MAX_PLANS: usize = 1 << 10;
/// Past so many values the label that leads tells series apart rather than kinds of them, and
/// remembering what its values say costs more than it saves.
const MAX_LEADS: usize = 1 << 12;

/// The plans of the chain that ran last, by layout. Part of [`Scratch`].
#[derive(Debug, Default)]
pub(super) struct Plans {
    /// Whose plans these are.
    steps: Arc<[Step]>,
    all: Vec<Plan>,
    /// Index in `all` by the address of the layout, which each plan keeps alive.
    index: HashMap<usize, usize, FixedState>,
    last: usize,
    pub(super) lead: Lead,
    /// By step: what it does to names that were asked for one by one.
    names: Vec<HashMap<Box<str>, Option<NameEffect>, FixedState>>,
}

#[derive(Debug)]
struct Plan {
    layout: Arc<Layout>,
    steps: Box<[StepPlan]>,
    /// Where the lead's label is.
    lead: Option<usize>,
}

/// What is known of every label set that has some value of the lead's label.
#[derive(Debug)]
struct Known {
    /// The value.
    value: Box<str>,
    /// By step: whether it drops them.
    drops: Box<[bool]>,
    /// By step: the first from there on that is not known to leave them alone.
    next: Box<[usize]>,
}

impl Known {
    fn of(steps: &[Step], label: &str, value: &str, scratch: &mut Scratch) -> Self {
        let effects: Vec<Option<Effect<'static>>> =
            steps.iter().map(|step| known(step, label, value, scratch)).collect();
        let mut next: Vec<usize> = (0..steps.len()).collect();
        for at in (0..steps.len()).rev() {
            if effects[at] == Some(Effect::Nothing) {
                next[at] = next.get(at + 1).copied().unwrap_or(at + 1);
            }
        }
        let drops = effects.iter().map(|effect| *effect == Some(Effect::Drop)).collect();
        Self { value: value.into(), drops, next: next.into() }
    }
}

/// What the value of the label that most steps read first, mostly `__name__`, says of the chain.
/// Neighbouring series mostly share it.
#[derive(Debug, Default)]
pub(super) struct Lead {
    label: Box<str>,
    /// Index in `known` by value.
    values: HashMap<Box<str>, usize, FixedState>,
    known: Vec<Known>,
    last: usize,
    given_up: bool,
}

impl Lead {
    fn of(steps: &[Step]) -> Self {
        let led = steps.iter().filter(|step| step.unmatched().is_some());
        let mut labels: Vec<&str> =
            led.filter_map(|step| Some(&**step.source_labels().first()?)).collect();
        labels.sort_unstable();
        let longest = labels.chunk_by(|a, b| a == b).max_by_key(|same| same.len());
        let label = longest.map_or("", |same| same[0]).into();
        Self { label, ..Self::default() }
    }

    /// Finds what is known for a value.
    #[inline]
    fn find(&mut self, steps: &[Step], value: &str, scratch: &mut Scratch) {
        if self.known.get(self.last).is_none_or(|last| last.value.as_bytes() != value.as_bytes()) {
            self.find_other(steps, value, scratch);
        }
    }

    fn find_other(&mut self, steps: &[Step], value: &str, scratch: &mut Scratch) {
        if let Some(&at) = self.values.get(value) {
            self.last = at;
            return;
        }
        if self.known.len() >= MAX_LEADS {
            *self =
                Self { label: std::mem::take(&mut self.label), given_up: true, ..Self::default() };
            return;
        }
        self.last = self.known.len();
        self.values.insert(value.into(), self.last);
        self.known.push(Known::of(steps, &self.label, value, scratch));
    }

    /// The first step from this one on that the value that was found does not rule out, which may
    /// be behind the last, and whether the value says that it drops.
    #[inline]
    pub(super) fn next(&self, step: usize) -> (usize, bool) {
        let Some(known) = self.known.get(self.last) else { return (step, false) };
        let next = known.next[step];
        (next, known.drops.get(next).is_some_and(|&drops| drops))
    }
}

/// What a step does to every label set that has this value of this label.
fn known(step: &Step, label: &str, value: &str, scratch: &mut Scratch) -> Option<Effect<'static>> {
    let unmatched = step.unmatched()?;
    match step.source_labels() {
        [only] if **only == *label => {
            match step.effect(Input::Values { joined: value, target: "" }, scratch) {
                Effect::Drop => Some(Effect::Drop),
                Effect::Nothing => Some(Effect::Nothing),
                _ => None,
            }
        }
        [first, ..] if **first == *label => {
            let start = format!("{value}{}", step.separator());
            (!step.pattern().may_start_with(&start)).then_some(unmatched)
        }
        _ => None,
    }
}

/// One step over label sets of one layout.
#[derive(Debug)]
pub(super) enum StepPlan {
    /// Where its source labels are, and the label that it compares with; `None` where the layout
    /// has no such label.
    Values { sources: Box<[Option<usize>]>, target: Option<usize> },
    /// What it does to the labels of the layout, those left out that it leaves alone.
    Names(Box<[(usize, NameEffect)]>),
}

/// What a step does to a label name.
#[derive(Debug)]
pub(super) enum NameEffect {
    Remove,
    Copy { to: Box<str> },
}

impl Plans {
    /// Which plan is for the labels as they are.
    #[inline]
    pub(super) fn find(
        &mut self,
        steps: &Arc<[Step]>,
        labels: &LabelBuf,
        scratch: &mut Scratch,
    ) -> usize {
        let last = self.all.get(self.last);
        let same = last.is_some_and(|plan| Arc::ptr_eq(&plan.layout, labels.layout()));
        if !same || !Arc::ptr_eq(&self.steps, steps) {
            self.last = self.find_other(steps, labels.layout(), scratch);
        }
        self.last
    }

    /// Where the lead's label is, after finding what its value in `labels` says.
    #[inline]
    pub(super) fn lead(
        &mut self,
        plan: usize,
        labels: &LabelBuf,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let position = self.all[plan].lead;
        if self.lead.given_up {
            return position;
        }
        self.lead.find(&self.steps, labels.get_at(position, &self.lead.label), scratch);
        position
    }

    /// What a step does to the name of a label that no layout has.
    pub(super) fn name_effect(
        &mut self,
        at: usize,
        name: &str,
        scratch: &mut Scratch,
    ) -> Option<&NameEffect> {
        let names = &mut self.names[at];
        if !names.contains_key(name) {
            if names.len() >= MAX_PLANS {
                names.clear();
            }
            names.insert(name.into(), name_effect(&self.steps[at], name, scratch));
        }
        names.get(name).and_then(Option::as_ref)
    }

    fn find_other(
        &mut self,
        steps: &Arc<[Step]>,
        layout: &Arc<Layout>,
        scratch: &mut Scratch,
    ) -> usize {
        if !Arc::ptr_eq(&self.steps, steps) || self.all.len() >= MAX_PLANS {
            self.steps = Arc::clone(steps);
            self.all.clear();
            self.index.clear();
            self.lead = Lead::of(steps);
            self.names = steps.iter().map(|_| HashMap::default()).collect();
        }
        let address = Arc::as_ptr(layout).addr();
        *self.index.entry(address).or_insert_with(|| {
            let steps = steps.iter().map(|step| StepPlan::of(step, layout, scratch)).collect();
            let lead = layout.position(&self.lead.label);
            self.all.push(Plan { layout: Arc::clone(layout), steps, lead });
            self.all.len() - 1
        })
    }

    /// A step of a plan.
    #[inline]
    pub(super) fn step(&self, plan: usize, step: usize) -> &StepPlan {
        &self.all[plan].steps[step]
    }
}

impl StepPlan {
    /// What it does to the labels of the layout, by their place.
    pub(super) fn names(&self) -> &[(usize, NameEffect)] {
        match self {
            Self::Names(names) => names,
            Self::Values { .. } => &[],
        }
    }

    fn of(step: &Step, layout: &Layout, scratch: &mut Scratch) -> Self {
        if !step.action().is_by_name() {
            let position = |name: &str| layout.position(name);
            return Self::Values {
                sources: step.source_labels().iter().map(|name| position(name)).collect(),
                target: position(step.target_label()).filter(|_| step.compares_target()),
            };
        }
        let names = layout.names().iter().enumerate();
        let effects = names.filter_map(|(at, name)| Some((at, name_effect(step, name, scratch)?)));
        Self::Names(effects.collect())
    }
}

/// What a step does to a label name, if anything.
fn name_effect(step: &Step, name: &str, scratch: &mut Scratch) -> Option<NameEffect> {
    match step.effect(Input::Name(name), scratch) {
        Effect::Remove => Some(NameEffect::Remove),
        Effect::Copy { to } => Some(NameEffect::Copy { to: to.into() }),
        Effect::Nothing | Effect::Drop | Effect::Set { .. } | Effect::InvalidName(_) => None,
    }
}
