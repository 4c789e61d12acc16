//! One chain on its way over the blocks of a table: by column, or by row where only rows know; with
//! the first series that each step dropped and changed, where details are asked for.

use std::borrow::Cow;

use super::block::Block;
use super::chain::{ChainRun, OrderMatters, Passed};
use super::report::{LabelPairs, StepDetail, StepFlow};
use super::rows::{add, after_steps, changes, fill, pairs, run_rows};
use crate::config::ChainKind;
use crate::relabel::{Did, Program, Scratch};
use crate::series::{LabelBuf, Table};

/// A chain, what it has done so far, and the labels that are added before it.
pub(super) struct Drive<'p> {
    kind: ChainKind,
    pub(super) program: &'p Program,
    pub(super) external: &'p [(String, String)],
    run: ChainRun<'p>,
    /// One a step; none where no details are wanted.
    pub(super) details: Vec<StepDetail>,
}

impl<'p> Drive<'p> {
    pub(super) fn new(
        kind: ChainKind,
        program: &'p Program,
        external: &'p [(String, String)],
        detailed: bool,
    ) -> Self {
        let details = if detailed { program.steps().len() } else { 0 };
        let details = vec![StepDetail::default(); details];
        Self { kind, program, external, run: ChainRun::new(program), details }
    }

    /// What each step did so far.
    pub(super) fn steps(&self) -> &[StepFlow] {
        &self.run.steps
    }

    /// Runs the chain over a block whose dictionaries are `table`'s.
    pub(super) fn block(&mut self, table: &mut Table, block: &Block) -> Passed {
        let labelled = labelled(table, block, self.external);
        let passed = self.run.run(table, &labelled).unwrap_or_else(|OrderMatters| {
            let chain = (self.kind, self.program);
            run_rows(table, chain, block, self.external, &mut self.run.steps)
        });
        if self.wanted().next().is_some() {
            self.find_examples(table, block);
        }
        passed
    }

    /// The steps that have dropped or changed a series of which no example is known.
    fn wanted(&self) -> impl Iterator<Item = usize> {
        let steps = self.details.iter().zip(self.steps()).enumerate();
        let lacks = |(detail, flow): &(&StepDetail, &StepFlow)| {
            (flow.dropped.0 > 0 && detail.dropped.is_none())
                || (flow.changed.0 > 0 && detail.changed.is_none())
        };
        steps.filter(move |(_, step)| lacks(step)).map(|(at, _)| at)
    }

    /// Looks through a block, in which the wanted examples are, since there are none before it.
    fn find_examples(&mut self, table: &Table, block: &Block) {
        let (mut scratch, mut labels) = (Scratch::new(), LabelBuf::new());
        for row in 0..block.rows {
            fill(&mut labels, table, block, row);
            let start = pairs(&labels);
            add(&mut labels, self.external);
            let (_, trace) = self.program.apply_traced(&mut scratch, &mut labels);
            for (at, did) in trace.iter().enumerate() {
                self.remember(at, did, &start);
            }
            if self.wanted().next().is_none() {
                return;
            }
        }
    }

    fn remember(&mut self, at: usize, did: &Did, start: &LabelPairs) {
        let after =
            |steps| after_steps(self.program, steps, start, self.external).unwrap_or_default();
        match did {
            Did::Dropped if self.details[at].dropped.is_none() => {
                self.details[at].dropped = Some(after(at));
            }
            did if changes(did) && self.details[at].changed.is_none() => {
                self.details[at].changed = Some([after(at), after(at + 1)]);
            }
            _ => {}
        }
    }
}

/// The block with external labels where a row has none of that name.
fn labelled<'b>(
    table: &mut Table,
    block: &'b Block,
    external: &[(String, String)],
) -> Cow<'b, Block> {
    let mut labelled = Cow::Borrowed(block);
    for (name, value) in external {
        let name = table.intern_name(name);
        let code = table.intern_value(name, value);
        let codes = labelled.to_mut().codes_mut(name);
        codes.iter_mut().filter(|own| **own == 0).for_each(|own| *own = code);
    }
    labelled
}
