//! From what steps may do to what is said about them: claims, each with a confirmed witness.

use super::start::Start;
use super::state::{Names, State};
use super::transfer;
use super::walk::{Visit, walk};
use super::witness::{Labels, Ran, candidates, run};
use super::writes::{may_read, may_set, may_write};
use super::{Claim, ClaimKind, Witness};
use crate::relabel::{Action, Step};

/// A chain with what was found out about it.
pub(super) struct Chain<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) steps: &'a [Step],
    pub(super) start: &'a Start,
    pub(super) visits: &'a [Visit],
}

impl Chain<'_> {
    /// Everything that can be said, in the order of the steps.
    pub(super) fn claims(&self) -> Vec<Claim> {
        let end = self.visits.iter().position(Visit::drops_everything);
        let mut claims = Vec::new();
        for step in 0..self.steps.len() {
            if let Some(end) = end.filter(|end| *end < step) {
                let kind = ClaimKind::Unreachable { dropped_by: end };
                let states = &self.visits[end].acts_on;
                claims.extend(self.claim(step, kind, states, |ran| ran.dropped_by() == Some(end)));
                continue;
            }
            if end == Some(step) {
                claims.extend(self.drops_everything(step));
            } else if self.visits[step].has_no_effect() {
                claims.extend(self.no_effect(step));
            } else if end.is_none() {
                claims.extend(self.superseded(step));
            }
            claims.extend(self.reads(step));
        }
        claims
    }

    fn drops_everything(&self, step: usize) -> Option<Claim> {
        let because = self.because(step, Visit::drops_everything);
        let kind = ClaimKind::DropsEverything { because };
        let states = &self.visits[step].acts_on;
        self.claim(step, kind, states, |ran| ran.dropped_by() == Some(step))
    }

    /// The witness is a label set that the step alone would act on, if there is one.
    fn no_effect(&self, step: usize) -> Option<Claim> {
        let because = self.because(step, Visit::has_no_effect);
        let alone = walk(self.names, &[&self.steps[step]], vec![self.names.start(self.start)]);
        let kind = ClaimKind::NoEffect { because };
        let would_act = |labels: &Labels, ran: &Ran| {
            let is_spared = ran.did.get(step).is_none() || ran.left_alone_by(step);
            is_spared && !run([&self.steps[step]], labels).left_alone_by(0)
        };
        self.claim_where(step, kind.clone(), &alone[0].acts_on, would_act).or_else(|| {
            let states = &self.visits[step].entering;
            self.claim(step, kind, states, |ran| ran.left_alone_by(step))
        })
    }

    /// The fewest earlier steps (none that could be left out) with which it holds of the step.
    fn because(&self, step: usize, holds: fn(&Visit) -> bool) -> Vec<usize> {
        let holds_with = |earlier: &[usize]| {
            let mut steps: Vec<&Step> = earlier.iter().map(|at| &self.steps[*at]).collect();
            steps.push(&self.steps[step]);
            let visits = walk(self.names, &steps, vec![self.names.start(self.start)]);
            visits.last().is_some_and(holds)
        };
        if holds_with(&[]) {
            return Vec::new();
        }
        let mut needed: Vec<usize> = (0..step).collect();
        for left_out in (0..step).rev() {
            let fewer: Vec<usize> = needed.iter().copied().filter(|at| *at != left_out).collect();
            if holds_with(&fewer) {
                needed = fewer;
            }
        }
        needed
    }

    /// Whether a later step makes up for whatever this one does.
    fn superseded(&self, step: usize) -> Option<Claim> {
        let by = if self.steps[step].action().is_filter() {
            self.dropped_later(step)?
        } else {
            self.overwritten_later(step)?
        };
        let without = |labels: &Labels| {
            let others = self.steps.iter().enumerate().filter(|(at, _)| *at != step);
            run(others.map(|(_, step)| step), labels).labels
        };
        let kind = ClaimKind::Superseded { by };
        self.claim_where(step, kind, &self.visits[step].acts_on, |labels, ran| {
            let acts = ran.did.get(step).is_some() && !ran.left_alone_by(step);
            acts && ran.labels == without(labels)
        })
    }

    /// The step by which all that this filter drops would be dropped without it.
    fn dropped_later(&self, step: usize) -> Option<usize> {
        // Filters of other labels could do so too, but looking for them costs the square of the steps.
        let this = &self.steps[step];
        let is_like_it = |later: &Step| {
            later.action().is_filter()
                && later.source_labels() == this.source_labels()
                && later.separator() == this.separator()
        };
        let last = self.steps[step + 1..].iter().rposition(is_like_it)?;
        let rest: Vec<&Step> = self.steps[step + 1..=step + 1 + last].iter().collect();
        let dropped = self.names.merge(self.visits[step].acts_on.clone());
        let visits = walk(self.names, &rest, dropped.into_iter().collect());
        visits.iter().position(Visit::drops_everything).map(|at| step + 1 + at)
    }

    /// The step that always writes the label again that this one writes, before anything reads it.
    fn overwritten_later(&self, step: usize) -> Option<usize> {
        let label = written_label(&self.steps[step])?;
        // The order of labels, which writing changes, decides what a `labelmap` does.
        if self.steps[step + 1..].iter().any(|later| later.action() == Action::LabelMap) {
            return None;
        }
        for at in step + 1..self.steps.len() {
            let later = &self.steps[at];
            if may_read(later, &label) {
                return None;
            }
            if may_write(later, &label) && self.always_writes(at, &label) {
                return Some(at);
            }
        }
        None
    }

    /// Whether a step that may write the label does so for every label set that reaches it.
    fn always_writes(&self, step: usize, label: &str) -> bool {
        let visit = &self.visits[step];
        match self.steps[step].action() {
            Action::Replace => {
                self.steps[step].target().constant().as_deref() == Some(label)
                    && visit.entering.iter().all(|state| {
                        transfer::split(self.names, &self.steps[step], state)[1].is_none()
                    })
            }
            action => action != Action::LabelMap,
        }
    }

    /// Which source labels of the step are never there when it runs.
    fn reads(&self, step: usize) -> Vec<Claim> {
        let mut labels: Vec<&str> =
            self.steps[step].source_labels().iter().map(|label| &**label).collect();
        labels.sort_unstable();
        labels.dedup();
        labels.into_iter().filter_map(|label| self.read(step, label)).collect()
    }

    fn read(&self, step: usize, label: &str) -> Option<Claim> {
        let number = self.names.find(label)?;
        let entering = &self.visits[step].entering;
        let absent = self.names.absent();
        let is_absent = entering.iter().all(|state| state.labels[number].now.same(&absent));
        let earlier = &self.steps[..step];
        let reaches = |ran: &Ran| ran.did.get(step).is_some();
        let label = label.to_owned();
        if is_absent && !entering.is_empty() {
            let removed_by = earlier.iter().rposition(|step| may_write(step, &label));
            let had = entering.iter().cloned().map(|mut state| {
                let start = &mut state.labels[number].start;
                *start = self.names.minus(start, &absent);
                state
            });
            let states: Vec<State> = had.chain(entering.iter().cloned()).collect();
            let kind = ClaimKind::ReadsAbsent { label, removed_by };
            return self.claim(step, kind, &states, reaches);
        }
        let is_own = label.starts_with("__tmp");
        let may_be_set = earlier.iter().any(|earlier| may_set(earlier, &label));
        let set_by = self.steps.iter().position(|later| may_set(later, &label));
        let set_by = set_by.filter(|_| is_own && !may_be_set)?;
        let kind = ClaimKind::ReadsTooEarly { label: label.clone(), set_by };
        self.claim_where(step, kind, entering, |labels, ran| {
            reaches(ran) && !labels.iter().any(|(name, _)| *name == label)
        })
    }

    /// The claim, if a label set of the states confirms it.
    fn claim(
        &self,
        step: usize,
        kind: ClaimKind,
        states: &[State],
        confirms: impl Fn(&Ran) -> bool,
    ) -> Option<Claim> {
        self.claim_where(step, kind, states, |_, ran| confirms(ran))
    }

    fn claim_where(
        &self,
        step: usize,
        kind: ClaimKind,
        states: &[State],
        confirms: impl Fn(&Labels, &Ran) -> bool,
    ) -> Option<Claim> {
        let tried = candidates(self.names, self.start, states).into_iter();
        let mut tried = tried.map(|labels| (run(self.steps, &labels), labels));
        let (ran, labels) = tried.find(|(ran, labels)| confirms(labels, ran))?;
        Some(Claim { step, kind, witness: Witness { labels, ran } })
    }
}

/// The one label that a step writes.
fn written_label(step: &Step) -> Option<String> {
    match step.action() {
        Action::Replace => step.target().constant(),
        Action::HashMod | Action::Lowercase | Action::Uppercase => {
            Some(step.target_label().to_owned())
        }
        _ => None,
    }
}
