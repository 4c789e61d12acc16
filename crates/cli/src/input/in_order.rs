//! Work on several things at once, with the results in the order of the things.

use rayon::prelude::*;

/// What `work` makes of each item, in their order.
pub(crate) fn in_order<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    // Starting threads takes longer than one small file.
    if items.len() < 2 {
        return items.into_iter().map(work).collect();
    }
    items.into_par_iter().map(&work).collect()
}
