//! Stored to written: external labels, then the chain of a `remote_write`.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::block::{Block, Blocks};
use super::bounds::refused_name;
use super::collisions::{ChainOf, Passage, Source, collect, same_row};
use super::details::attribute;
use super::drive::Drive;
use super::report::{Collision, FailureCause, JobFlow};
use super::stored::{by_metric, part};
use crate::config::{ChainKind, Project, RemoteWrite};
use crate::series::{Stage, Table, Target};
use crate::units::SeriesCount;

/// What one `remote_write` sends.
#[derive(Debug)]
pub struct Written {
    /// The series that a Prometheus of the same release takes as receiver; those that became one
    /// stand once for each.
    pub table: Table,
    /// What the chain did; its `attached` are the stored series.
    pub flow: JobFlow,
    /// Stored series that became one. What a receiver makes of their samples is its own affair: a
    /// Prometheus drops the later ones of a request, and refuses a request that comes after them.
    pub collisions: Vec<Collision>,
}

/// Takes stored series through a `remote_write`. It sends each series of the TSDB once, whichever
/// jobs stored it; what rules record, and `up` and its like, are not in a table.
///
/// # Panics
/// When the table is not [`Stage::Stored`].
pub fn write(project: &Project, remote: &RemoteWrite, stored: &Table) -> Written {
    run(project, remote, stored, false)
}

/// As [`write()`], with the [`StepDetail`](super::StepDetail)s of every step.
///
/// # Panics
/// When the table is not [`Stage::Stored`].
pub fn write_in_detail(project: &Project, remote: &RemoteWrite, stored: &Table) -> Written {
    run(project, remote, stored, true)
}

/// The labels that are added to what leaves the server, sorted by name as the server has them.
/// `$VAR` in them is not expanded, since that takes the server's environment.
pub(super) fn external_labels(project: &Project) -> Vec<(String, String)> {
    let labels = project.global.external_labels.iter();
    let mut labels: Vec<(String, String)> =
        labels.map(|(name, value)| (name.value.clone(), value.value.clone())).collect();
    labels.sort();
    labels
}

fn run(project: &Project, remote: &RemoteWrite, stored: &Table, detailed: bool) -> Written {
    assert_eq!(stored.stage, Stage::Stored, "the write chain sees stored series");
    let (program, external) = (remote.write_chain.program(), external_labels(project));
    let mut drive = Drive::new(ChainKind::Write, &program, &external, detailed);
    let series = distinct(stored);
    let mut table = series.without_rows(Stage::Written);
    let (mut done, mut refused) = (Vec::new(), 0);
    for (at, group) in series.metrics.iter().enumerate() {
        for (target, range) in group.run_ranges() {
            let block = Block::cut(group, target, &range);
            let passed = drive.block(&mut table, &block);
            // A series without any label is sent, too, and refused.
            let rows_before = passed.rows.len();
            let mut rows_after = 0;
            for (metric, rows) in by_metric(&passed) {
                let scheme = project.global.name_scheme;
                // A 2.53 takes series without a name, a 3.5 does not.
                let nameless = !project.server.at_least(3, 0);
                let accepted =
                    |row: &usize| match refused_name(&table, &passed, metric, &[*row], scheme) {
                        None => true,
                        Some((cause, _)) => nameless && cause == FailureCause::NoMetricName,
                    };
                let rows: Vec<usize> = rows.into_iter().filter(accepted).collect();
                rows_after += rows.len();
                let source = |&row: &usize| Source {
                    group: at as u32,
                    row: passed.rows[row] + range.start as u32,
                };
                let sources: Vec<Source> = rows.iter().map(source).collect();
                if !rows.is_empty() {
                    done.push((part(&passed, &block, metric, &rows), sources));
                }
            }
            refused += (rows_before - rows_after) as u64;
        }
    }
    let flow = JobFlow {
        attached: SeriesCount(series.rows() as u64),
        refused: SeriesCount(refused),
        ..JobFlow::default()
    };
    finish(&series, table, done, &drive, flow)
}

fn finish(
    series: &Table,
    table: Table,
    done: Vec<(Block, Vec<Source>)>,
    drive: &Drive<'_>,
    mut flow: JobFlow,
) -> Written {
    let (mut table, sources) = collect(table, done);
    // The series of all jobs share one chain and may become one.
    let jobs: Vec<String> =
        table.targets.iter_mut().map(|target| std::mem::take(&mut target.job)).collect();
    let chain =
        ChainOf { program: drive.program, external: drive.external, honor_timestamps: true };
    let chains = BTreeMap::from([("", chain)]);
    let passage = Passage { before: series, after: &table, sources: &sources, chains: &chains };
    let merges = passage.merges();
    flow.steps = drive.steps().to_vec();
    flow.details.clone_from(&drive.details);
    flow.stored.0 = merges.distinct.get("").copied().unwrap_or(0);
    if let Some(pairs) = merges.pairs.get("").filter(|_| !flow.details.is_empty()) {
        attribute(&passage, chain, pairs, &flow.steps, &mut flow.details);
    }
    for (target, job) in table.targets.iter_mut().zip(jobs) {
        target.job = job;
    }
    Written { table, flow, collisions: merges.collisions }
}

/// Each series of a table once; while targets stand apart from their series, once for each target.
/// Of several rows the first stays.
pub fn distinct(table: &Table) -> Table {
    let owners = owners(table);
    let mut blocks = Blocks::new(table.without_rows(table.stage));
    for group in &table.metrics {
        let hashes = table.row_hashes(group);
        let mut known: HashMap<(usize, u64), usize, FixedState> = HashMap::default();
        for (target, range) in group.run_ranges() {
            let owner = owners[target.0 as usize];
            let block = Block::cut(group, target, &range);
            let mut rows = Vec::new();
            for row in range.clone() {
                let first = *known.entry((owner, hashes[row])).or_insert(row);
                if first == row || !same_row(group, first, row) {
                    rows.push(row - range.start);
                }
            }
            if !rows.is_empty() {
                blocks.push(block.pick(&rows));
            }
        }
    }
    blocks.table
}

/// For each target the first that is the same; where series have all their labels, whose they are
/// makes no difference.
fn owners(table: &Table) -> Vec<usize> {
    let mut first = BTreeMap::new();
    let targets = table.targets.iter().enumerate();
    let owner = |(at, target): (usize, &Target)| match table.stage {
        Stage::Exposed => *first.entry((target.job.clone(), target.labels.clone())).or_insert(at),
        _ => 0,
    };
    targets.map(owner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::attach;
    use crate::series::TableBuilder;

    /// Two targets, the second given twice, with a row each and one twice.
    fn exposed() -> Table {
        let mut builder = TableBuilder::default();
        for instance in ["one", "two", "two"] {
            let labels = vec![("instance".to_owned(), instance.to_owned())];
            builder.target(Target { job: "j".to_owned(), labels });
            builder.row("m", &[("x", "1")], 9);
            builder.row("m", &[("x", "1")], 9);
        }
        builder.finish()
    }

    #[test]
    fn a_series_of_a_target_stands_once() {
        let table = exposed();
        assert_eq!((table.rows(), distinct(&table).rows()), (6, 2));
        let attached = attach(table, &|_| false);
        assert_eq!((attached.rows(), distinct(&attached).rows()), (6, 2));
    }
}
