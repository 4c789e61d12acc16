//! One form of a table for all the orders in which its rows may have come.

use std::sync::Arc;

use rayon::prelude::*;

use super::table::{Column, MetricRows, NameId, Run, Stage, Table, Target, TargetId};
use super::{Dictionary, MetricType, PageNotes};

/// Stands for names and codes that nothing has.
const UNUSED: u32 = u32::MAX;

impl Table {
    /// The same rows in the order of their text: names, values, targets, families and metrics are
    /// sorted, what no row has is left out, and a target stands once.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut table = Self::empty(self.stage);
        let plan = Plan::of(self, &mut table);
        let mut groups: Vec<&MetricRows> =
            self.metrics.iter().filter(|group| group.rows > 0).collect();
        groups.sort_by_key(|group| self.metric_name(group));
        table.families.clone_from(&self.families);
        table.metrics = groups.par_iter().map(|group| plan.group(group)).collect();
        table
    }
}

/// What the names, codes and targets of the old table are in the new one.
struct Plan {
    names: Vec<u32>,
    codes: Vec<Vec<u32>>,
    targets: Vec<u32>,
    families: Vec<u32>,
    /// Whether rows have the notes of a page.
    has_notes: bool,
}

impl Plan {
    fn of(old: &Table, new: &mut Table) -> Self {
        let used = used(old);
        let mut names: Vec<NameId> =
            old.name_ids().skip(1).filter(|name| used.names[name.0 as usize]).collect();
        names.sort_by_key(|&name| old.name(name));
        names.insert(0, NameId::METRIC);
        let mut plan = Self {
            names: vec![UNUSED; used.names.len()],
            codes: vec![Vec::new(); used.names.len()],
            targets: Vec::new(),
            families: Vec::new(),
            has_notes: matches!(old.stage, Stage::Exposed | Stage::Attached),
        };
        for name in names {
            let id = new.intern_name(old.name(name));
            plan.names[name.0 as usize] = id.0;
            let (values, codes) = sorted(old.values(name), &used.values[name.0 as usize], id, new);
            new.values[id.0 as usize] = Arc::new(values);
            plan.codes[name.0 as usize] = codes;
        }
        plan.targets = targets(old, new);
        let (names, families) =
            sorted_values(&old.family_names, &used.families, Dictionary::of(""));
        (new.family_names, plan.families) = (names, families);
        plan
    }

    fn group(&self, old: &MetricRows) -> MetricRows {
        let mut new = MetricRows::new(self.codes[0][old.metric as usize]);
        new.rows = old.rows;
        new.exposed_bytes = old.exposed_bytes;
        let mut columns: Vec<Column> =
            old.columns.iter().filter_map(|column| self.column(column)).collect();
        columns.sort_by_key(|column| column.name);
        let targets: Vec<u32> = old
            .run_ranges()
            .flat_map(|(target, rows)| rows.map(move |_| target))
            .map(|target| self.targets[target.0 as usize])
            .collect();
        let notes = self.notes(old);
        let key = |row: u32| {
            let row = row as usize;
            let codes = columns.iter().map(move |column| column.codes[row]);
            (targets[row], codes, &notes[row])
        };
        let mut order: Vec<u32> = (0..old.rows as u32).collect();
        order.par_sort_unstable_by(|&a, &b| {
            let ((target_a, codes_a, notes_a), (target_b, codes_b, notes_b)) = (key(a), key(b));
            let by_codes = || codes_a.cmp(codes_b);
            target_a.cmp(&target_b).then_with(by_codes).then_with(|| notes_a.cmp(notes_b))
        });
        for &row in &order {
            let (target, note) = (TargetId(targets[row as usize]), &notes[row as usize]);
            match new.runs.last_mut() {
                Some(run) if run.target == target => run.rows += 1,
                _ => new.runs.push(Run { target, rows: 1 }),
            }
            if self.has_notes {
                note.push(&mut new.notes);
            }
        }
        let pick = |codes: &[u32]| order.iter().map(|&row| codes[row as usize]).collect();
        new.columns = columns
            .into_iter()
            .map(|column| Column { name: column.name, codes: pick(&column.codes) })
            .collect();
        new
    }

