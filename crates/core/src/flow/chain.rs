//! The table driver: a chain over a block of rows, each step evaluated once per distinct tuple of
//! source codes.

use std::borrow::Cow;
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

/// A dictionary of so many values for each row is not worth a slot a value.
const SLOTS_A_ROW: usize = 2;

/// The labels of a block while its chain runs; the metric's name is one of them.
struct Work<'b> {
    rows: usize,
    alive: Vec<bool>,
    living: usize,
    columns: Vec<(NameId, Codes<'b>)>,
}

/// The codes of one label.
enum Codes<'b> {
    /// The same in every row.
    One(u32),
    /// One a row, copied when a step writes one.
    Each(Cow<'b, [u32]>),
}

impl Codes<'_> {
    #[inline]
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
    /// The code of the metric's name, if all rows have the same one and have one.
    pub(super) metric: Option<u32>,
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
        if self.program.needs_rows() || self.program.drops_nothing_in_scrapes() {
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
            _ => self.by_many(table, &source, key, work, flow),
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
        let values = source.read[part].map_or(1, |name| table.values(name).len());
        if values > SLOTS_A_ROW * work.rows + 64 {
            return self.by_many(table, source, key, work, flow);
        }
        let mut answers: Vec<Option<Known>> = vec![None; values];
        let column = source.columns[part].expect("it varies, so it is there");
        for row in 0..work.rows {
            if work.alive[row] {
                let code = work.columns[column].1.at(row);
                // A step that writes the label it reads adds values, which no later row has.
                let known = if let Some(known) = answers[code as usize] {
                    known
                } else {
                    key[part] = code;
                    *answers[code as usize].insert(self.answer(table, source, &key))
                };
                work.carry_out(row, known, flow);
            }
        }
    }

    /// A step that reads several labels that differ from row to row: neighbouring rows often have
    /// the same, else the tuple is looked up.
    fn by_many(
        &mut self,
        table: &mut Table,
        source: &Source<'_>,
        mut key: Vec<u32>,
        work: &mut Work<'_>,
        flow: &mut StepFlow,
    ) {
        let mut last: Option<Known> = None;
        for row in 0..work.rows {
            if work.alive[row] {
                let same = !work.key(&source.columns, row, &mut key);
                let known = match last {
                    Some(last) if same => last,
                    _ => self.answer(table, source, &key),
                };
                last = Some(known);
                work.carry_out(row, known, flow);
            }
        }
    }

    /// What the step does to a tuple of codes, asked of [`Step::effect`] the first time.
    fn answer(&mut self, table: &mut Table, source: &Source<'_>, key: &[u32]) -> Known {
        let Source { at, step, .. } = *source;
        if let Some(&known) = self.answers[at].get(key) {
            return known;
        }
        let sources = step.source_labels().len();
        let values: Vec<&str> = (0..sources).map(|part| source.value(table, part, key)).collect();
        let joined = values.join(step.separator());
        let target = if step.compares_target() { source.value(table, sources, key) } else { "" };
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
        work: &mut Work<'_>,
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

impl<'b> Work<'b> {
    fn new(block: &'b Block) -> Self {
        let mut columns = vec![(NameId::METRIC, Codes::One(block.metric))];
        columns.extend(block.columns.iter().map(|(name, codes)| {
            let one = codes.first().filter(|first| codes.iter().all(|code| code == *first));
            let each = || Codes::Each(Cow::Borrowed(codes));
            (*name, one.map_or_else(each, |&code| Codes::One(code)))
        }));
        Self { rows: block.rows, alive: vec![true; block.rows], living: block.rows, columns }
    }

    fn position(&self, name: NameId) -> Option<usize> {
        self.columns.iter().position(|(id, _)| *id == name)
    }

    fn varies(&self, column: usize) -> bool {
        matches!(self.columns[column].1, Codes::Each(_))
    }

    /// Puts what a row has in these columns into `key`; says whether that changed it.
    #[inline]
    fn key(&self, columns: &[Option<usize>], row: usize, key: &mut [u32]) -> bool {
        let mut changed = false;
        for (part, column) in key.iter_mut().zip(columns) {
            let code = column.map_or(0, |column| self.columns[column].1.at(row));
            changed |= *part != code;
            *part = code;
        }
        changed
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
                    *codes = Codes::Each(Cow::Owned(vec![one; rows]));
                }
                if let Codes::Each(codes) = codes {
                    codes.to_mut()[row] = code;
                }
                flow.changed.0 += 1;
            }
        }
    }

    fn codes(&mut self, name: NameId) -> &mut Codes<'b> {
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
            *self.codes(to) = Codes::Each(Cow::Owned(codes));
        }
        let count = |rows: Vec<bool>| rows.into_iter().filter(|&is_so| is_so).count() as u64;
        (count(wrote), count(changed))
    }

    fn finish(self) -> Passed {
        let rows: Vec<u32> =
            (0..self.rows).filter(|&row| self.alive[row]).map(|row| row as u32).collect();
        let all = rows.len() == self.rows;
        let metric = self.columns.iter().find_map(|(name, codes)| match codes {
            Codes::One(code) if *name == NameId::METRIC && *code != 0 => Some(*code),
            _ => None,
        });
        let columns = self.columns.into_iter().map(|(name, codes)| {
            let codes = match codes {
                Codes::One(code) => vec![code; rows.len()],
                Codes::Each(codes) if all => codes.into_owned(),
                Codes::Each(codes) => rows.iter().map(|&row| codes[row as usize]).collect(),
            };
            (name, codes)
        });
        Passed { columns: columns.collect(), rows, metric }
    }
}
