//! Two configurations of a fleet have the same external labels.
//!
//! ## Why
//! What the shards send carries their external labels alone to tell it apart. Thanos refuses blocks of
//! two sources with the same ones, and series that each shard makes itself (`up` of its own jobs,
//! recorded ones) become one at a remote.
//!
//! ## Bad
//! ```yaml bad
//! global: {external_labels: {cluster: eu}} # error
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 0, action: keep}
//! ---
//! global: {external_labels: {cluster: eu}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 1, action: keep}
//! ```
//!
//! ## Good
//! ```yaml good
//! global: {external_labels: {cluster: eu, shard: '0'}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 0, action: keep}
//! ---
//! global: {external_labels: {cluster: eu, shard: '1'}}
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 1, action: keep}
//! ```
//!
//! ## Fix
//! None. Give each configuration an external label of its own, such as `shard`.

use crate::config::Project;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::shard::{external_labels, sharded};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH006", name: "fleet-external-labels" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let own: Vec<_> = sharded(context.project).collect();
    let Some((job, filter)) = own.first() else { return };
    let shares = |project: &Project| {
        let found = sharded(project);
        found.into_iter().any(|(other, part)| {
            other.name == job.name
                && part.sources == filter.sources
                && part.modulus == filter.modulus
        })
    };
    let mut others =
        context.facts.fleet.iter().filter(|member| !std::ptr::eq(member.project, context.project));
    let twin = others.find(|member| {
        shares(member.project)
            && external_labels(member.project) == external_labels(context.project)
    });
    let Some(twin) = twin else { return };
    let shown = external_labels(context.project);
    let (what, evidence) = if shown.is_empty() {
        ("no external labels", "both have none".to_owned())
    } else {
        let pairs: Vec<String> = shown.iter().map(|(n, v)| format!("{n}={v:?}")).collect();
        ("the same external labels", format!("both have `{{{}}}`", pairs.join(", ")))
    };
    let first = context.project.global.external_labels.first();
    let location = first.map_or(job.name_location, |(name, _)| name.location);
    let finding = context
        .finding(location, format!("this shard and `{}` have {what}", twin.name))
        .evidence(Evidence::Proof(evidence))
        .consequence("a global view cannot tell them apart: what both record becomes one series")
        .remedy("give each configuration an external label of its own, such as `shard`");
    context.report(finding);
}
