//! The table driver: a chain over a block of rows, each step evaluated once per distinct tuple of
//! source codes.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::block::Block;
use super::report::StepFlow;
use crate::relabel::{Action, Effect, Input, Program, Scratch, Step};
use crate::series::{NameId, Table};

/// What a step does to one tuple of source codes.
#[derive(Debug, Clone, Copy)]
enum Known {
    Nothing,
    Drop,
    Set(NameId, u32),
}

type Answers = HashMap<Box<[u32]>, Known, FixedState>;

/// A chain with what its steps have answered so far. Codes mean the same in every block of one
/// table, so answers hold from block to block.
pub(super) struct ChainRun<'p> {
    program: &'p Program,
    answers: Vec<Answers>,
    scratch: Scratch,
    pub(super) steps: Vec<StepFlow>,
}

/// The labels of a block while its chain runs; the metric's name is one of them.
struct Work {
    rows: usize,
    alive: Vec<bool>,
    living: usize,
    columns: Vec<(NameId, Codes)>,
}

/// The codes of one label.
enum Codes {
    /// The same in every row.
    One(u32),
    /// One a row.
    Each(Vec<u32>),
}

impl Codes {
    fn at(&self, row: usize) -> u32 {
        match self {
            Self::One(code) => *code,
            Self::Each(codes) => codes[row],
        }
    }
}

/// Rows that a chain let pass: which ones, and their labels.
pub(super) struct Passed {
    /// Indexes in the block that went in.
    pub(super) rows: Vec<u32>,
    /// Codes by label, `__name__` among them, one a passed row.
    pub(super) columns: Vec<(NameId, Vec<u32>)>,
}

/// Several labels map to one name, so that the order of labels decides, which only rows know.
pub(super) struct OrderMatters;

