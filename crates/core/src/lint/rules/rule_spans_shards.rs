//! A rule combines series of different shards, but each shard sees its own part only.
//!
//! ## Why
//! Where every job keeps one residue of a hash, a sum over all targets is the sum over a part, and
//! `absent` fires on every shard that lacks the series.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 0, action: keep}
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - alert: NoRequests
//!         expr: sum(rate(requests_total{job="app"}[5m])) == 0 # error
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     static_configs: [{targets: ['app-1:8080', 'app-2:8080']}]
//!     relabel_configs:
//!       - {source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}
//!       - {source_labels: [__tmp_shard], regex: 0, action: keep}
//! ---
//! groups:
//!   - name: app
//!     rules:
//!       - alert: NoRequests
//!         expr: sum by (instance) (rate(requests_total{job="app"}[5m])) == 0
//! ```
//!
//! ## Fix
//! None. Evaluate the rule where all shards are seen, such as in Thanos Ruler.

use crate::config::{Job, Project, RuleKind};
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::queries;
use crate::lint::{Check, Context, FixKind, Rule, filters};
use crate::promql::Expr;
use crate::shard::sharded;
use crate::usage::sharding::{ShardVerdict, classify};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SH008", name: "rule-spans-shards" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let project = context.project;
    let parts: Vec<(&Job, _)> = sharded(project).collect();
    let Some((first, filter)) = parts.first() else { return };
    // The address tells the shard, and is `instance` unless the chain sets that.
    let by_address = filter.sources.len() == 1 && &*filter.sources[0] == "__address__";
    let sets_instance = parts.iter().any(|(job, _)| {
        let steps = job.target_chain.steps.iter().filter_map(|step| step.step.as_ref());
        steps.into_iter().any(|step| filters::may_set(step, "instance"))
    });
    let labels: &[&str] = if by_address && !sets_instance { &["instance"] } else { &[] };
    let mut findings = Vec::new();
    for (rule, expr) in queries::rules(project) {
        if !is_about(&expr, &parts, project) {
            continue;
        }
        let ShardVerdict::NeedsGlobal { span, reason } = classify(&expr, labels) else { continue };
        let mut finding = context
            .finding(
                queries::place(context, rule, span),
                format!("the {} needs all shards, and sees one", queries::title(rule)),
            )
            .related(first.name_location, "this job is sharded")
            .evidence(Evidence::Proof(reason))
            .consequence("its result is that of a part of the targets, on every shard another one")
            .remedy("evaluate it where all shards are seen, such as in Thanos Ruler");
        // What is recorded on each shard may be added up above them.
        if matches!(rule.kind, RuleKind::Record(_)) {
            finding.severity = Severity::Info;
        }
        findings.push(finding);
    }
    context.report_all(findings);
}

/// Whether an expression is certain to be about sharded jobs.
fn is_about(expr: &Expr, parts: &[(&Job, crate::shard::ShardFilter)], project: &Project) -> bool {
    let all_sharded = parts.len() == project.jobs.len();
    expr.selectors().iter().any(|selector| match queries::wanted(selector, "job") {
        Some(job) => parts.iter().any(|(part, _)| part.name == job),
        None => all_sharded && !queries::metric(selector).unwrap_or_default().contains(':'),
    })
}
