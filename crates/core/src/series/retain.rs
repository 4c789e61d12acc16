//! Rows taken out of a table.

use super::table::{MetricRows, Run, Table};

impl Table {
    /// Keeps the rows for which `keep` says so, by group and row. Metrics without rows go; targets,
    /// families and dictionaries stay. Bytes as exposed are shared out by rows.
    ///
    /// # Panics
    /// When `keep` has fewer groups or rows than the table.
    pub(crate) fn retain(&mut self, keep: &[Vec<bool>]) {
        for (group, keep) in self.metrics.iter_mut().zip(keep) {
            let rows: Vec<usize> = (0..group.rows).filter(|&row| keep[row]).collect();
            if rows.len() < group.rows {
                *group = pick(group, &rows);
            }
        }
        self.metrics.retain(|group| group.rows > 0);
    }
}

/// A group with some of its rows, in ascending order.
fn pick(group: &MetricRows, rows: &[usize]) -> MetricRows {
    let mut picked = MetricRows::new(group.metric);
    let columns = group.columns.iter();
    for column in columns {
        picked.extend_column(column.name, rows.iter().map(|&row| column.codes[row]));
    }
    picked.close_rows(rows.len());
    picked.exposed_bytes = group.exposed_bytes * rows.len() as u64 / group.rows.max(1) as u64;
    picked.notes = group.notes.pick(rows);
    let mut runs = group.run_ranges().peekable();
    for &row in rows {
        while runs.next_if(|(_, range)| range.end <= row).is_some() {}
        let Some(&(target, _)) = runs.peek() else { break };
        match picked.runs.last_mut() {
            Some(run) if run.target == target => run.rows += 1,
            _ => picked.runs.push(Run { target, rows: 1 }),
        }
    }
    picked
}

#[cfg(test)]
mod tests {
    use crate::series::{TableBuilder, Target};

    #[test]
    fn rows_keep_their_labels_and_targets() {
        let mut builder = TableBuilder::default();
        for target in ["s", "t"] {
            builder.target(Target { job: target.to_owned(), labels: Vec::new() });
            for (metric, value) in [("a", "1"), ("a", "2"), ("b", "3")] {
                builder.row(metric, &[("x", value), ("t", target)], 10);
            }
        }
        let mut table = builder.finish();
        table.retain(&[vec![false, true, true, true], vec![false, false]]);
        assert_eq!(table.metrics.len(), 1);
        let group = &table.metrics[0];
        let mut rows = Vec::new();
        for (target, range) in group.run_ranges() {
            for row in range {
                let labels = table.row_labels(group, row);
                rows.push((table.target(target).job.as_str(), labels[1].1, labels[2].1));
            }
        }
        assert_eq!(rows, [("s", "s", "2"), ("t", "t", "1"), ("t", "t", "2")]);
        assert_eq!((group.exposed_bytes, group.notes.rows()), (30, 3));
    }
}
