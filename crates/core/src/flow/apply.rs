//! A bare chain over a whole table.

use std::ops::Range;

use super::block::{Block, Blocks};
use super::chain::{ChainRun, Passed};
use super::columns::Work;
use super::report::StepFlow;
use super::rows::run_rows;
use super::stored::{by_metric, part};
use crate::config::ChainKind;
use crate::relabel::Program;
use crate::series::{MetricRows, Table, TargetId};

/// Not a metric chain, whose drops one release ignores: [`Program::apply`] always drops.
const BARE: ChainKind = ChainKind::Target;

/// Runs a chain over all rows of a table, nothing checked or added around it; gives the rows that
/// it left, at the stage that they had, and what each step did. Each step is evaluated once for
/// each distinct tuple of what it reads. What [`Program::apply`] does to the rows one by one comes
/// out, rows of a label set that is empty then left out.
pub fn apply_table(program: &Program, table: &Table) -> (Table, Vec<StepFlow>) {
    let mut run = ChainRun::new(program);
    let mut out = Blocks::new(table.without_rows(table.stage));
    for group in &table.metrics {
        for (target, range) in group.run_ranges() {
            let labels = group.columns.iter();
            let labels = labels.map(|column| (column.name, &column.codes[range.clone()]));
            let work = Work::new(group.metric, range.len(), labels);
            if let Ok(work) = run.run_on(&mut out.table, work) {
                push(&mut out, work, group, target, &range);
            } else {
                let block = Block::cut(group, target, &range);
                let chain = (BARE, program);
                let passed = run_rows(&mut out.table, chain, &block, &[], &mut run.steps);
                push_by_metric(&mut out, &passed, &block);
            }
        }
    }
    (out.table, run.steps)
}

/// Adds what a chain left of some rows of a group.
fn push(
    out: &mut Blocks,
    work: Work<'_>,
    group: &MetricRows,
    target: TargetId,
    range: &Range<usize>,
) {
    if work.living == 0 {
        return;
    }
    if let Some(metric) = work.metric() {
        // Bytes are known for the group only: rows share them evenly.
        let bytes = group.exposed_bytes * work.living as u64 / group.rows.max(1) as u64;
        work.push_to(out.group(metric), target, bytes);
    } else {
        push_by_metric(out, &work.finish(), &Block::cut(group, target, range));
    }
}

fn push_by_metric(out: &mut Blocks, passed: &Passed, block: &Block) {
    for (metric, rows) in by_metric(passed) {
        out.push(part(passed, block, metric, &rows));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::relabel::{Action, Field, Outcome, RawStep, Scratch};
    use crate::series::{LabelBuf, TableBuilder};
    use crate::server::{NameScheme, Server};

    fn raw_step() -> impl Strategy<Value = RawStep> {
        let names = || prop::sample::select(vec!["__name__", "a", "b", "c"]);
        let values = || {
            let texts =
                ["m", "x", "y|m", "(.*)", "(m|x);(.*)", "m;.*", "x;y", ".+;y", "([abc])", "xx;"];
            prop::sample::select(texts.to_vec())
        };
        let action = prop::sample::select(Action::all().collect::<Vec<_>>());
        (action, prop::collection::vec(names(), 0..4), values(), "(\\$1|\\$2|x|z|){1,2}", names())
            .prop_map(|(action, sources, regex, replacement, target)| RawStep {
                action: Field::Set(action.name().to_owned()),
                source_labels: Field::Set(sources.into_iter().map(str::to_owned).collect()),
                regex: Field::Set(regex.to_owned()),
                replacement: Field::Set(replacement),
                target_label: Field::Set(target.to_owned()),
                modulus: Field::Set(3),
                ..RawStep::default()
            })
    }

    type Row = Vec<(String, String)>;

    fn own((name, value): (&str, &str)) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    fn rows(table: &Table) -> Vec<Row> {
        let groups = table.metrics.iter();
        let rows = groups.flat_map(|group| (0..group.rows).map(move |row| (group, row)));
        rows.map(|(group, row)| {
            let labels = table.row_labels(group, row).into_iter();
            labels.filter(|(_, value)| !value.is_empty()).map(own).collect()
        })
        .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 1000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_table_comes_out_as_its_rows_do(
            raw in prop::collection::vec(raw_step(), 0..5),
            series in prop::collection::vec(("[mx]", "[xy]{0,2}", "[xy]{0,2}", "[xy]?"), 0..90),
        ) {
            let mut builder = TableBuilder::default();
            for (metric, a, b, c) in &series {
                builder.row(metric, &[("a", a), ("b", b), ("c", c)], 0);
            }
            let table = builder.finish();
            let valid = |step: &RawStep| step.validate(Server::default(), NameScheme::Utf8).ok();
            let program = Program::compile(&raw.iter().filter_map(valid).collect::<Vec<_>>());
            let (mut scratch, mut labels) = (Scratch::new(), LabelBuf::new());
            let mut dropped = vec![0; program.steps().len()];
            let mut one_by_one: Vec<Row> = Vec::new();
            for row in rows(&table) {
                labels.refill(row.iter().map(|(name, value)| (&**name, &**value)));
                match program.apply(&mut scratch, &mut labels) {
                    Outcome::Dropped { by } => dropped[by] += 1,
                    Outcome::Kept if labels.is_empty() => {}
                    Outcome::Kept => one_by_one.push(labels.sorted().into_iter().map(own).collect()),
                }
            }
            let (out, steps) = apply_table(&program, &table);
            let mut at_once = rows(&out);
            at_once.sort_unstable();
            one_by_one.sort_unstable();
            prop_assert_eq!(at_once, one_by_one);
            prop_assert_eq!(steps.iter().map(|step| step.dropped.0).collect::<Vec<_>>(), dropped);
        }
    }
}
