//! What a page says of its rows besides their labels: the `# TYPE` line above each, its value and
//! timestamp, and the labels that stand there without a value.

use std::ops::Range;

use super::{MetricType, NameId};

/// Stands for a sample without a timestamp of its own.
const NO_TIME: i64 = i64::MIN;

/// Stands for a row of which no value is known.
const NO_VALUE: f64 = f64::NAN;

/// Neighbouring rows below the same `# TYPE` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeRun {
    /// Code of the family's name in the table's families; 0 where no such line stands above.
    pub family: u32,
    /// The type in that line.
    pub kind: MetricType,
    /// How many rows.
    pub rows: usize,
}

/// What a page says of the rows of one metric besides their labels. The server goes by it between
/// page and metric chain; rows after the metric chain have none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageNotes {
    types: Vec<TypeRun>,
    /// Milliseconds since the epoch, one a row; empty where no row has a timestamp.
    times: Vec<i64>,
    /// Bits of the values, one a row up to the last that has one: equal bits are equal values.
    values: Vec<u64>,
    /// The rows in which a label stands with an empty value, ascending, by label.
    empties: Vec<(NameId, Vec<u32>)>,
    /// How many rows it tells of.
    rows: usize,
}

impl PageNotes {
    /// How many rows it tells of, from the first.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The row ranges that stand below one `# TYPE` line each, in order.
    pub fn types(&self) -> impl Iterator<Item = (TypeRun, Range<usize>)> {
        let mut start = 0;
        self.types.iter().map(move |run| {
            let range = start..start + run.rows;
            start = range.end;
            (*run, range)
        })
    }

    /// The timestamp that the page gives a row, in milliseconds since the epoch.
    pub fn time(&self, row: usize) -> Option<i64> {
        self.times.get(row).copied().filter(|&time| time != NO_TIME)
    }

    /// The value that the page gives a row; none where it is not a number.
    pub fn value(&self, row: usize) -> Option<f64> {
        self.values.get(row).map(|&bits| f64::from_bits(bits)).filter(|value| !value.is_nan())
    }

    /// The latest timestamp of the page, in milliseconds since the epoch.
    pub fn latest_time(&self) -> Option<i64> {
        self.times.iter().copied().filter(|&time| time != NO_TIME).max()
    }

    /// The rows in which label `name` stands with an empty value, ascending.
    pub fn empty_rows(&self, name: NameId) -> &[u32] {
        let found = self.empties.iter().find(|(label, _)| *label == name);
        found.map_or(&[], |(_, rows)| rows)
    }

    /// The labels that stand empty in some row, with those rows, ascending.
    pub(crate) fn empties(&self) -> impl Iterator<Item = (NameId, &[u32])> {
        self.empties.iter().map(|(name, rows)| (*name, &**rows))
    }

    /// Tells of the next row.
    pub(crate) fn push_row(&mut self, family: u32, kind: MetricType) {
        self.push_types(TypeRun { family, kind, rows: 1 });
        self.rows += 1;
    }

    /// Gives the latest row a timestamp.
    pub(crate) fn set_time(&mut self, time: i64) {
        self.times.resize(self.rows - 1, NO_TIME);
        self.times.push(time);
    }

    /// Gives the latest row a value.
    pub(super) fn set_value(&mut self, value: f64) {
        self.values.resize(self.rows - 1, NO_VALUE.to_bits());
        self.values.push(value.to_bits());
    }

    /// Says that label `name` stands empty in the latest row.
    pub(crate) fn set_empty(&mut self, name: NameId) {
        let row = self.rows.saturating_sub(1) as u32;
        let rows = self.empties_mut(name);
        if rows.last() != Some(&row) {
            rows.push(row);
        }
    }

    /// What it says of some of its rows.
    pub(crate) fn cut(&self, range: &Range<usize>) -> Self {
        let inside = |rows: &[u32]| -> Vec<u32> {
            let from = rows.partition_point(|&row| (row as usize) < range.start);
            let to = rows.partition_point(|&row| (row as usize) < range.end);
            rows[from..to].iter().map(|&row| row - range.start as u32).collect()
        };
        let times_end = range.end.min(self.times.len());
        let values_end = range.end.min(self.values.len());
        let empties = self.empties.iter().map(|(name, rows)| (*name, inside(rows)));
        let mut cut = Self {
            times: self.times.get(range.start..times_end).map_or_else(Vec::new, <[i64]>::to_vec),
            values: self.values.get(range.start..values_end).map_or_else(Vec::new, <[u64]>::to_vec),
            empties: empties.filter(|(_, rows)| !rows.is_empty()).collect(),
            ..Self::default()
        };
        for (run, rows) in self.types() {
            let (from, to) = (rows.start.max(range.start), rows.end.min(range.end));
            if from < to {
                cut.push_types(TypeRun { rows: to - from, ..run });
            }
        }
        cut.rows = range.end.min(self.rows).saturating_sub(range.start);
        cut
    }

