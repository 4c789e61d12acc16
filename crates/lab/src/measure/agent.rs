//! Workloads of agents, and what is asked of one where a server is queried.

use anyhow::{Result, bail};

use super::grid::of;
use super::shapes::{
    churning, container, families, group, histogram, long, mesh, small, unique, zone,
};
use super::workload::Motion::{Constant, Counter, Noise};
use super::workload::{Group, Workload};
use crate::real::Server;

/// What an agent calls its series and the samples that it has stored.
pub(super) const SERIES: &str = "prometheus_agent_active_series";
pub(super) const SAMPLES: &str = "prometheus_agent_samples_appended_total{type=\"float\"}";

/// All workloads of agents: those of the fit, and in other shapes and sizes those that no fit sees.
pub(super) fn agent() -> Vec<Workload> {
    [fitted(), held()].concat()
}

fn fitted() -> Vec<Workload> {
    let one = |name, targets, series, labels, queues| {
        agents(name, targets, queues, vec![group("one", series, labels, Counter)])
    };
    vec![
        one("agent-idle", 1, 10, small(), 1),
        one("agent-small", 15, 3000, small(), 1),
        one("agent-mesh", 10, 2500, mesh(), 1),
        one("agent-unique", 10, 3000, unique(), 1),
        one("agent-targets", 300, 50, small(), 1),
        one("agent-two-queues", 12, 2000, zone(), 2),
        one("agent-unsent", 10, 4000, zone(), 0),
        agents("agent-churn", 10, 1, vec![churning("small", 2000, small(), Counter, 12)]),
    ]
}

fn held() -> Vec<Workload> {
    vec![
        agents(
            "held-agent-mixture",
            20,
            1,
            vec![
                group("mesh", 800, mesh(), Counter),
                group("histogram", 900, histogram(), Noise),
                group("drop_long", 500, long(), Counter),
            ],
        ),
        agents("held-agent-container", 8, 2, vec![group("container", 4500, container(), Counter)]),
        agents("held-agent-fleet", 180, 1, families(20, 6, &zone(), Constant)),
        agents("held-agent-long", 5, 1, vec![group("long", 5000, long(), Counter)]),
        agents("held-agent-restarts", 14, 1, vec![churning("mesh", 1500, mesh(), Counter, 20)]),
    ]
}

fn agents(name: &str, targets: usize, remote_writes: u32, groups: Vec<Group>) -> Workload {
    Workload { agent: true, remote_writes, ..of(name, targets, 5000, 150, groups) }
}

/// Refuses a run whose targets are not all up: an agent answers no queries.
pub(super) fn check(server: &Server, workload: &Workload) -> Result<()> {
    let errors = server.scrape_errors()?;
    if let Some(error) = errors.first() {
        bail!("{} targets of {} are down: {error}", errors.len(), workload.targets);
    }
    Ok(())
}
