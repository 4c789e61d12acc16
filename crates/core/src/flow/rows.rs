//! The row driver: for the chains in which the order of labels decides, and to tell what a chain
//! does to one series.

use super::block::Block;
use super::chain::Passed;
use super::report::{LabelPairs, StepFlow};
use crate::config::ChainKind;
use crate::relabel::{Did, Outcome, Program, Scratch};
use crate::series::{LabelBuf, METRIC_NAME, NameId, Table};

/// Runs a chain of `kind` row by row; labels of `external` are added where a row has none of that
/// name.
pub(super) fn run_rows(
    table: &mut Table,
    (kind, program): (ChainKind, &Program),
    block: &Block,
    external: &[(String, String)],
    steps: &mut [StepFlow],
) -> Passed {
    let mut scratch = Scratch::new();
    let mut labels = LabelBuf::new();
    let mut passed = Passed { rows: Vec::new(), columns: Vec::new() };
    let keeps_all = kind == ChainKind::Metric && program.drops_nothing_in_scrapes();
    for row in 0..block.rows {
        fill(&mut labels, table, block, row);
        add(&mut labels, external);
        let (outcome, trace) = program.apply_traced(&mut scratch, &mut labels);
        for (flow, did) in steps.iter_mut().zip(&trace) {
            flow.reached.0 += 1;
            flow.dropped.0 += u64::from(matches!(did, Did::Dropped) && !keeps_all);
            flow.wrote.0 += u64::from(matches!(did, Did::Wrote(_)));
            flow.changed.0 += u64::from(changes(did));
        }
        if outcome == Outcome::Kept || keeps_all {
            keep(&mut passed, table, &labels, row);
        }
    }
    for (_, codes) in &mut passed.columns {
        codes.resize(passed.rows.len(), 0);
    }
    passed
}

/// Whether a step changed the labels.
pub(super) fn changes(did: &Did) -> bool {
    matches!(did, Did::Wrote(changes) if changes.iter().any(|it| it.before != it.after))
}

/// The labels of a row, `__name__` among them, as a chain starts on them.
pub(super) fn fill(labels: &mut LabelBuf, table: &Table, block: &Block, row: usize) {
    let mut pairs = vec![(METRIC_NAME, table.values(NameId::METRIC).value(block.metric))];
    pairs.extend(
        block
            .columns
            .iter()
            .filter(|(_, codes)| codes[row] != 0)
            .map(|(name, codes)| (table.name(*name), table.values(*name).value(codes[row]))),
    );
    labels.refill(pairs);
}

/// Adds external labels where there is none of that name, as set after the others: a labelmap
/// sees them last (`queue_manager.go`, `processExternalLabels` at 3.5).
pub(super) fn add(labels: &mut LabelBuf, external: &[(String, String)]) {
    for (name, value) in external {
        if labels.get(name).is_empty() {
            labels.set(name, value);
        }
    }
}

/// A label set, sorted by name.
pub(super) fn pairs(labels: &LabelBuf) -> LabelPairs {
    let sorted = labels.sorted();
    sorted.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A label set after the first `steps` steps; `None` when one of them drops it.
pub(super) fn after_steps(
    program: &Program,
    steps: usize,
    labels: &[(String, String)],
    external: &[(String, String)],
) -> Option<LabelPairs> {
    let start = Program::compile(&program.steps()[..steps]);
    let mut buffer = LabelBuf::new();
    buffer.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    add(&mut buffer, external);
    let outcome = start.apply(&mut Scratch::new(), &mut buffer);
    (outcome == Outcome::Kept).then(|| pairs(&buffer))
}

fn keep(passed: &mut Passed, table: &mut Table, labels: &LabelBuf, row: usize) {
    let at = passed.rows.len();
    passed.rows.push(row as u32);
    for (name, value) in labels.sorted() {
        let name = table.intern_name(name);
        let code = table.intern_value(name, value);
        let column = passed.columns.iter().position(|(id, _)| *id == name).unwrap_or_else(|| {
            passed.columns.push((name, Vec::new()));
            passed.columns.len() - 1
        });
        let codes = &mut passed.columns[column].1;
        codes.resize(at, 0);
        codes.push(code);
    }
}
