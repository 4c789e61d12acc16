//! Which labels determine a label, so that nothing merges without it.

use std::collections::BTreeSet;

use hashbrown::HashTable;

use super::local::Local;
use crate::sketch::mix;

/// Why nothing merges without a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redundancy {
    /// All series have the same value.
    Constant,
    /// The labels of the target determine it: these do.
    Target(Vec<String>),
    /// Each of these sets of labels determines it; none of them can do without one of its labels.
    /// Single labels come first, those with the fewest values before others.
    Labels(Vec<Vec<String>>),
}

/// Which label determines which other, alone.
pub(super) struct Dependencies {
    /// By determined label: the labels that determine it, fewest values first.
    by: Vec<Vec<usize>>,
}

impl Dependencies {
    pub(super) fn of(local: &Local<'_>) -> Self {
        let mut order: Vec<usize> = (0..local.columns.len()).collect();
        order.sort_by_key(|&at| local.columns[at].values.len());
        let by = (0..local.columns.len()).map(|label| {
            let others = order.iter().copied().filter(|&other| other != label);
            others.filter(|&other| determines(local, other, label)).collect()
        });
        Self { by: by.collect() }
    }

    /// The labels that determine this one, each alone.
    pub(super) fn single(&self, label: usize) -> &[usize] {
        &self.by[label]
    }

    /// Why label `label`, without which nothing merges, is redundant.
    pub(super) fn redundancy(
        &self,
        local: &Local<'_>,
        label: usize,
        targets: &BTreeSet<&str>,
    ) -> Redundancy {
        let names = |labels: &[usize]| -> Vec<String> {
            labels.iter().map(|&at| local.columns[at].name.to_owned()).collect()
        };
        let is_target = |at: &usize| targets.contains(local.columns[*at].name);
        if local.columns[label].values.len() == 1 {
            return Redundancy::Constant;
        }
        let of_target: Vec<usize> =
            (0..local.columns.len()).filter(|at| *at != label && is_target(at)).collect();
        if let Some(single) = self.by[label].iter().find(|at| is_target(at)) {
            return Redundancy::Target(names(&[*single]));
        }
        if determine(local, &of_target, label) {
            return Redundancy::Target(names(&least(local, of_target, label)));
        }
        if self.by[label].is_empty() {
            let others = (0..local.columns.len()).filter(|&at| at != label).collect();
            return Redundancy::Labels(vec![names(&least(local, others, label))]);
        }
        Redundancy::Labels(self.by[label].iter().map(|&at| names(&[at])).collect())
    }
}

/// Whether all series with the same value of `by` have the same value of `label`. A label that is
/// constant is determined by none in particular.
fn determines(local: &Local<'_>, by: usize, label: usize) -> bool {
    /// No local code: there are fewer than that.
    const UNSEEN: u32 = u32::MAX;
    let (by, label) = (&local.columns[by], &local.columns[label]);
    if label.values.len() == 1 || by.values.len() < label.values.len() {
        return false;
    }
    let mut of = vec![UNSEEN; by.values.len()];
    by.codes.iter().zip(&label.codes).all(|(&by, &code)| {
        let of = &mut of[by as usize];
        if *of == UNSEEN {
            *of = code;
        }
        *of == code
    })
}

/// Whether all series with the same values of the labels `by` have the same value of `label`.
fn determine(local: &Local<'_>, by: &[usize], label: usize) -> bool {
    let mut keys = vec![0u64; local.hashes.len()];
    for &column in by {
        let column = &local.columns[column];
        for (key, &code) in keys.iter_mut().zip(&column.codes) {
            *key = key.wrapping_add(column.hash(code));
        }
    }
    keys_determine(&keys, &local.columns[label].codes)
}

fn keys_determine(keys: &[u64], codes: &[u32]) -> bool {
    let mut seen: HashTable<(u64, u32)> = HashTable::new();
    keys.iter().zip(codes).all(|(&key, &code)| {
        let entry = seen.entry(mix(key), |seen| seen.0 == key, |seen| mix(seen.0));
        entry.or_insert((key, code)).get().1 == code
    })
}

/// A subset of the labels `by`, which determine `label`, that cannot do without one of its own.
/// Labels with few values are left out first: what stays is short.
fn least(local: &Local<'_>, mut by: Vec<usize>, label: usize) -> Vec<usize> {
    by.sort_by_key(|&at| (local.columns[at].values.len(), at));
    let mut at = 0;
    while at < by.len() {
        let left_out = by.remove(at);
        if !determine(local, &by, label) {
            by.insert(at, left_out);
            at += 1;
        }
    }
    by.sort_unstable();
    by
}
