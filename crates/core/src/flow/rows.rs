//! The row driver over a block: for the chains in which the order of labels decides.

use super::block::Block;
use super::chain::Passed;
use super::report::StepFlow;
use crate::relabel::{Did, Outcome, Program, Scratch};
use crate::series::{LabelBuf, METRIC_NAME, NameId, Table};

/// Runs a chain row by row.
pub(super) fn run_rows(
    table: &mut Table,
    program: &Program,
    block: &Block,
    steps: &mut [StepFlow],
) -> Passed {
    let mut scratch = Scratch::new();
    let mut labels = LabelBuf::new();
    let mut passed = Passed { rows: Vec::new(), columns: Vec::new() };
    for row in 0..block.rows {
        fill(&mut labels, table, block, row);
        let (outcome, trace) = program.apply_traced(&mut scratch, &mut labels);
        for (flow, did) in steps.iter_mut().zip(&trace) {
            flow.reached.0 += 1;
            flow.dropped.0 += u64::from(matches!(did, Did::Dropped));
            let changes = matches!(did, Did::Wrote(changes)
                if changes.iter().any(|change| change.before != change.after));
            flow.wrote.0 += u64::from(matches!(did, Did::Wrote(_)));
            flow.changed.0 += u64::from(changes);
        }
        if outcome == Outcome::Kept {
            keep(&mut passed, table, &labels, row);
        }
    }
    for (_, codes) in &mut passed.columns {
        codes.resize(passed.rows.len(), 0);
    }
    passed
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
