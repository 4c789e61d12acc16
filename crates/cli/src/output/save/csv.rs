//! The series as a table for a database: a row each, a column a label, `__name__` first.

use std::collections::BTreeMap;
use std::io::{self, Write};

use promsieve_core::series::{Column, METRIC_NAME, MetricRows, NameId, Table};
use promsieve_core::sketch::DistinctSet;

/// Writes each distinct series once. A label that a series has not is an empty field, as for
/// Prometheus an empty label is none.
pub(super) fn write(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let names = names(table);
    let mut line = String::from(METRIC_NAME);
    for name in names.keys() {
        push(&mut line, name);
    }
    line.push('\n');
    out.write_all(line.as_bytes())?;
    let mut seen = DistinctSet::default();
    for group in &table.metrics {
        let columns: Vec<Option<&Column>> =
            names.values().map(|&name| group.column(name)).collect();
        let hashes = table.row_hashes(group);
        seen.reset(hashes.len());
        for (row, &hash) in hashes.iter().enumerate() {
            if seen.insert(hash) {
                write_row(table, group, &columns, row, &mut line);
                out.write_all(line.as_bytes())?;
            }
        }
    }
    Ok(())
}

/// The labels that any series has, by name.
fn names(table: &Table) -> BTreeMap<&str, NameId> {
    let columns = table.metrics.iter().flat_map(|group| &group.columns);
    let used = columns.filter(|column| column.codes.iter().any(|&code| code != 0));
    used.map(|column| (table.name(column.name), column.name)).collect()
}

fn write_row(
    table: &Table,
    group: &MetricRows,
    columns: &[Option<&Column>],
    row: usize,
    line: &mut String,
) {
    line.clear();
    push_field(line, table.metric_name(group));
    for column in columns {
        match column {
            Some(column) => push(line, table.values(column.name).value(column.codes[row])),
            None => line.push(','),
        }
    }
    line.push('\n');
}

fn push(line: &mut String, field: &str) {
    line.push(',');
    push_field(line, field);
}

/// A field as RFC 4180 has it: in quotes where it holds what could end it.
fn push_field(line: &mut String, field: &str) {
    if !field.contains(['"', ',', '\n', '\r']) && field.trim() == field {
        line.push_str(field);
        return;
    }
    line.push('"');
    line.push_str(&field.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use promsieve_core::series::TableBuilder;

    #[test]
    fn each_series_is_a_row() {
        let mut builder = TableBuilder::default();
        builder.row("b", &[("x", "1,2"), ("a", "say \"no\"")], 0);
        builder.row("c", &[("a", "two\nlines"), ("empty", "")], 0);
        builder.row("b", &[("a", "say \"no\""), ("x", "1,2")], 0);
        let mut csv = Vec::new();
        write(&builder.finish(), &mut csv).unwrap();
        let wanted = "__name__,a,x\nb,\"say \"\"no\"\"\",\"1,2\"\nc,\"two\nlines\",\n";
        assert_eq!(String::from_utf8(csv).unwrap(), wanted);
    }
}
