//! Shard plans: which target lands on which server under hashmod, weighed by series and memory.

mod assign;
mod loads;
mod movement;
mod plan;

pub use assign::{HOST_LABEL, balanced, hashmod, host, largest_load, lower_bound, shard_of};
pub use loads::target_loads;
pub use movement::{Layout, Movement, movement};
pub use plan::{
    Candidate, ShardDetail, ShardGoal, ShardPlan, ShardSize, TooLarge, candidates, plan, steps,
};

/// A discovered target and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetLoad {
    /// Its job.
    pub job: String,
    /// Labels as discovered, before relabeling: `__address__`, `__meta_*` and static ones.
    pub labels: Vec<(String, String)>,
    /// Series that it stores.
    pub series: u64,
    /// Live heap of those series, as `CostModel::marginal` gives it.
    pub bytes: u64,
}

impl TargetLoad {
    /// The value of a label, empty where it is missing, as Prometheus reads it.
    /// [`HOST_LABEL`] is `__address__` without its port.
    pub fn label(&self, name: &str) -> &str {
        let found = |name: &str| self.labels.iter().find(|label| label.0 == name);
        match found(name) {
            Some((_, value)) => value,
            None if name == HOST_LABEL => {
                found("__address__").map_or("", |(_, address)| host(address))
            }
            None => "",
        }
    }
}
