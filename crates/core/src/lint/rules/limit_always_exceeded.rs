//! A limit is lower than what every scrape of the job has.
//!
//! ## Why
//! A scrape that exceeds a limit is lost as a whole, and `up` is 0. `label_limit` counts the metric's
//! name and the target's labels, lengths are bytes, and over `target_limit` no target of the job is
//! scraped.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     label_limit: 2 # error
//!     static_configs: [{targets: ['app:8080']}]
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     label_limit: 30
//!     static_configs: [{targets: ['app:8080']}]
//! ```
//!
//! ## Fix
//! None. Raise the limit.

use std::collections::BTreeMap;

use crate::config::{Job, Limits, Located};
use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::flow::{Discovered, discover};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::relabel::Action;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SC006", name: "limit-always-exceeded" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let project = context.project;
    let all = project.jobs.iter().map(|job| &job.limits).chain([&project.global.limits]);
    let limited = all.into_iter().any(|limits| *limits != Limits::default());
    if !limited {
        return;
    }
    let mut by_job: BTreeMap<String, Vec<Discovered>> = BTreeMap::new();
    for target in discover(project) {
        by_job.entry(target.job.clone()).or_default().push(target);
    }
    for job in &project.jobs {
        look(context, job, by_job.get(&job.name).map_or(&[], Vec::as_slice));
    }
}

fn look(context: &mut Context<'_>, job: &Job, found: &[Discovered]) {
    let own = |field: fn(&Limits) -> &Option<Located<u64>>| {
        let written =
            field(&job.limits).as_ref().or(field(&context.project.global.limits).as_ref());
        written.filter(|limit| limit.value > 0).cloned()
    };
    let limits = [
        own(|limits| &limits.label),
        own(|limits| &limits.label_name_length),
        own(|limits| &limits.label_value_length),
        own(|limits| &limits.target),
    ];
    if limits.iter().all(Option::is_none) {
        return;
    }
    let active: Vec<&Discovered> =
        found.iter().filter(|target| !target.labels.is_empty()).collect();
    // The metric chain may take labels away again.
    let removes = |action: Action| matches!(action, Action::LabelDrop | Action::LabelKeep);
    let mut steps = job.metric_chain.steps.iter().filter_map(|step| step.step.as_ref());
    let shrinks = steps.any(|step| removes(step.action()) || step.action() == Action::Replace);
    let [labels, names, values, targets] = limits;
    let mut reports: Vec<(Located<u64>, String)> = Vec::new();
    if let (Some(limit), Some(target), false) = (labels, active.first(), shrinks) {
        let least = active.iter().map(|target| target.labels.len() + 1).min().unwrap_or(0);
        if least as u64 > limit.value {
            let names: Vec<&str> = target.labels.iter().map(|(name, _)| name.as_str()).collect();
            let names = names.join("`, `");
            reports.push((limit, format!("each series has `__name__`, `{names}`: {least} labels")));
        }
    }
    if let Some(limit) = names.filter(|limit| limit.value < "__name__".len() as u64) {
        reports.push((limit, "`__name__` alone has 8 bytes".to_owned()));
    }
    if let (Some(limit), false) = (values, shrinks) {
        let all = active.iter().flat_map(|target| &target.labels);
        let longest = all.max_by_key(|(_, value)| value.len());
        if let Some((name, value)) = longest.filter(|(_, value)| value.len() as u64 > limit.value) {
            let bytes = value.len();
            reports
                .push((limit, format!("the target label `{name}` has a value of {bytes} bytes")));
        }
    }
    if let Some(limit) = targets {
        let mut distinct: Vec<_> = active.iter().map(|target| &target.discovered).collect();
        distinct.sort();
        distinct.dedup();
        if distinct.len() as u64 > limit.value {
            let count = distinct.len();
            reports.push((limit, format!("`static_configs` alone has {count} targets")));
        }
    }
    for (limit, evidence) in reports {
        let finding = context
            .finding(limit.location, format!("every scrape of `{}` exceeds this limit", job.name))
            .evidence(Evidence::Proof(evidence))
            .consequence("the whole scrape is lost each time: nothing is stored, `up` is 0")
            .remedy("raise the limit");
        let subject = Subject { job: Some(job.name.clone()), ..Subject::default() };
        context.report(finding.subject(subject));
    }
}
