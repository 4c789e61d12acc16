//! The same number of shards as other scrapers take it: the Prometheus operator and vmagent, which
//! share targets out by rules of their own.

use super::configs::REPLICA_LABEL;
use super::plan::ShardPlan;
use crate::config::Project;
use crate::doc::quote;
use crate::relabel::analysis::may_write;

/// A `Prometheus` resource of the operator, with what it does otherwise than the plan.
pub fn operator_resource(project: &Project, plan: &ShardPlan, replicas: u64) -> String {
    let mut out = String::from(
        "# The operator hashes `__address__` of service and pod monitors, and `__param_target` of\n\
         # probes. To jobs of `additionalScrapeConfigs` it appends a hashmod of `__address__` and a\n\
         # keep, unless one of their steps writes `__tmp_hash`: that job must then keep its part\n\
         # itself. Releases of before the end of 2021 leave such jobs whole on every shard.\n",
    );
    if plan.source_labels != ["__address__"] {
        out.push_str(&format!(
            "# The plan hashes {}: its balance holds only where a step of your own writes\n\
             # `__tmp_hash` so, and a keep reads it.\n",
            plan.source_labels.join(", ")
        ));
    }
    let apart = plan.splits.iter().map(|split| &split.job).chain(&plan.dedicated);
    let apart: Vec<&str> = apart.map(String::as_str).collect();
    if !apart.is_empty() {
        out.push_str(&format!(
            "# These shards share all targets out: what the plan splits by series or gives a server\n\
             # of its own needs a resource of its own: {}.\n",
            apart.join(", ")
        ));
    }
    let moved: Vec<&str> = project
        .jobs
        .iter()
        .filter(|job| {
            let mut steps = job.target_chain.steps.iter().filter_map(|step| step.step.as_ref());
            steps.any(|step| may_write(step, "__address__"))
        })
        .map(|job| job.name.as_str())
        .collect();
    if !moved.is_empty() {
        out.push_str(&format!(
            "# These jobs rewrite `__address__` before the operator hashes it, so that targets which\n\
             # share the new one go to one shard together: {}.\n",
            moved.join(", ")
        ));
    }
    out.push_str(&format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {{name: sharded}}\nspec:\n  \
         shards: {}\n  replicas: {replicas}\n  replicaExternalLabelName: {}\n",
        plan.shards,
        quote(REPLICA_LABEL),
    ));
    out
}

/// Flags of each vmagent, in the order of the shards; with `replicas` each target is scraped by so
/// many of them. vmagent hashes all labels of a target, in a way of its own.
pub fn vmagent_flags(shards: u64, replicas: u64) -> Vec<Vec<String>> {
    let flags = |member: u64| {
        vec![
            format!("-promscrape.cluster.membersCount={shards}"),
            format!("-promscrape.cluster.memberNum={member}"),
            format!("-promscrape.cluster.replicationFactor={}", replicas.min(shards)),
        ]
    };
    (0..shards).map(flags).collect()
}
