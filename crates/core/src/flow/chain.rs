//! The table driver: a chain over a block of rows, each step evaluated once per distinct tuple of
//! source codes.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::block::Block;
pub(super) use super::columns::Passed;
use super::columns::{Codes, Known, Work};
use super::report::StepFlow;
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

/// A dictionary of so many values for each row is not worth a slot a value.
const SLOTS_A_ROW: usize = 2;
/// Nor is one of so few worth a thought.
const SLOTS: usize = 64;

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
        if !same && key.len() > 1 && values > SLOTS_A_ROW * work.rows + SLOTS {
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

/// Copies labels, all as they were before the step; gives how many living rows were written, and
/// how many of them changed.
fn copy(table: &mut Table, work: &mut Work<'_>, copies: &[(usize, NameId)]) -> (u64, u64) {
    if copies.is_empty() {
        return (0, 0);
    }
    let mut wrote = vec![false; work.rows];
    let mut written: Vec<(NameId, Codes<'_>)> = Vec::new();
    for &(from, to) in copies {
        let (name, codes) = &work.columns[from];
        let old = work.columns.iter().find(|(id, _)| *id == to);
        let mut translation = Translation::new(table, *name, to, work.rows);
        let copy = |row: usize| {
            let code = codes.at(row);
            if code == 0 || !work.alive[row] {
                return old.map_or(0, |(_, old)| old.at(row));
            }
            wrote[row] = true;
            translation.code(table, code)
        };
        written.push((to, Codes::Each(Cow::Owned((0..work.rows).map(copy).collect()))));
    }
    let wrote = wrote.into_iter().map(u64::from).sum();
    (wrote, work.write_all(written))
}

/// The values of one label as codes of another one.
struct Translation {
    from: NameId,
    to: NameId,
    /// By code; 0 where it was not asked. None where the dictionary is too large for the rows.
    codes: Vec<u32>,
}

impl Translation {
    fn new(table: &Table, from: NameId, to: NameId, rows: usize) -> Self {
        let values = table.values(from).len();
        let slots = if values > SLOTS_A_ROW * rows + SLOTS { 0 } else { values };
        Self { from, to, codes: vec![0; slots] }
    }

    #[inline]
    fn code(&mut self, table: &mut Table, code: u32) -> u32 {
        match self.codes.get(code as usize) {
            Some(&known) if known != 0 => known,
            _ => self.ask(table, code),
        }
    }

    fn ask(&mut self, table: &mut Table, code: u32) -> u32 {
        let value = table.values(self.from).value(code).to_owned();
        let new = table.intern_value(self.to, &value);
        if let Some(known) = self.codes.get_mut(code as usize) {
            *known = new;
        }
        new
    }
}

/// A step and where the labels that it reads are: its source labels, then the one it compares with.
struct Source<'s> {
    at: usize,
    step: &'s Step,
    read: Vec<Option<NameId>>,
    columns: Vec<Option<usize>>,
}

impl Source<'_> {
    fn value<'t>(&self, table: &'t Table, part: usize, key: &[u32]) -> &'t str {
        self.read[part].map_or("", |name| table.values(name).value(key[part]))
    }
}

/// What a step does to all rows if what its first labels have in common rules out a match.
fn unmatched(table: &Table, source: &Source<'_>, varying: &[usize], key: &[u32]) -> Option<Known> {
    let effect = source.step.unmatched()?;
    let same = *varying.first()?.min(&source.step.source_labels().len());
    let mut start = String::new();
    for part in 0..same {
        start.push_str(source.value(table, part, key));
        start.push_str(source.step.separator());
    }
    let known = if effect == Effect::Drop { Known::Drop } else { Known::Nothing };
    (!source.step.pattern().may_start_with(&start)).then_some(known)
}

/// For the first label of a step that differs from row to row: whether what has one of its codes
/// may match at all.
struct Starts {
    unmatched: Known,
    /// What the labels before it have, joined.
    start: String,
    part: usize,
    column: usize,
    /// By code; `None` where it was not asked.
    may_match: Vec<Option<bool>>,
}

impl Starts {
    fn of(table: &Table, source: &Source<'_>, varying: &[usize], rows: usize) -> Option<Self> {
        let part = *varying.first()?;
        let effect = source.step.unmatched()?;
        let values = source.read[part].map_or(1, |name| table.values(name).len());
        // Of the last label all is known, not the start only.
        let is_worth_it = part + 1 < source.read.len() && values <= SLOTS_A_ROW * rows + SLOTS;
        let unmatched = if effect == Effect::Drop { Known::Drop } else { Known::Nothing };
        is_worth_it.then(|| Self {
            unmatched,
            start: String::new(),
            part,
            column: source.columns[part].expect("it varies, so it is there"),
            may_match: vec![None; values],
        })
    }

    /// What the step does to a row that cannot match.
    #[inline]
    fn unmatched(
        &mut self,
        table: &Table,
        source: &Source<'_>,
        work: &Work<'_>,
        row: usize,
    ) -> Option<Known> {
        let code = work.columns[self.column].1.at(row);
        let may_match = match self.may_match.get(code as usize) {
            Some(Some(known)) => *known,
            _ => self.ask(table, source, work, row),
        };
        (!may_match).then_some(self.unmatched)
    }

    fn ask(&mut self, table: &Table, source: &Source<'_>, work: &Work<'_>, row: usize) -> bool {
        let mut key = vec![0; source.columns.len()];
        work.key(&source.columns, row, &mut key);
        self.start.clear();
        for part in 0..=self.part {
            self.start.push_str(source.value(table, part, &key));
            self.start.push_str(source.step.separator());
        }
        let may_match = source.step.pattern().may_start_with(&self.start);
        if let Some(known) = self.may_match.get_mut(key[self.part] as usize) {
            *known = Some(may_match);
        }
        may_match
    }
}
