//! The server loses whole scrapes of a job: a limit is exceeded, or a name is refused.
//!
//! ## Why
//! One series too many, one label too long or one name that is none, and nothing of the scrape is
//! stored: `up` is 0, and alerts on the target's metrics fall silent. Limits count what is left after
//! `metric_relabel_configs`.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     sample_limit: 1 # error
//!     static_configs: [{targets: ['app:8080']}]
//! ---
//! # scrape app app:8080
//! requests_total{code="200"} 5
//! requests_total{code="500"} 1
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     sample_limit: 1000
//!     static_configs: [{targets: ['app:8080']}]
//! ---
//! # scrape app app:8080
//! requests_total{code="200"} 5
//! requests_total{code="500"} 1
//! ```
//!
//! ## Fix
//! None. Raise the limit, or drop series in `metric_relabel_configs`.

use crate::config::{Job, Limits, Located};
use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::flow::{FlowReport, ScrapeFailure};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::text::Location;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA003", name: "scrape-fails" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Flow(check),
};

fn check(context: &mut Context<'_>, flow: &FlowReport) {
    let mut findings = Vec::new();
    for job in &context.project.jobs {
        let failures = flow.failures.iter().filter(|failure| failure.job == job.name);
        let failures: Vec<&ScrapeFailure> = failures.collect();
        let Some(first) = failures.first() else { continue };
        let targets = match failures.len() {
            1 => "a target".to_owned(),
            count => format!("{count} targets"),
        };
        let mut finding = context
            .finding(
                place(context, job, &first.reason),
                format!("{targets} of `{}` cannot be stored", job.name),
            )
            .evidence(Evidence::Data(format!("`{}` has {}", first.instance, first.reason)))
            .consequence("the whole scrape is lost each time: nothing is stored, `up` is 0")
            .remedy("raise the limit, or drop series in `metric_relabel_configs`");
        finding.subject = Subject { job: Some(job.name.clone()), ..Subject::default() };
        findings.push(finding);
    }
    context.report_all(findings);
}

/// Reads one of the limits.
type Field = fn(&Limits) -> &Option<Located<u64>>;

/// The limit that the reason names, or the job.
fn place(context: &Context<'_>, job: &Job, reason: &str) -> Location {
    let limits: [(&str, Field); 4] = [
        ("`sample_limit", |limits| &limits.sample),
        ("`label_limit", |limits| &limits.label),
        ("`label_name_length_limit", |limits| &limits.label_name_length),
        ("`label_value_length_limit", |limits| &limits.label_value_length),
    ];
    let named = limits.iter().find(|(key, _)| reason.contains(key));
    let limit = named.and_then(|(_, field)| {
        field(&job.limits).as_ref().or(field(&context.project.global.limits).as_ref())
    });
    limit.map_or(job.name_location, |limit| limit.location)
}
