//! Shard plans: which target lands on which server under hashmod, weighed by series and memory.

mod agents;
mod apart;
mod assign;
mod churn;
mod configs;
mod filter;
mod fleet;
#[cfg(test)]
mod fleet_tests;
mod hashed;
mod key;
mod kubernetes;
mod loads;
mod movement;
mod plan;
mod reasons;
mod recorded;
mod rules;
mod split;
mod steps;
#[cfg(test)]
mod tests;
mod thanos;
mod two_level;

pub use agents::{operator_resource, vmagent_flags};
pub use assign::{
    HOST_LABEL, balanced, hashmod, host, largest_load, lower_bound, rebalanced, shard_of,
};
pub use churn::{Churn, churn};
pub use configs::{REPLICA_LABEL, SHARD_LABEL, ShardServer, servers, shard_config};
pub use filter::watches_own_machine;
pub(crate) use filter::{ShardFilter, address_of, changes, shard_filters, sharded};
pub(crate) use fleet::external_labels;
pub use fleet::{FaultKind, FleetFault, Member, check_fleet};
pub use key::{ShardKey, shard_key};
pub use kubernetes::{ServerFiles, kubernetes};
pub use loads::target_loads;
pub use movement::{Layout, Movement, movement, procedure};
pub use plan::{
    Assignment, Candidate, Mapped, OwnLoad, ShardDetail, ShardGoal, ShardPlan, ShardSize, TooLarge,
    candidates, plan,
};
pub use recorded::Recorded;
pub use rules::{PlacedRule, RulePlace, SharedRules, share_rules};
pub use split::{FAMILY_LABEL, PlannedSplit, Split};
pub use steps::{split_steps, steps};
pub use thanos::{prometheus_flags, query_flags, ruler_flags, sidecar_flags};
pub use two_level::{PART_LABEL, TwoLevel, two_level};

/// A discovered target and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetLoad {
    /// Its job.
    pub job: String,
    /// Labels as discovered, before relabeling: `__address__`, `__meta_*` and static ones.
    pub labels: Vec<(String, String)>,
    /// Labels that its series get from it, `job` and `instance` among them.
    pub stored: Vec<(String, String)>,
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
