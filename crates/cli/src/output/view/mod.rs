//! What is shown, as plain serialisable data: the contract of `--format json`.

pub(crate) mod answers;
pub(crate) mod block;
pub(crate) mod bounds;
pub(crate) mod census;
pub(crate) mod compare;
pub(crate) mod depth;
pub(crate) mod estimate;
pub(crate) mod explain;
pub(crate) mod fleet;
pub(crate) mod gate;
pub(crate) mod head;
pub(crate) mod lint;
pub(crate) mod optimize;
pub(crate) mod over_time;
pub(crate) mod recorded;
pub(crate) mod relabel;
pub(crate) mod review;
pub(crate) mod rollout;
pub(crate) mod shard;
pub(crate) mod signals;
pub(crate) mod targets;
pub(crate) mod test;
pub(crate) mod usage;
pub(crate) mod verify;