    /// A column that has any value, in new codes.
    fn column(&self, old: &Column) -> Option<Column> {
        let codes = &self.codes[old.name.0 as usize];
        let has_value = old.codes.iter().any(|&code| code != 0);
        has_value.then(|| Column {
            name: NameId(self.names[old.name.0 as usize]),
            codes: old.codes.iter().map(|&code| codes[code as usize]).collect(),
        })
    }

    /// What the page says of each row.
    fn notes(&self, old: &MetricRows) -> Vec<Note> {
        let mut notes = vec![Note::default(); old.rows];
        if !self.has_notes {
            return notes;
        }
        for (run, rows) in old.notes.types() {
            for note in &mut notes[rows] {
                (note.family, note.kind) = (self.families[run.family as usize], run.kind);
            }
        }
        for (row, note) in notes.iter_mut().enumerate() {
            note.time = old.notes.time(row);
        }
        for (name, rows) in old.notes.empties() {
            for &row in rows {
                notes[row as usize].empties.push(self.names[name.0 as usize]);
            }
        }
        for note in &mut notes {
            note.empties.sort_unstable();
        }
        notes
    }
}

/// What a page says of one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Note {
    family: u32,
    kind: MetricType,
    time: Option<i64>,
    /// Labels that stand there without a value.
    empties: Vec<u32>,
}

impl Default for Note {
    fn default() -> Self {
        Self { family: 0, kind: MetricType::Unknown, time: None, empties: Vec::new() }
    }
}

impl Note {
    fn push(&self, notes: &mut PageNotes) {
        notes.push_row(self.family, self.kind);
        if let Some(time) = self.time {
            notes.set_time(time);
        }
        for &name in &self.empties {
            notes.set_empty(NameId(name));
        }
    }
}

/// What rows of a table have.
struct Used {
    names: Vec<bool>,
    values: Vec<Vec<bool>>,
    families: Vec<bool>,
}

fn used(table: &Table) -> Used {
    let mut used = Used {
        names: vec![false; table.values.len()],
        values: table.values.iter().map(|values| vec![false; values.len()]).collect(),
        families: vec![false; table.family_names.len()],
    };
    for group in table.metrics.iter().filter(|group| group.rows > 0) {
        used.values[0][group.metric as usize] = true;
        for column in &group.columns {
            let seen = &mut used.values[column.name.0 as usize];
            column.codes.iter().for_each(|&code| seen[code as usize] = true);
            used.names[column.name.0 as usize] |= column.codes.iter().any(|&code| code != 0);
        }
        group.notes.types().for_each(|(run, _)| used.families[run.family as usize] = true);
        group.notes.empties().for_each(|(name, _)| used.names[name.0 as usize] = true);
    }
    used
}

/// The used values of a label in their order, and the new code of each old one.
fn sorted(old: &Dictionary, used: &[bool], id: NameId, new: &Table) -> (Dictionary, Vec<u32>) {
    sorted_values(old, used, Dictionary::of(new.name(id)))
}

fn sorted_values(old: &Dictionary, used: &[bool], mut into: Dictionary) -> (Dictionary, Vec<u32>) {
    let mut codes: Vec<u32> = (1..old.len() as u32).filter(|&code| used[code as usize]).collect();
    codes.par_sort_unstable_by_key(|&code| old.value(code));
    let mut translated = vec![UNUSED; old.len()];
    translated[0] = 0;
    for code in codes {
        translated[code as usize] = into.intern(old.value(code));
    }
    (into, translated)
}

