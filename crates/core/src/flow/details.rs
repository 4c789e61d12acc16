//! Which step made series one: those that became the same are taken through the chain once more,
//! step by step.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::collisions::{ChainOf, Passage, Source};
use super::report::{LabelPairs, StepDetail, StepFlow};
use super::rows::{add, after_steps};
use crate::relabel::{Program, Scratch};
use crate::series::LabelBuf;

/// A step that made series one: how many it took away, and two of them.
type Made = (usize, u64, [Source; 2]);

/// Counts for each step the series that it made the same as another one, and remembers two.
/// `pairs` are a series each with the earlier one that it became the same as.
pub(super) fn attribute(
    passage: &Passage<'_>,
    chain: ChainOf<'_>,
    pairs: &[[Source; 2]],
    steps: &[StepFlow],
    details: &mut [StepDetail],
) {
    let mut classes: BTreeMap<(u32, u32), Vec<Source>> = BTreeMap::new();
    for [first, other] in pairs {
        let class = classes.entry((first.group, first.row)).or_insert_with(|| vec![*first]);
        class.push(*other);
    }
    let classes: Vec<Vec<Source>> = classes.into_values().collect();
    let mut changing = steps.iter().enumerate().filter(|(_, step)| step.changed.0 > 0);
    let made: Vec<Made> = if let (Some((only, _)), None) = (changing.next(), changing.next()) {
        // No other step can have done it.
        let all = |class: &Vec<Source>| (only, class.len() as u64 - 1, [class[0], class[1]]);
        classes.iter().map(all).collect()
    } else {
        let programs: Vec<Program> = chain
            .program
            .steps()
            .iter()
            .map(|step| Program::compile(std::slice::from_ref(step)))
            .collect();
        let replayed = |class: &Vec<Source>| replay(passage, chain, &programs, class);
        classes.par_iter().flat_map_iter(replayed).collect()
    };
    for (step, series, example) in made {
        let detail = &mut details[step];
        detail.merged.0 += series;
        if detail.made_one.is_none() {
            let before =
                |source| after_steps(chain.program, step, &passage.labels(source), chain.external);
            let before = example.map(|source| before(source).unwrap_or_default());
            detail.made_one = Some(before);
        }
    }
}

/// Takes series that end up the same through the chain and tells where they meet.
fn replay(
    passage: &Passage<'_>,
    chain: ChainOf<'_>,
    programs: &[Program],
    class: &[Source],
) -> Vec<Made> {
    let (mut scratch, mut buffer) = (Scratch::new(), LabelBuf::new());
    let mut states: Vec<Vec<u64>> = Vec::with_capacity(class.len());
    for &source in class {
        let labels: LabelPairs = passage.labels(source);
        buffer.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        add(&mut buffer, chain.external);
        let state = |buffer: &LabelBuf| FixedState::default().hash_one(buffer.sorted());
        let mut after = vec![state(&buffer)];
        for program in programs {
            program.apply(&mut scratch, &mut buffer);
            after.push(state(&buffer));
        }
        states.push(after);
    }
    (0..programs.len()).filter_map(|step| met(class, &states, step)).collect()
}

/// What became one in `step`, by the states of each series before and after it.
fn met(class: &[Source], states: &[Vec<u64>], step: usize) -> Option<Made> {
    // Of each state after the step, the states before it that lead there, with a series each.
    let mut ways: BTreeMap<u64, BTreeMap<u64, Source>> = BTreeMap::new();
    for (&source, state) in class.iter().zip(states) {
        ways.entry(state[step + 1]).or_default().entry(state[step]).or_insert(source);
    }
    let series = ways.values().map(|from| from.len() as u64 - 1).sum();
    let mut example = ways.values().find(|from| from.len() > 1)?.values();
    Some((step, series, [*example.next()?, *example.next()?]))
}
