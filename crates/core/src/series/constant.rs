//! A label that every row of a table gets or loses: external labels, and those of replicas.

use super::table::{Column, NameId, Table};

impl Table {
    /// Gives every row a label, in place of the value that some may have; "" takes it away. Metric
    /// names stay, and so do the labels of targets.
    pub fn set_label(&mut self, name: &str, value: &str) {
        let id = self.intern_name(name);
        if id == NameId::METRIC {
            return;
        }
        let code = self.intern_value(id, value);
        for group in &mut self.metrics {
            group.columns.retain(|column| column.name != id);
            if code != 0 {
                group.columns.push(Column { name: id, codes: vec![code; group.rows] });
            }
        }
    }

    /// Takes a label away from every row and target.
    pub fn remove_label(&mut self, name: &str) {
        if self.name_id(name).is_some() {
            self.set_label(name, "");
        }
        for target in &mut self.targets {
            target.labels.retain(|(label, _)| label != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::series::{Table, TableBuilder, Target};

    fn table() -> Table {
        let mut builder = TableBuilder::default();
        let labels = vec![("job".to_owned(), "j".to_owned())];
        builder.target(Target { job: "j".to_owned(), labels });
        builder.row("a", &[("x", "1"), ("y", "2")], 9);
        builder.row("a", &[("y", "3")], 9);
        builder.row("b", &[], 9);
        builder.finish()
    }

    fn labels(table: &Table) -> Vec<Vec<(&str, &str)>> {
        let groups = table.metrics.iter();
        groups.flat_map(|it| (0..it.rows).map(|row| table.row_labels(it, row))).collect()
    }

    #[test]
    fn every_row_gets_the_value_and_loses_the_one_it_had() {
        let mut table = table();
        table.set_label("x", "new");
        table.set_label("__name__", "c");
        let (a, b, x) = (("__name__", "a"), ("__name__", "b"), ("x", "new"));
        assert_eq!(labels(&table), [vec![a, x, ("y", "2")], vec![a, x, ("y", "3")], vec![b, x]]);
    }

    #[test]
    fn a_label_that_is_removed_is_nowhere() {
        let mut table = table();
        table.remove_label("y");
        table.remove_label("job");
        table.remove_label("unheard_of");
        let (a, b) = (("__name__", "a"), ("__name__", "b"));
        assert_eq!(labels(&table), [vec![a, ("x", "1")], vec![a], vec![b]]);
        assert_eq!(table.targets[0].label("job"), "");
        assert!(table.name_id("unheard_of").is_none());
    }
}