    /// What it says of some rows, in ascending order.
    pub(crate) fn pick(&self, rows: &[usize]) -> Self {
        let mut picked = Self::default();
        let mut types = self.types().peekable();
        for &row in rows.iter().filter(|&&row| row < self.rows) {
            while types.next_if(|(_, range)| range.end <= row).is_some() {}
            let Some((run, _)) = types.peek() else { break };
            picked.push_row(run.family, run.kind);
            if let Some(time) = self.time(row) {
                picked.set_time(time);
            }
            if let Some(value) = self.value(row) {
                picked.set_value(value);
            }
            for (name, empties) in &self.empties {
                if empties.binary_search(&(row as u32)).is_ok() {
                    picked.set_empty(*name);
                }
            }
        }
        picked
    }

    /// Adds what `other` says behind the first `rows` rows, in the words of another table:
    /// `name` and `family` translate.
    pub(crate) fn append(
        &mut self,
        rows: usize,
        other: &Self,
        name: impl Fn(NameId) -> NameId,
        family: impl Fn(u32) -> u32,
    ) {
        if self.rows < rows {
            let missing = TypeRun { rows: rows - self.rows, family: 0, kind: MetricType::Unknown };
            self.push_types(missing);
            self.rows = rows;
        }
        for run in &other.types {
            self.push_types(TypeRun { family: family(run.family), ..*run });
        }
        if !other.times.is_empty() {
            self.times.resize(rows, NO_TIME);
            self.times.extend(&other.times);
        }
        if !other.values.is_empty() {
            self.values.resize(rows, NO_VALUE.to_bits());
            self.values.extend(&other.values);
        }
        for (label, empties) in &other.empties {
            self.empties_mut(name(*label)).extend(empties.iter().map(|row| row + rows as u32));
        }
        self.rows += other.rows;
    }

    /// Puts the rows that stand below no `# TYPE` line below that of a family.
    pub(super) fn inherit_family(&mut self, family: u32, kind: MetricType) {
        for run in self.types.iter_mut().filter(|run| run.family == 0) {
            (run.family, run.kind) = (family, kind);
        }
    }

    fn push_types(&mut self, run: TypeRun) {
        match self.types.last_mut() {
            Some(last) if last.family == run.family && last.kind == run.kind => {
                last.rows += run.rows;
            }
            _ => self.types.push(run),
        }
    }

    fn empties_mut(&mut self, name: NameId) -> &mut Vec<u32> {
        let at = self.empties.iter().position(|(label, _)| *label == name);
        let at = at.unwrap_or_else(|| {
            self.empties.push((name, Vec::new()));
            self.empties.len() - 1
        });
        &mut self.empties[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A row's `# TYPE` line, timestamp, whole value and whether its label 1 stands empty.
    type Row = (u32, Option<i64>, Option<u8>, bool);

    fn generated() -> impl Strategy<Value = Vec<Row>> {
        let (time, value) = (proptest::option::of(0..3i64), proptest::option::of(0..3u8));
        proptest::collection::vec((0..3u32, time, value, any::<bool>()), 0..9)
    }

    fn notes(rows: &[Row]) -> PageNotes {
        let mut notes = PageNotes::default();
        for &(family, time, value, empty) in rows {
            notes.push_row(family, MetricType::Gauge);
            if let Some(time) = time {
                notes.set_time(time);
            }
            if let Some(value) = value {
                notes.set_value(f64::from(value));
            }
            if empty {
                notes.set_empty(NameId(1));
            }
        }
        notes
    }

    fn rows(notes: &PageNotes) -> Vec<Row> {
        let mut rows = Vec::new();
        let value = |row| (0..3u8).find(|whole| notes.value(row) == Some(f64::from(*whole)));
        for (run, range) in notes.types() {
            rows.extend(range.map(|row| {
                let empty = notes.empty_rows(NameId(1)).contains(&(row as u32));
                (run.family, notes.time(row), value(row), empty)
            }));
        }
        rows
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..<_>::default() })]
        #[test]
        fn notes_follow_their_rows(
            a in generated(),
            b in generated(),
            cut in (0..18usize, 0..18usize),
        ) {
            let mut joined = notes(&a);
            joined.append(a.len(), &notes(&b), |name| name, |family| family);
            let all: Vec<Row> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(rows(&joined), all.clone());
            let from = cut.0.min(cut.1).min(all.len());
            let range = from..cut.0.max(cut.1).min(all.len());
            let picked: Vec<usize> = range.clone().filter(|row| row % 2 == 0).collect();
            let wanted: Vec<Row> = picked.iter().map(|&row| all[row]).collect();
            prop_assert_eq!(rows(&joined.pick(&picked)), wanted);
            prop_assert_eq!(rows(&joined.cut(&range)), all[range].to_vec());
        }
    }

    #[test]
    fn rows_without_notes_are_told_of_as_unknown() {
        let mut late = PageNotes::default();
        late.append(2, &notes(&[(1, Some(7), Some(2), true)]), |name| name, |family| family);
        assert_eq!(
            rows(&late),
            [(0, None, None, false), (0, None, None, false), (1, Some(7), Some(2), true)]
        );
    }
}
