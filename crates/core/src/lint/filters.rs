//! Which labels a step may change, for rules that look at single labels.

pub(super) use crate::relabel::analysis::{may_set, may_write};
