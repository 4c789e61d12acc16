//! Which rows of a metric are series: the first of each label set.

use crate::sketch::DistinctSet;

/// Puts the first row of each distinct hash into `rows`, ascending.
pub(super) fn find_distinct(set: &mut DistinctSet, hashes: &[u64], rows: &mut Vec<u32>) {
    rows.clear();
    // Nearly always all rows differ, and to count them is cheaper than to look each one up.
    if set.count(hashes.iter().copied()) == hashes.len() {
        rows.extend(0..hashes.len() as u32);
        return;
    }
    set.reset(hashes.len());
    for (row, &hash) in hashes.iter().enumerate() {
        if set.insert(hash) {
            rows.push(row as u32);
        }
    }
}
