//! An entry of a list of metrics matches none that the job has.
//!
//! ## Why
//! Lists outlive the metrics that they were written for: after a rename upstream the new name is
//! neither kept nor dropped.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_threads|go_gc_old_total # error
//!     action: drop
//! ---
//! # scrape app app:8080
//! go_threads 9
//! requests_total 5
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_threads
//!     action: drop
//! ---
//! # scrape app app:8080
//! go_threads 9
//! requests_total 5
//! ```
//!
//! ## Fix
//! None. Look what became of the metric; the samples at hand need not be all.

use super::pattern_needs_wildcard::reads_name;
use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::lint::{At, Check, Context, FixKind, Rule, alternatives, data};
use crate::regexp::Pattern;
use crate::relabel::StepField;
use crate::series::Table;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA005", name: "list-entry-matches-nothing" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

fn check(context: &mut Context<'_>, table: &Table) {
    let mut findings = Vec::new();
    for job in &context.project.jobs {
        let metrics = data::metrics_of(table, &job.name);
        for index in 0..job.metric_chain.steps.len() {
            let Some(at) = At::new(&job.metric_chain, index) else { break };
            let pattern = at.step.pattern();
            // A step that does nothing at all is told of as a whole.
            let works = metrics.keys().any(|metric| pattern.is_match(metric));
            if !reads_name(at) || !works {
                continue;
            }
            let dead = |range: &std::ops::Range<usize>| {
                let entry = Pattern::parse(&pattern.text()[range.clone()], pattern.dialect());
                entry.is_ok_and(|entry| !metrics.keys().any(|metric| entry.is_match(metric)))
            };
            let entries = alternatives::entries(pattern.text());
            let dead: Vec<_> = entries.iter().filter(|range| dead(range)).collect();
            let Some(first) = dead.first().filter(|_| entries.len() > 1) else { continue };
            let entry = &pattern.text()[(*first).clone()];
            let more = if dead.len() > 1 {
                format!(" (and {} more)", dead.len() - 1)
            } else {
                String::new()
            };
            let chain = Some(job.metric_chain.path.clone());
            let finding = context
                .finding(
                    context.part(at, StepField::Regex, (*first).clone()),
                    format!("the entry `{entry}`{more} matches no metric of `{}`", job.name),
                )
                .evidence(Evidence::Data(format!(
                    "{} of {} entries match one of {} metrics",
                    entries.len() - dead.len(),
                    entries.len(),
                    metrics.len()
                )))
                .consequence("what it was written for is neither there nor missed")
                .remedy("look what became of the metric")
                .subject(Subject { job: Some(job.name.clone()), chain, step: Some(index) });
            findings.push(finding);
        }
    }
    context.report_all(findings);
}
