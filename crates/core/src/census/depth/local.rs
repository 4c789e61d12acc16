//! The series of one metric with codes of their own, so that what is looked up by code is as small
//! as the metric.

use std::cell::RefCell;

use crate::census::LENGTH_BYTES;
use crate::series::{Dictionary, MetricRows, Table};
use crate::sketch::DistinctSet;

/// The distinct series of a metric.
pub(super) struct Local<'a> {
    pub(super) table: &'a Table,
    pub(super) group: &'a MetricRows,
    /// The group's rows that are series, ascending.
    pub(super) rows: Vec<u32>,
    /// The hash of each series.
    pub(super) hashes: Vec<u64>,
    /// Labels that a series has, by name.
    pub(super) columns: Vec<LocalColumn<'a>>,
    set: RefCell<DistinctSet>,
}

/// One label of the series.
pub(super) struct LocalColumn<'a> {
    pub(super) name: &'a str,
    pub(super) dictionary: &'a Dictionary,
    /// A code for each series, from 0 on in the order in which the values come.
    pub(super) codes: Vec<u32>,
    /// By code.
    pub(super) values: Vec<LocalValue>,
}

/// A value that series have; the absent one is one, too.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalValue {
    /// Its code in the dictionary; 0 where series have no such label.
    pub(super) code: u32,
    /// The hash of the pair.
    pub(super) hash: u64,
    /// How many series have it.
    pub(super) series: u64,
}

impl<'a> Local<'a> {
    pub(super) fn of(table: &'a Table, group: &'a MetricRows) -> Self {
        let all = table.row_hashes(group);
        let (mut set, mut rows) = (DistinctSet::default(), Vec::new());
        set.find_first(&all, &mut rows);
        let hashes = rows.iter().map(|&row| all[row as usize]).collect();
        let columns = group.columns.iter().map(|column| {
            let codes = rows.iter().map(|&row| column.codes[row as usize]);
            LocalColumn::of(table.name(column.name), table.values(column.name), codes)
        });
        let mut columns: Vec<_> = columns.filter(LocalColumn::is_there).collect();
        columns.sort_by_key(|column| column.name);
        Self { table, group, rows, hashes, columns, set: RefCell::new(set) }
    }

    pub(super) fn metric(&self) -> &'a str {
        self.table.metric_name(self.group)
    }

    pub(super) fn series(&self) -> u64 {
        self.rows.len() as u64
    }

    /// How many distinct hashes there are.
    pub(super) fn count(&self, hashes: impl ExactSizeIterator<Item = u64> + Clone) -> u64 {
        self.set.borrow_mut().count(hashes) as u64
    }

    /// The first of each distinct hash, as places in `hashes`.
    pub(super) fn distinct(&self, hashes: &[u64]) -> Vec<u32> {
        let mut rows = Vec::new();
        self.set.borrow_mut().find_first(hashes, &mut rows);
        rows
    }

    /// The hash of each series over all its labels but these.
    pub(super) fn hashes_without(&self, columns: &[usize]) -> Vec<u64> {
        let mut hashes = self.hashes.clone();
        for &column in columns {
            self.columns[column].take_from(&mut hashes);
        }
        hashes
    }

    /// How many series would be left without each label.
    pub(super) fn singles(&self) -> Vec<u64> {
        let single = |column: &LocalColumn<'_>| {
            if column.values.len() == 1 {
                return self.series();
            }
            let codes = self.hashes.iter().zip(&column.codes);
            self.count(codes.map(|(hash, &code)| hash.wrapping_sub(column.hash(code))))
        };
        self.columns.iter().map(single).collect()
    }

    /// The labels of a series, by name, the metric's included.
    pub(super) fn labels(&self, series: usize) -> Vec<(String, String)> {
        let labels = self.table.row_labels(self.group, self.rows[series] as usize);
        labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The first series that stands twice in a scrape.
    pub(super) fn duplicate(&self) -> Option<Vec<(String, String)>> {
        if self.rows.len() == self.group.rows {
            return None;
        }
        let hashes = self.table.row_hashes(self.group);
        let mut set = DistinctSet::default();
        for (_, range) in self.group.run_ranges() {
            // A target has one run of rows, since it is read at once.
            set.reset(range.len());
            for row in range {
                if !set.insert(hashes[row]) {
                    let labels = self.table.row_labels(self.group, row).into_iter();
                    return Some(labels.map(|(n, v)| (n.to_owned(), v.to_owned())).collect());
                }
            }
        }
        None
    }
}

impl<'a> LocalColumn<'a> {
    fn of(name: &'a str, dictionary: &'a Dictionary, codes: impl Iterator<Item = u32>) -> Self {
        // One more than the local code of each code, 0 where it has none yet.
        let mut local = vec![0u32; dictionary.len()];
        let mut values: Vec<LocalValue> = Vec::new();
        let codes = codes.map(|code| {
            let at = &mut local[code as usize];
            if *at == 0 {
                values.push(LocalValue { code, hash: dictionary.hash(code), series: 0 });
                *at = values.len() as u32;
            }
            values[*at as usize - 1].series += 1;
            *at - 1
        });
        let codes = codes.collect();
        Self { name, dictionary, codes, values }
    }

    /// Whether any series has the label.
    fn is_there(&self) -> bool {
        self.values.iter().any(|value| value.code != 0)
    }

    pub(super) fn hash(&self, code: u32) -> u64 {
        self.values[code as usize].hash
    }

    /// Takes this label out of the hash of each series.
    pub(super) fn take_from(&self, hashes: &mut [u64]) {
        for (hash, &code) in hashes.iter_mut().zip(&self.codes) {
            *hash = hash.wrapping_sub(self.hash(code));
        }
    }

    /// Bytes of a pair of this label in a label set.
    pub(super) fn pair_bytes(&self, value: &LocalValue) -> u64 {
        match value.code {
            0 => 0,
            code => (self.name.len() + self.dictionary.value_bytes(code)) as u64 + LENGTH_BYTES,
        }
    }

    /// Bytes of the label over all series.
    pub(super) fn bytes(&self) -> u64 {
        self.values.iter().map(|value| value.series * self.pair_bytes(value)).sum()
    }
}
