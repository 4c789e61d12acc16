//! Exposed to attached: the target's labels are merged in (scrape.go, `mutateSampleLabels` at
//! 3.5).

use crate::series::{NameId, Stage, Table, Target};

use super::block::{Block, Blocks};

/// What a clashing exposed label is renamed with.
const EXPORTED: &str = "exported_";

/// Merges every target's labels into its series. Where a label clashes, `honor_labels` of the
/// target's job decides: the exposed value wins, or is moved to `exported_<label>`.
///
/// # Panics
/// When the table is not [`Stage::Exposed`].
pub fn attach(mut table: Table, honor_labels: &dyn Fn(&str) -> bool) -> Table {
    assert_eq!(table.stage, Stage::Exposed, "labels are attached once");
    if table.targets.iter().all(Target::is_unknown) {
        table.stage = Stage::Attached;
        return table;
    }
    let mut blocks = Blocks::new(table.without_rows(Stage::Attached));
    for group in &table.metrics {
        for (target, range) in group.run_ranges() {
            let mut block = Block::cut(group, target, &range);
            let target = table.target(target);
            merge(&mut blocks.table, &mut block, target, honor_labels(&target.job));
            blocks.push(block);
        }
    }
    blocks.table
}

fn merge(table: &mut Table, block: &mut Block, target: &Target, honor: bool) {
    let mut clashing: Vec<(String, Vec<u32>)> = Vec::new();
    for (label, value) in &target.labels {
        let name = table.intern_name(label);
        let code = table.intern_value(name, value);
        let rows = block.rows;
        let mut exposed = std::mem::replace(block.codes_mut(name), vec![code; rows]);
        if honor {
            exposed.iter_mut().filter(|exposed| **exposed == 0).for_each(|exposed| *exposed = code);
            // A label that stands there without a value is exposed, too: the target's is not set.
            block.notes.empty_rows(name).iter().for_each(|&row| exposed[row as usize] = 0);
            *block.codes_mut(name) = exposed;
            continue;
        }
        if exposed.iter().any(|&code| code != 0) {
            clashing.push((label.clone(), exposed));
        }
    }
    // The server resolves the shortest name first; target labels come sorted by name.
    clashing.sort_by_key(|(label, _)| label.len());
    for (label, exposed) in &clashing {
        export(table, block, label, exposed);
    }
}

/// Moves the exposed values of a clashing label to the first `exported_…` name that is free in
/// their row.
fn export(table: &mut Table, block: &mut Block, label: &str, exposed: &[u32]) {
    let from = table.intern_name(label);
    let mut pending: Vec<usize> = (0..block.rows).filter(|&row| exposed[row] != 0).collect();
    let mut name = label.to_owned();
    while !pending.is_empty() {
        name.insert_str(0, EXPORTED);
        let to = table.intern_name(&name);
        let taken = |row: &usize| block.codes(to).is_some_and(|codes| codes[*row] != 0);
        let (wait, free): (Vec<usize>, Vec<usize>) = pending.into_iter().partition(taken);
        let moved: Vec<(usize, u32)> =
            free.into_iter().map(|row| (row, copy(table, from, exposed[row], to))).collect();
        let codes = block.codes_mut(to);
        for (row, code) in moved {
            codes[row] = code;
        }
        pending = wait;
    }
}

/// The code in label `to` of the value that has `code` in label `from`.
fn copy(table: &mut Table, from: NameId, code: u32, to: NameId) -> u32 {
    let value = table.values(from).value(code).to_owned();
    table.intern_value(to, &value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::TableBuilder;

    #[track_caller]
    fn check(target: &[(&str, &str)], exposed: &[(&str, &str)], honor: bool, wanted: &str) {
        let mut builder = TableBuilder::default();
        let labels = target.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect();
        builder.target(Target { job: "j".to_owned(), labels });
        builder.row("m", exposed, 0);
        let table = attach(builder.finish(), &|_| honor);
        let labels = table.row_labels(&table.metrics[0], 0);
        let labels: Vec<String> = labels.iter().skip(1).map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(labels.join(","), wanted);
    }

    #[test]
    fn target_labels_win_and_exposed_ones_move() {
        check(&[("env", "t")], &[("a", "1"), ("env", "")], false, "a=1,env=t");
        check(&[("env", "t")], &[("a", "1"), ("env", "")], true, "a=1");
        check(&[("job", "j")], &[("job", "x"), ("a", "1")], false, "a=1,exported_job=x,job=j");
        check(&[("job", "j")], &[("job", "x"), ("a", "1")], true, "a=1,job=x");
        check(&[("job", "j")], &[("a", "1")], true, "a=1,job=j");
    }

    #[test]
    fn taken_exported_names_are_prefixed_again() {
        check(
            &[("job", "j")],
            &[("exported_job", "y"), ("job", "x")],
            false,
            "exported_exported_job=x,exported_job=y,job=j",
        );
        check(
            &[("exported_job", "t"), ("job", "j")],
            &[("exported_job", "y"), ("job", "x")],
            false,
            "exported_exported_exported_job=y,exported_exported_job=x,exported_job=t,job=j",
        );
    }
}
