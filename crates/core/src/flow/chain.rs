//! The table driver: a chain over a block of rows, each step evaluated once per distinct tuple of
//! source codes.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::block::Block;
pub(super) use super::columns::Passed;
use super::columns::{Codes, Known, Work, is_worth_slots};
use super::copies::copy;
use super::report::StepFlow;
use super::source::{Source, Starts, unmatched};
use crate::relabel::{Action, Effect, Input, Program, Scratch, Step};
use crate::series::{NameId, Table};

/// A chain with what its steps have answered so far. Codes mean the same in every block of one
/// table, so answers hold from block to block.
pub(super) struct ChainRun<'p> {
    program: &'p Program,
    memories: Vec<Memory>,
    scratch: Scratch,
    pub(super) steps: Vec<StepFlow>,
}

/// What one step has answered.
#[derive(Default)]
struct Memory {
    /// By what the step reads.
    tuples: HashMap<Box<[u32]>, Known, FixedState>,
    by_one: ByOne,
    /// By label name; `None` where it was not asked.
    names: Vec<Option<OnName>>,
}

/// The answers of a step by the code of one label, the others being as in `key`.
#[derive(Default)]
struct ByOne {
    key: Vec<u32>,
    part: usize,
    answers: Vec<Option<Known>>,
    /// The label that is set, and whether there is another one.
    sets: Option<NameId>,
    sets_others: bool,
}

impl ByOne {
    fn put(&mut self, code: u32, known: Known) {
        if let Known::Set(name, _) = known {
            self.sets_others |= self.sets.is_some_and(|other| other != name);
            self.sets = Some(name);
        }
        self.answers[code as usize] = Some(known);
    }

    /// Writes what the answers set, to the rows that are left.
    fn write(&self, column: usize, work: &mut Work<'_>, flow: &mut StepFlow) {
        let Some(to) = self.sets else { return };
        if !self.sets_others {
            let new = |code: u32| match self.answers[code as usize] {
                Some(Known::Set(_, new)) => Some(new),
                _ => None,
            };
            return work.translate(column, to, new, flow);
        }
        // They may write what they read.
        let codes: Vec<u32> = (0..work.rows).map(|row| work.columns[column].1.at(row)).collect();
        for (row, code) in codes.into_iter().enumerate() {
            if work.alive[row]
                && let Some(known) = self.answers[code as usize]
            {
                work.carry_out(row, known, flow);
            }
        }
    }
}

/// What a step does to the labels of one name.
#[derive(Clone, Copy)]
enum OnName {
    Nothing,
    Remove,
    Copy(NameId),
}

/// Several labels map to one name, so that the order of labels decides, which only rows know.
pub(super) struct OrderMatters;

