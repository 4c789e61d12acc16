//! The views of `targets`: a change as a line of its log, and how things stand at the end of a run.

use serde::{Deserialize, Serialize};

/// A change, one line of JSON.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ChangeView {
    pub(crate) schema: u32,
    /// Seconds since 1970.
    pub(crate) time: f64,
    /// `removed`, `returned`, `held` (it should go, but too many machines are silent) or `released`.
    pub(crate) event: &'static str,
    pub(crate) machine: String,
    /// The targets on it, with the list that each is in.
    pub(crate) targets: Vec<TargetView>,
    /// Machines that are out now.
    pub(crate) removed: u64,
    /// Machines in all.
    pub(crate) machines: u64,
}

/// A target of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TargetView {
    pub(crate) list: String,
    pub(crate) target: String,
}

/// How things stand after `--once`.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TargetsView {
    pub(crate) machines: u64,
    pub(crate) targets: u64,
    pub(crate) removed: Vec<MachineView>,
    /// Machines that should go, but too many are silent.
    pub(crate) held: Vec<MachineView>,
    /// Machines whose name has no address: they stay as they were.
    pub(crate) unresolved: Vec<String>,
    /// The files with the targets that are left.
    pub(crate) files: Vec<String>,
}

/// A machine with its targets.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MachineView {
    pub(crate) machine: String,
    pub(crate) targets: Vec<TargetView>,
}

/// What is remembered between runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StateView {
    pub(crate) schema: u32,
    pub(crate) machines: Vec<RememberedView>,
}

/// What is remembered of a machine.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RememberedView {
    pub(crate) machine: String,
    pub(crate) removed: bool,
    /// Milliseconds since 1970.
    pub(crate) since: u64,
    pub(crate) streak: u32,
    pub(crate) removals: u32,
}