impl<'p> ChainRun<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        let steps = program.steps().len();
        Self {
            program,
            answers: (0..steps).map(|_| Answers::default()).collect(),
            scratch: Scratch::new(),
            steps: vec![StepFlow::default(); steps],
        }
    }

    /// Runs the chain over a block whose dictionaries are `table`'s.
    pub(super) fn run(&mut self, table: &mut Table, block: &Block) -> Result<Passed, OrderMatters> {
        if self.program.needs_rows() {
            return Err(OrderMatters);
        }
        let mut work = Work::new(block);
        let mut steps = self.steps.clone();
        for (at, step) in self.program.steps().iter().enumerate() {
            if work.living == 0 {
                break;
            }
            steps[at].reached.0 += work.living as u64;
            if step.action().is_by_name() {
                self.by_name(table, step, &mut work, &mut steps[at])?;
            } else {
                self.by_value(table, at, step, &mut work, &mut steps[at]);
            }
        }
        self.steps = steps;
        Ok(work.finish())
    }

    fn by_value(
        &mut self,
        table: &mut Table,
        at: usize,
        step: &Step,
        work: &mut Work,
        flow: &mut StepFlow,
    ) {
        let mut read: Vec<Option<NameId>> =
            step.source_labels().iter().map(|name| table.name_id(name)).collect();
        if step.compares_target() {
            read.push(table.name_id(step.target_label()));
        }
        let columns: Vec<Option<usize>> =
            read.iter().map(|name| name.and_then(|name| work.position(name))).collect();
        let varies = columns.iter().flatten().any(|&column| work.varies(column));
        let mut key: Vec<u32> = vec![0; columns.len()];
        if !varies {
            work.key(&columns, 0, &mut key);
            let known = self.answer(table, at, step, &read, &key);
            return work.carry_out_everywhere(known, flow);
        }
        for row in 0..work.rows {
            if work.alive[row] {
                work.key(&columns, row, &mut key);
                let known = self.answer(table, at, step, &read, &key);
                work.carry_out(row, known, flow);
            }
        }
    }

    /// What the step does to a tuple of codes, asked of [`Step::effect`] the first time.
    fn answer(
        &mut self,
        table: &mut Table,
        at: usize,
        step: &Step,
        read: &[Option<NameId>],
        key: &[u32],
    ) -> Known {
        if let Some(&known) = self.answers[at].get(key) {
            return known;
        }
        let value = |at: usize| read[at].map_or("", |name| table.values(name).value(key[at]));
        let sources = step.source_labels().len();
        let joined = (0..sources).map(value).collect::<Vec<_>>().join(step.separator());
        let target = if step.compares_target() { value(sources) } else { "" };
        let known = match step.effect(Input::Values { joined: &joined, target }, &mut self.scratch)
        {
            Effect::Drop => Known::Drop,
            Effect::Set { name, value } => {
                let name = table.intern_name(name);
                Known::Set(name, table.intern_value(name, value))
            }
            Effect::Nothing | Effect::InvalidName(_) | Effect::Remove | Effect::Copy { .. } => {
                Known::Nothing
            }
        };
        self.answers[at].insert(key.into(), known);
        known
    }

    /// Runs a step over the names of the labels.
    fn by_name(
        &mut self,
        table: &mut Table,
        step: &Step,
        work: &mut Work,
        flow: &mut StepFlow,
    ) -> Result<(), OrderMatters> {
        let mut remove: Vec<usize> = Vec::new();
        let mut copies: Vec<(usize, NameId)> = Vec::new();
        for (at, (name, _)) in work.columns.iter().enumerate() {
            if !work.is_present(at) {
                continue;
            }
            let name = table.name(*name).to_owned();
            match step.effect(Input::Name(&name), &mut self.scratch) {
                Effect::Remove => remove.push(at),
                Effect::Copy { to } => copies.push((at, table.intern_name(to))),
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
        let (copied, changed) = work.copy(table, &copies);
        flow.wrote.0 += removed + copied;
        flow.changed.0 += removed + changed;
        Ok(())
    }
}

impl Work {
    fn new(block: &Block) -> Self {
        let mut columns = vec![(NameId::METRIC, Codes::One(block.metric))];
        columns.extend(block.columns.iter().map(|(name, codes)| {
            let one = codes.first().filter(|first| codes.iter().all(|code| code == *first));
            (*name, one.map_or_else(|| Codes::Each(codes.clone()), |&code| Codes::One(code)))
        }));
        Self { rows: block.rows, alive: vec![true; block.rows], living: block.rows, columns }
    }

    fn position(&self, name: NameId) -> Option<usize> {
        self.columns.iter().position(|(id, _)| *id == name)
    }

    fn varies(&self, column: usize) -> bool {
        matches!(self.columns[column].1, Codes::Each(_))
    }

    fn key(&self, columns: &[Option<usize>], row: usize, key: &mut [u32]) {
        for (part, column) in key.iter_mut().zip(columns) {
            *part = column.map_or(0, |column| self.columns[column].1.at(row));
        }
    }

    /// Whether any living row has the label.
    fn is_present(&self, column: usize) -> bool {
        (0..self.rows).any(|row| self.alive[row] && self.columns[column].1.at(row) != 0)
    }

    fn carry_out_everywhere(&mut self, known: Known, flow: &mut StepFlow) {
        match known {
            Known::Nothing => {}
            Known::Drop => {
                flow.dropped.0 += self.living as u64;
                self.alive.fill(false);
                self.living = 0;
            }
            Known::Set(name, code) => {
                flow.wrote.0 += self.living as u64;
                let codes = self.codes(name);
                let before = std::mem::replace(codes, Codes::One(code));
                let differs = |&row: &usize| self.alive[row] && before.at(row) != code;
                flow.changed.0 += (0..self.rows).filter(differs).count() as u64;
            }
        }
    }

    fn carry_out(&mut self, row: usize, known: Known, flow: &mut StepFlow) {
        match known {
            Known::Nothing => {}
            Known::Drop => {
                flow.dropped.0 += 1;
                self.alive[row] = false;
                self.living -= 1;
            }
            Known::Set(name, code) => {
                flow.wrote.0 += 1;
                let rows = self.rows;
                let codes = self.codes(name);
                if codes.at(row) == code {
                    return;
                }
                if let Codes::One(one) = *codes {
                    *codes = Codes::Each(vec![one; rows]);
                }
                if let Codes::Each(codes) = codes {
                    codes[row] = code;
                }
                flow.changed.0 += 1;
            }
        }
    }

    fn codes(&mut self, name: NameId) -> &mut Codes {
        let at = self.position(name).unwrap_or_else(|| {
            self.columns.push((name, Codes::One(0)));
            self.columns.len() - 1
        });
        &mut self.columns[at].1
    }

    /// Takes labels away; gives how many living rows had one of them.
    fn remove(&mut self, columns: &[usize]) -> u64 {
        let had = |&row: &usize| {
            self.alive[row] && columns.iter().any(|&at| self.columns[at].1.at(row) != 0)
        };
        let changed = (0..self.rows).filter(had).count() as u64;
        for &at in columns {
            self.columns[at].1 = Codes::One(0);
        }
        changed
    }

    /// Copies labels, all as they were before the step; gives how many living rows were written,
    /// and how many of them changed.
    fn copy(&mut self, table: &mut Table, copies: &[(usize, NameId)]) -> (u64, u64) {
        let (mut wrote, mut changed) = (vec![false; self.rows], vec![false; self.rows]);
        let mut written: Vec<(NameId, Vec<u32>)> = Vec::new();
        for &(from, to) in copies {
            let (name, codes) = &self.columns[from];
            let mut into: Vec<u32> = match self.position(to) {
                Some(at) => (0..self.rows).map(|row| self.columns[at].1.at(row)).collect(),
                None => vec![0; self.rows],
            };
            for row in 0..self.rows {
                let code = codes.at(row);
                if code != 0 && self.alive[row] {
                    let value = table.values(*name).value(code).to_owned();
                    let code = table.intern_value(to, &value);
                    wrote[row] = true;
                    changed[row] |= into[row] != code;
                    into[row] = code;
                }
            }
            written.push((to, into));
        }
        for (to, codes) in written {
            *self.codes(to) = Codes::Each(codes);
        }
        let count = |rows: Vec<bool>| rows.into_iter().filter(|&is_so| is_so).count() as u64;
        (count(wrote), count(changed))
    }

    fn finish(self) -> Passed {
        let rows: Vec<u32> =
            (0..self.rows).filter(|&row| self.alive[row]).map(|row| row as u32).collect();
        let columns = self
            .columns
            .iter()
            .map(|(name, codes)| (*name, rows.iter().map(|&row| codes.at(row as usize)).collect()));
        Passed { columns: columns.collect(), rows }
    }
}
