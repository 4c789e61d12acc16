//! Which series become one when labels go: how many groups, and two of them.

use super::local::Local;

/// Series that would merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collisions {
    /// Groups of two or more series that would become one each.
    pub groups: u64,
    /// Series of the largest group.
    pub largest: u64,
    /// Two series of one group, each as its labels by name: the first in the order of the input.
    pub example: [Vec<(String, String)>; 2],
}

/// What merges without these labels; none where nothing does.
pub(super) fn of(local: &Local<'_>, labels: &[usize]) -> Option<Collisions> {
    let hashes = local.hashes_without(labels);
    let mut rows: Vec<(u64, u32)> = hashes.into_iter().zip(0..).collect();
    rows.sort_unstable();
    let (mut groups, mut largest) = (0, 0);
    let mut example: Option<(u32, u32)> = None;
    for group in rows.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        groups += 1;
        largest = largest.max(group.len() as u64);
        let pair = (group[0].1, group[1].1);
        // Equal hashes are all but equal labels: what is shown as an example is compared.
        if example.is_none_or(|first| pair < first) && are_equal_but(local, pair, labels) {
            example = Some(pair);
        }
    }
    example.map(|(a, b)| Collisions {
        groups,
        largest,
        example: [local.labels(a as usize), local.labels(b as usize)],
    })
}

fn are_equal_but(local: &Local<'_>, pair: (u32, u32), labels: &[usize]) -> bool {
    let others = local.columns.iter().enumerate().filter(|(at, _)| !labels.contains(at));
    let mut others = others.map(|(_, column)| &column.codes);
    others.all(|codes| codes[pair.0 as usize] == codes[pair.1 as usize])
}