impl<'p> ChainRun<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        let steps = program.steps().len();
        Self {
            program,
            memories: (0..steps).map(|_| Memory::default()).collect(),
            scratch: Scratch::new(),
            steps: vec![StepFlow::default(); steps],
        }
    }

    /// Runs the chain over a block whose dictionaries are `table`'s.
    pub(super) fn run(&mut self, table: &mut Table, block: &Block) -> Result<Passed, OrderMatters> {
        let columns = block.columns.iter().map(|(name, codes)| (*name, codes.as_slice()));
        self.run_on(table, Work::new(block.metric, block.rows, columns)).map(Work::finish)
    }

    /// Runs the chain over rows whose dictionaries are `table`'s.
    pub(super) fn run_on<'b>(
        &mut self,
        table: &mut Table,
        mut work: Work<'b>,
    ) -> Result<Work<'b>, OrderMatters> {
        if self.program.needs_rows() || self.program.drops_nothing_in_scrapes() {
            return Err(OrderMatters);
        }
        let mut steps = self.steps.clone();
        for (at, step) in self.program.steps().iter().enumerate() {
            if work.living == 0 {
                break;
            }
            steps[at].reached.0 += work.living as u64;
            if step.action().is_by_name() {
                self.by_name(table, at, step, &mut work, &mut steps[at])?;
            } else {
                self.by_value(table, at, step, &mut work, &mut steps[at]);
            }
        }
        self.steps = steps;
        Ok(work)
    }

    fn by_value(
        &mut self,
        table: &mut Table,
        at: usize,
        step: &Step,
        work: &mut Work<'_>,
        flow: &mut StepFlow,
    ) {
        let mut read: Vec<Option<NameId>> =
            step.source_labels().iter().map(|name| table.name_id(name)).collect();
        if step.compares_target() {
            read.push(table.name_id(step.target_label()));
        }
        let columns: Vec<Option<usize>> =
            read.iter().map(|name| name.and_then(|name| work.position(name))).collect();
        let source = Source { at, step, read, columns };
        let varying: Vec<usize> = (0..source.columns.len())
            .filter(|&part| source.columns[part].is_some_and(|column| work.varies(column)))
            .collect();
        let mut key: Vec<u32> = vec![0; source.columns.len()];
        work.key(&source.columns, 0, &mut key);
        if let Some(known) = unmatched(table, &source, &varying, &key) {
            return work.carry_out_everywhere(known, flow);
        }
        match *varying {
            [] => {
                let known = self.answer(table, &source, &key);
                work.carry_out_everywhere(known, flow);
            }
            [part] => self.by_one(table, &source, part, key, work, flow),
            _ => self.by_many(table, &source, &varying, key, work, flow),
        }
    }

    /// A step that reads one label that differs from row to row: its answers lie by that label's
    /// codes.
    fn by_one(
        &mut self,
        table: &mut Table,
        source: &Source<'_>,
        part: usize,
        mut key: Vec<u32>,
        work: &mut Work<'_>,
        flow: &mut StepFlow,
    ) {
        key[part] = 0;
        let values = source.read[part].map_or(1, |name| table.values(name).len());
        let known = &self.memories[source.at].by_one;
        let same = known.part == part && known.key == key;
        if !same && key.len() > 1 && !is_worth_slots(values, work.rows) {
            return self.by_many(table, source, &[part], key, work, flow);
        }
        let mut known = std::mem::take(&mut self.memories[source.at].by_one);
        if !same {
            known = ByOne { key: key.clone(), part, ..ByOne::default() };
        }
        // A step that writes the label it reads adds values, which no later row has.
        known.answers.resize(values, None);
        let column = source.columns[part].expect("it varies, so it is there");
        self.ask_by_one(table, source, column, &mut known, work, flow);
        known.write(column, work, flow);
        self.memories[source.at].by_one = known;
    }

    /// Asks what the step does to each code that a living row has, and drops rows.
    fn ask_by_one(
        &mut self,
        table: &mut Table,
        source: &Source<'_>,
        column: usize,
        known: &mut ByOne,
        work: &mut Work<'_>,
        flow: &mut StepFlow,
    ) {
        let Codes::Each(codes) = &work.columns[column].1 else { return };
        let mut key = known.key.clone();
        let mut dropped = 0;
        for (alive, &code) in work.alive.iter_mut().zip(&**codes).filter(|(alive, _)| **alive) {
            let answer = if let Some(answer) = known.answers[code as usize] {
                answer
            } else {
                key[known.part] = code;
                // What reads this label only is kept by its codes and needs no second place.
                let answer = if key.len() == 1 {
                    self.ask(table, source, &key)
                } else {
                    self.answer(table, source, &key)
                };
                known.put(code, answer);
                answer
            };
            if matches!(answer, Known::Drop) {
                *alive = false;
                dropped += 1;
            }
        }
        work.living -= dropped;
        flow.dropped.0 += dropped as u64;
    }

    /// A step that reads several labels that differ from row to row: what the first of them says
    /// mostly rules out a match; else neighbouring rows often have the same, or the tuple is looked
    /// up.
    fn by_many(
        &mut self,
        table: &mut Table,
        source: &Source<'_>,
        varying: &[usize],
        mut key: Vec<u32>,
        work: &mut Work<'_>,
        flow: &mut StepFlow,
    ) {
        let mut starts = Starts::of(table, source, varying, work.rows);
        let mut last: Option<Known> = None;
        for row in 0..work.rows {
            if !work.alive[row] {
                continue;
            }
            let known =
                starts.as_mut().and_then(|starts| starts.unmatched(table, source, work, row));
            let known = known.unwrap_or_else(|| {
                let same = !work.key(&source.columns, row, &mut key);
                let known = match last {
                    Some(last) if same => last,
                    _ => self.answer(table, source, &key),
                };
                *last.insert(known)
            });
            work.carry_out(row, known, flow);
        }
    }

    /// What the step does to a tuple of codes, asked the first time.
    fn answer(&mut self, table: &mut Table, source: &Source<'_>, key: &[u32]) -> Known {
        if let Some(&known) = self.memories[source.at].tuples.get(key) {
            return known;
        }
        let known = self.ask(table, source, key);
        self.memories[source.at].tuples.insert(key.into(), known);
        known
    }

    /// Asks [`Step::effect`] what the step does to a tuple of codes.
    fn ask(&mut self, table: &mut Table, source: &Source<'_>, key: &[u32]) -> Known {
        let step = source.step;
        let sources = step.source_labels().len();
        let values: Vec<&str> = (0..sources).map(|part| source.value(table, part, key)).collect();
        let joined = values.join(step.separator());
        let target = if step.compares_target() { source.value(table, sources, key) } else { "" };
        match step.effect(Input::Values { joined: &joined, target }, &mut self.scratch) {
            Effect::Drop => Known::Drop,
            Effect::Set { name, value } => {
                let name = table.intern_name(name);
                Known::Set(name, table.intern_value(name, value))
            }
            Effect::Nothing | Effect::InvalidName(_) | Effect::Remove | Effect::Copy { .. } => {
                Known::Nothing
            }
        }
    }

    /// Runs a step over the names of the labels.
    fn by_name(
        &mut self,
        table: &mut Table,
        at: usize,
        step: &Step,
        work: &mut Work<'_>,
        flow: &mut StepFlow,
    ) -> Result<(), OrderMatters> {
        let mut remove: Vec<usize> = Vec::new();
        let mut copies: Vec<(usize, NameId)> = Vec::new();
        for column in 0..work.columns.len() {
            match self.on_name(table, at, step, work.columns[column].0) {
                OnName::Remove if work.is_present(column) => remove.push(column),
                OnName::Copy(to) if work.is_present(column) => copies.push((column, to)),
                _ => {}
            }
        }
        if step.action() == Action::LabelMap {
            let mut targets: Vec<NameId> = copies.iter().map(|&(_, to)| to).collect();
            targets.sort_unstable();
            if targets.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(OrderMatters);
            }
        }
        let removed = work.remove(&remove);
        let (copied, changed) = copy(table, work, &copies);
        flow.wrote.0 += removed + copied;
        flow.changed.0 += removed + changed;
        Ok(())
    }

    /// What a step does to the labels of a name, asked once a name.
    fn on_name(&mut self, table: &mut Table, at: usize, step: &Step, name: NameId) -> OnName {
        let names = &mut self.memories[at].names;
        if names.len() <= name.0 as usize {
            names.resize(name.0 as usize + 1, None);
        }
        let known = &mut names[name.0 as usize];
        *known.get_or_insert_with(|| {
            match step.effect(Input::Name(table.name(name)), &mut self.scratch) {
                Effect::Remove => OnName::Remove,
                Effect::Copy { to } => OnName::Copy(table.intern_name(to)),
                _ => OnName::Nothing,
            }
        })
    }
}
