//! A job of a sharded fleet is scraped in full by each of its configurations.
//!
//! ## Why
//! Each shard keeps its part of some jobs, and all of those that have no `keep` by a hash: probes and
//! federation are often forgotten. Their series are stored once a shard, and a global view that does
//! not take the shard's label for a replica's counts them as often.
//!
//! ## Bad
//! ```yaml bad
//! global: {external_labels: {shard: '0'}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 0, action: keep}
//!   - job_name: node # error
//!     static_configs: [{targets: ['node-1:9100', 'node-2:9100']}]
//! ---
//! global: {external_labels: {shard: '1'}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 1, action: keep}
//!   - job_name: node
//!     static_configs: [{targets: ['node-1:9100', 'node-2:9100']}]
//! ```
//!
//! ## Good
//! ```yaml good
//! global: {external_labels: {shard: '0'}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 0, action: keep}
//!   - job_name: prometheus
//!     static_configs: [{targets: ['localhost:9090']}]
//! ---
//! global: {external_labels: {shard: '1'}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 1, action: keep}
//!   - job_name: prometheus
//!     static_configs: [{targets: ['localhost:9090']}]
//! ```
//!
//! ## Fix
//! None. Give the job the same `hashmod` and `keep`, or let one configuration alone have it.

use std::collections::BTreeSet;

use crate::config::{Job, Project};
use crate::doc::Node;
use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::lint::sharding::{shard_filters, sharded};
use crate::lint::{Check, Context, FixKind, Member, Rule};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH009", name: "fleet-unsharded-job" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let Some((example, _)) = sharded(context.project).next() else { return };
    let mut findings = Vec::new();
    for job in context.project.jobs.iter().filter(|job| is_whole(job)) {
        let Some(written) = node_of(context.project, job) else { continue };
        let fleet = context.facts.fleet.iter();
        let same: Vec<&Member<'_>> =
            fleet.filter(|member| has_like(member.project, job, written)).collect();
        // Replicas of one shard are meant to have everything twice.
        let parts: BTreeSet<Vec<u64>> =
            same.iter().filter_map(|member| part_of(member.project, &example.name)).collect();
        let is_first =
            same.first().is_some_and(|member| std::ptr::eq(member.project, context.project));
        if parts.len() < 2 || !is_first {
            continue;
        }
        let names: Vec<String> =
            same.iter().take(3).map(|member| format!("`{}`", member.name)).collect();
        let finding = context
            .finding(job.name_location, format!("`{}` is scraped in full by every shard", job.name))
            .evidence(Evidence::Proof(format!(
                "{} keep {} different parts of `{}`, and have this job alike without any",
                names.join(", "),
                parts.len(),
                example.name
            )))
            .consequence(format!("each of its series is stored {} times", parts.len()))
            .remedy("shard the job as the others are, or let one configuration alone have it")
            .subject(Subject { job: Some(job.name.clone()), ..Subject::default() });
        findings.push(finding);
    }
    context.report_all(findings);
}

/// Whether a configuration scrapes all targets of the job, and those are not on its own machine.
fn is_whole(job: &Job) -> bool {
    let addresses = || job.static_targets.iter().flat_map(|group| &group.targets);
    let is_own = |address: &str| {
        ["localhost", "127.", "[::1]"].iter().any(|start| address.starts_with(start))
    };
    let scrapes_itself = job.discoveries.is_empty() && addresses().all(|at| is_own(&at.value));
    !scrapes_itself && shard_filters(&job.target_chain).is_empty()
}

/// Whether another configuration has the job alike, word for word.
fn has_like(project: &Project, job: &Job, written: Node<'_>) -> bool {
    let mut jobs = project.jobs.iter().filter(|other| other.name == job.name);
    jobs.any(|other| node_of(project, other).is_some_and(|node| node.is_like(written)))
}

/// The mapping that a job is written as.
fn node_of<'p>(project: &'p Project, job: &Job) -> Option<Node<'p>> {
    let mut nodes = project.document_at(job.location)?.nodes();
    nodes.find(|node| node.location() == job.location && node.is_mapping())
}

/// The parts of a job that a configuration keeps, if it is sharded.
fn part_of(project: &Project, job: &str) -> Option<Vec<u64>> {
    let mut jobs = sharded(project);
    jobs.find(|(other, _)| other.name == job).map(|(_, filter)| filter.residues)
}
