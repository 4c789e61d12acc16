//! The configurations of a fleet do not share out all parts of a job.
//!
//! ## Why
//! Each shard keeps one residue of the hash. A residue that no configuration keeps is a part of the
//! targets that nobody scrapes; different moduli cut the targets in different ways.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080', 'app-3:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 3, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 0, action: keep} # error
//! ---
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080', 'app-3:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 3, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 1, action: keep}
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
//! ---
//! global: {external_labels: {shard: '1'}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 1, action: keep}
//! ```
//!
//! ## Fix
//! None. Let each residue from 0 on be kept by one configuration.

use crate::config::Job;
use crate::finding::{Evidence, Finding, RuleId, Severity, Subject};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::relabel::StepField;
use crate::shard::{ShardFilter, address_of, sharded};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH005", name: "fleet-residues" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let fleet = context.facts.fleet;
    let mut findings = Vec::new();
    for (job, own) in sharded(context.project) {
        let parts: Vec<(usize, ShardFilter)> = fleet
            .iter()
            .enumerate()
            .flat_map(|(at, member)| sharded(member.project).map(move |(job, f)| (at, job, f)))
            .filter(|(_, other, filter)| other.name == job.name && filter.sources == own.sources)
            .map(|(at, _, filter)| (at, filter))
            .collect();
        if parts.len() < 2 {
            continue;
        }
        if let Some((at, other)) = parts.iter().find(|(_, part)| part.modulus != own.modulus) {
            findings.push(unequal(context, job, &own, fleet[*at].name, other.modulus));
            continue;
        }
        // One finding for the fleet: at its first configuration.
        let is_first =
            parts.first().is_some_and(|(at, _)| std::ptr::eq(fleet[*at].project, context.project));
        let missing: Vec<u64> = (0..own.modulus)
            .filter(|residue| !parts.iter().any(|(_, part)| part.residues.contains(residue)))
            .collect();
        if is_first && !missing.is_empty() {
            findings.push(incomplete(context, job, &own, &missing, parts.len()));
        }
    }
    context.report_all(findings);
}

fn about(job: &Job, step: usize) -> Subject {
    let chain = Some(job.target_chain.path.clone());
    Subject { job: Some(job.name.clone()), chain, step: Some(step) }
}

fn unequal(
    context: &Context<'_>,
    job: &Job,
    own: &ShardFilter,
    other: &str,
    modulus: u64,
) -> Finding {
    let place = job.target_chain.steps[own.hash].spans.value_or_item(StepField::Modulus);
    let message = format!("`{other}` shards `{}` modulo {modulus}, not {}", job.name, own.modulus);
    context
        .finding(place, message)
        .evidence(Evidence::Proof(format!(
            "the parts modulo {} and modulo {modulus} overlap and leave gaps",
            own.modulus
        )))
        .consequence("some targets are scraped twice, and others by nobody")
        .remedy("use one modulus in all configurations of the fleet")
        .subject(about(job, own.hash))
}

fn incomplete(
    context: &Context<'_>,
    job: &Job,
    own: &ShardFilter,
    missing: &[u64],
    configurations: usize,
) -> Finding {
    let list: Vec<String> = missing.iter().take(10).map(u64::to_string).collect();
    let (list, modulus) = (list.join(", "), own.modulus);
    let place = job.target_chain.steps[own.filter].spans.value_or_item(StepField::Regex);
    let example = match address_of(missing[0], modulus) {
        Some(address) => format!("; the address `{address}` falls to {}", missing[0]),
        None => String::new(),
    };
    context
        .finding(
            place,
            format!("none of the {configurations} configurations at hand keeps residue {list}"),
        )
        .evidence(Evidence::Proof(format!(
            "the hash of `{}` is modulo {modulus}{example}",
            job.name
        )))
        .consequence(format!(
            "about {} of {modulus} parts of the targets are scraped by nobody",
            missing.len()
        ))
        .remedy("let each residue from 0 on be kept by one configuration")
        .subject(about(job, own.filter))
}
