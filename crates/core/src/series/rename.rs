//! Other values for the labels of a table.

use std::sync::Arc;

use super::dictionary::Dictionary;
use super::table::{NameId, Table};

impl Table {
    /// Changes every label value, of rows and of targets: `change` is given the label's name and
    /// the value, once for each that is distinct. Metric names stay; values that become equal are
    /// one from then on, and a value that becomes empty is absent.
    pub fn rename_values(&mut self, change: &dyn Fn(&str, &str) -> String) {
        let labels: Vec<NameId> = self.name_ids().filter(|&id| id != NameId::METRIC).collect();
        for id in labels {
            let name = self.name(id).to_owned();
            let old = self.values(id);
            let mut new = Dictionary::of(&name);
            let codes: Vec<u32> = (0..old.len() as u32)
                .map(|code| if code == 0 { 0 } else { new.intern(&change(&name, old.value(code))) })
                .collect();
            self.set_values(id, Arc::new(new));
            let groups = self.metrics.iter_mut();
            for column in groups.filter_map(|group| group.column_mut(id)) {
                column.codes.iter_mut().for_each(|code| *code = codes[*code as usize]);
            }
        }
        for target in &mut self.targets {
            if !target.job.is_empty() {
                target.job = change("job", &target.job);
            }
            for (name, value) in &mut target.labels {
                *value = change(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{TableBuilder, Target};
    use proptest::prelude::*;

    fn table(rows: &[(u8, u8)]) -> Table {
        let mut builder = TableBuilder::default();
        let labels = vec![("job".to_owned(), "j".to_owned())];
        builder.target(Target { job: "j".to_owned(), labels });
        for (a, b) in rows {
            builder.row("m", &[("a", &format!("v{a}")), ("b", &format!("v{b}"))], 9);
        }
        builder.finish()
    }

    fn labels(table: &Table) -> Vec<Vec<(&str, &str)>> {
        let groups = table.metrics.iter();
        groups.flat_map(|it| (0..it.rows).map(|row| table.row_labels(it, row))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..<_>::default() })]
        /// One to one or many to one, the rows are those built of the new values.
        #[test]
        fn the_rows_are_those_of_the_new_values(
            rows in proptest::collection::vec((0u8..9, 0u8..9), 0..40),
            modulus in 1u8..12,
        ) {
            let mut renamed = table(&rows);
            renamed.rename_values(&|_, value| match value.strip_prefix('v') {
                Some(number) => format!("v{}", number.parse::<u8>().unwrap() % modulus),
                None => value.to_owned(),
            });
            let reduced: Vec<(u8, u8)> =
                rows.iter().map(|(a, b)| (a % modulus, b % modulus)).collect();
            let built = table(&reduced);
            prop_assert_eq!(labels(&renamed), labels(&built));
            let hashes = |table: &Table| {
                table.metrics.iter().map(|group| table.row_hashes(group)).collect::<Vec<_>>()
            };
            prop_assert_eq!(hashes(&renamed), hashes(&built));
        }
    }

    #[test]
    fn targets_and_their_jobs_are_renamed_and_metrics_are_not() {
        let mut table = table(&[(1, 2)]);
        table.rename_values(&|name, value| format!("{name}:{value}"));
        assert_eq!(
            table.row_labels(&table.metrics[0], 0),
            [("__name__", "m"), ("a", "a:v1"), ("b", "b:v2"),]
        );
        let target = &table.targets[0];
        assert_eq!((target.job.as_str(), target.label("job")), ("job:j", "job:j"));
    }
}
