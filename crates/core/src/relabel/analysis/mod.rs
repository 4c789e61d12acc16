//! What a chain does to every label set that can come to it: steps that never run, do nothing, drop
//! everything or are made up for later, and labels that are read where they cannot be.
//!
//! A set of label sets is followed through the chain, step by step: for each label that the chain
//! names the language of its values, for joined labels the language of what is joined, for all other
//! labels the language of their names. Each holds at least what can be there, so what is claimed
//! holds for every label set that [`Start`] allows. A claim carries a label set that shows it, and
//! [`run`] has confirmed it; what no label set confirmed is not claimed.

mod claims;
mod names;
mod start;
mod state;
mod template;
mod transfer;
mod values;
mod walk;
mod witness;
mod writes;

#[cfg(test)]
mod brute_tests;

pub use self::start::Start;
pub use self::witness::{Labels, Ran, run};
pub use self::writes::{may_read, may_set, may_write};

use self::claims::Chain;
use self::state::{Names, State};
use crate::regexp::language::{Language, Languages};
use crate::relabel::Step;

/// Something that holds of a step, for every label set that can come to its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The step's index.
    pub step: usize,
    /// What holds.
    pub kind: ClaimKind,
    /// A label set that shows it.
    pub witness: Witness,
}

/// What holds of a step. Steps are named by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimKind {
    /// No label set reaches it. The witness is one that is dropped before.
    Unreachable {
        /// The step that drops all that reach it.
        dropped_by: usize,
    },
    /// It drops every label set that reaches it. The witness is one of them.
    DropsEverything {
        /// The earlier steps that it needs for that; none when it does so by itself.
        because: Vec<usize>,
    },
    /// It leaves every label set that reaches it as it is. The witness is one on which it would act
    /// if it stood alone, where there is one; else one that reaches it.
    NoEffect {
        /// The earlier steps that it needs for that; none when it does so by itself.
        because: Vec<usize>,
    },
    /// It reads a label that is not there whenever it runs. The witness is a label set that reaches
    /// it, with that label at the start of the chain where that may be.
    ReadsAbsent {
        /// The source label.
        label: String,
        /// The last step that may have removed it; `None` when it was not there from the start.
        removed_by: Option<usize>,
    },
    /// It reads a label of the chain's own (`__tmp…`) that no earlier step sets and this or a later
    /// one does. The witness is a label set without that label.
    ReadsTooEarly {
        /// The source label.
        label: String,
        /// The first step that may set it.
        set_by: usize,
    },
    /// Without it the chain would do the same: what it drops would be dropped later, or what it writes
    /// is written again before anything reads it. The witness is a label set on which it acts.
    Superseded {
        /// The later step.
        by: usize,
    },
}

/// A label set at the start of a chain, and what the chain makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its labels, by name.
    pub labels: Labels,
    /// What the whole chain does to it.
    pub ran: Ran,
}

/// What was found out about a chain.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// By step.
    pub claims: Vec<Claim>,
    /// For each step all strings that it can read from its source labels; `None` for a step that no
    /// label set reaches.
    pub reads: Vec<Option<Language>>,
}

impl Analysis {
    /// What was claimed of a step.
    pub fn of_step(&self, step: usize) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.step == step)
    }

    /// Whether the chain drops every label set, and by which step.
    pub fn drops_everything(&self) -> Option<&Claim> {
        let is_it = |claim: &&Claim| matches!(claim.kind, ClaimKind::DropsEverything { .. });
        self.claims.iter().find(is_it)
    }
}

/// All strings that a step can read after some others; `None` when no label set reaches it.
pub fn readable(
    earlier: &[&Step],
    step: &Step,
    start: &Start,
    languages: &Languages,
) -> Option<Language> {
    let steps: Vec<&Step> = earlier.iter().copied().chain([step]).collect();
    if steps.iter().any(|step| step.needs_rows()) {
        return Some(languages.all());
    }
    let names = Names::of(languages, &steps, start);
    let visits = walk::walk(&names, &steps, vec![names.start(start)]);
    visits.last().and_then(|visit| of_states(&names, &visit.entering, step))
}

fn of_states(names: &Names<'_>, states: &[State], step: &Step) -> Option<Language> {
    let readable = states.iter().map(|state| names.readable(state, step));
    readable.reduce(|all, some| names.or(&all, &some))
}

/// Follows every label set that `start` allows through a chain. Nothing is claimed of a chain
/// with steps that may look at any label ([`Step::needs_rows`]).
pub fn analyse(steps: &[Step], start: &Start, languages: &Languages) -> Analysis {
    if steps.iter().any(Step::needs_rows) {
        let reads = vec![Some(languages.all()); steps.len()];
        return Analysis { claims: Vec::new(), reads };
    }
    let all: Vec<&Step> = steps.iter().collect();
    let names = Names::of(languages, &all, start);
    let visits = walk::walk(&names, &all, vec![names.start(start)]);
    let visited = steps.iter().zip(&visits);
    let reads = visited.map(|(step, visit)| of_states(&names, &visit.entering, step)).collect();
    let chain = Chain { names: &names, steps, start, visits: &visits };
    Analysis { claims: chain.claims(), reads }
}