/// The targets in their order, and the new id of each old one.
fn targets(old: &Table, new: &mut Table) -> Vec<u32> {
    let key = |target: &Target| (target.job.clone(), target.labels.clone());
    new.targets.clone_from(&old.targets);
    new.targets.sort_by_key(key);
    new.targets.dedup();
    let place = |target: &Target| new.targets.partition_point(|it| key(it) < key(target)) as u32;
    old.targets.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Sample, SampleLabel, Sink, TableBuilder};
    use proptest::prelude::*;

    /// A page's job, the type that it announces, and its rows: metric, labels, time.
    type Page = (String, Option<MetricType>, Vec<(String, Vec<(String, String)>, Option<i64>)>);

    pub(crate) fn pages() -> impl Strategy<Value = Vec<Page>> {
        let labels = proptest::collection::btree_map("[a-c]", "[x-z]{0,2}", 0..3);
        let labels = labels.prop_map(|map| map.into_iter().collect());
        let rows =
            proptest::collection::vec(("m[12]", labels, proptest::option::of(0..3i64)), 0..8);
        let kinds =
            proptest::option::of(prop_oneof![Just(MetricType::Counter), Just(MetricType::Gauge)]);
        proptest::collection::vec(("[jk]?", kinds, rows), 0..5)
    }

    pub(crate) fn table((job, kind, rows): &Page) -> Table {
        let mut builder = TableBuilder::default();
        let labels = if job.is_empty() { vec![] } else { vec![("job".to_owned(), job.clone())] };
        builder.target(Target { job: job.clone(), labels });
        if let Some(kind) = kind {
            builder.family("m1", *kind);
        }
        for (metric, labels, timestamp) in rows {
            let mut line = String::new();
            let mut found = Vec::new();
            for (name, value) in labels {
                let start = line.len();
                line.push_str(name);
                let end = line.len();
                line.push_str(value);
                found.push(SampleLabel {
                    name: start..end,
                    value: end..line.len(),
                    ..<_>::default()
                });
            }
            builder.sample(&Sample {
                number: 0,
                metric,
                line: &line,
                scratch: "",
                labels: &found,
                series_bytes: line.len(),
                value: 1.0,
                timestamp: *timestamp,
                exemplar: false,
            });
        }
        builder.finish()
    }

    fn show(table: &Table) -> String {
        format!("{table:?}")
    }

    fn merged(pages: &[&Page]) -> Table {
        let mut whole = Table::empty(Stage::Exposed);
        for page in pages {
            whole.merge(&table(page));
        }
        whole
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn order_and_grouping_do_not_matter(pages in pages(), cut in 0usize..5) {
            let all: Vec<&Page> = pages.iter().collect();
            let whole = merged(&all).canonical();
            let reversed: Vec<&Page> = all.iter().rev().copied().collect();
            prop_assert_eq!(show(&merged(&reversed).canonical()), show(&whole));
            let (front, back) = all.split_at(cut.min(all.len()));
            let mut grouped = merged(back).canonical();
            grouped.merge(&merged(front).canonical());
            prop_assert_eq!(show(&grouped.canonical()), show(&whole));
        }

        #[test]
        fn a_builder_goes_on_after_each_table_that_is_taken(pages in pages()) {
            let mut builder = TableBuilder::default();
            let mut parts = Table::empty(Stage::Exposed);
            for (job, kind, rows) in &pages {
                let one = table(&(job.clone(), *kind, rows.clone()));
                builder.target(one.targets[0].clone());
                if let Some(kind) = kind {
                    builder.family("m1", *kind);
                }
                for row in rows {
                    let pairs: Vec<_> = row.1.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    builder.row(&row.0, &pairs, 1);
                    parts.merge(&builder.take());
                }
            }
            parts.merge(&builder.take());
            let mut whole = TableBuilder::default();
            for (job, kind, rows) in &pages {
                whole.target(table(&(job.clone(), None, Vec::new())).targets[0].clone());
                if let Some(kind) = kind {
                    whole.family("m1", *kind);
                }
                for row in rows {
                    let pairs: Vec<_> = row.1.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    whole.row(&row.0, &pairs, 1);
                }
            }
            let whole = whole.finish();
            prop_assert!(parts.census_bytes() <= whole.census_bytes() + 1);
            let (mut parts, mut whole) = (parts.canonical(), whole.canonical());
            // Of two words for a family the page's first counts, and of two pages' the lesser.
            parts.families.clear();
            whole.families.clear();
            prop_assert_eq!(show(&parts), show(&whole));
        }
    }
}
