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

/// The plans of the chain that ran last, by layout. Part of [`Scratch`].
#[derive(Debug, Default)]
pub(super) struct Plans {
    /// Whose plans these are.
    steps: Arc<[Step]>,
    plans: Vec<Plan>,
    /// Index in `plans` by the address of the layout, which each plan keeps alive.
    index: HashMap<usize, usize, FixedState>,
    last: usize,
}

#[derive(Debug)]
struct Plan {
    layout: Arc<Layout>,
    steps: Box<[StepPlan]>,
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
        let last = self.plans.get(self.last);
        let same = last.is_some_and(|plan| Arc::ptr_eq(&plan.layout, labels.layout()));
        if !same || !Arc::ptr_eq(&self.steps, steps) {
            self.last = self.find_other(steps, labels.layout(), scratch);
        }
        self.last
    }

    fn find_other(
        &mut self,
        steps: &Arc<[Step]>,
        layout: &Arc<Layout>,
        scratch: &mut Scratch,
    ) -> usize {
        if !Arc::ptr_eq(&self.steps, steps) || self.plans.len() >= MAX_PLANS {
            self.steps = Arc::clone(steps);
            self.plans.clear();
            self.index.clear();
        }
        let address = Arc::as_ptr(layout).addr();
        *self.index.entry(address).or_insert_with(|| {
            let steps = steps.iter().map(|step| StepPlan::of(step, layout, scratch)).collect();
            self.plans.push(Plan { layout: Arc::clone(layout), steps });
            self.plans.len() - 1
        })
    }

    /// A step of a plan.
    #[inline]
    pub(super) fn step(&self, plan: usize, step: usize) -> &StepPlan {
        &self.plans[plan].steps[step]
    }
}

impl StepPlan {
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
pub(super) fn name_effect(step: &Step, name: &str, scratch: &mut Scratch) -> Option<NameEffect> {
    match step.effect(Input::Name(name), scratch) {
        Effect::Remove => Some(NameEffect::Remove),
        Effect::Copy { to } => Some(NameEffect::Copy { to: to.into() }),
        Effect::Nothing | Effect::Drop | Effect::Set { .. } | Effect::InvalidName(_) => None,
    }
}
