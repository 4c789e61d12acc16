//! Labels of the application are renamed to `exported_*`, because the target has labels of that name.
//!
//! ## Why
//! Without `honor_labels` the target's `job`, `instance`, `namespace` or `pod` stay, and those that
//! the series bring are kept under another name: dashboards that want them find the scraper's own.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: gateway # error
//!     static_configs: [{targets: ['gateway:9091']}]
//! ---
//! # scrape gateway gateway:9091
//! backup_last_success{job="backup"} 1
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: gateway
//!     honor_labels: true
//!     static_configs: [{targets: ['gateway:9091']}]
//! ---
//! # scrape gateway gateway:9091
//! backup_last_success{job="backup"} 1
//! ```
//!
//! ## Fix
//! None. Set `honor_labels: true` where the series' own labels are the right ones.

use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::lint::{Check, Context, FixKind, Rule, data};
use crate::series::Table;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA008", name: "exported-labels" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

fn check(context: &mut Context<'_>, table: &Table) {
    let mut findings = Vec::new();
    for job in context.project.jobs.iter().filter(|job| !job.honor_labels) {
        let labels = data::labels_of(table, &job.name);
        let renamed: Vec<String> = labels
            .iter()
            .filter(|label| {
                label.strip_prefix("exported_").is_some_and(|plain| labels.contains(plain))
            })
            .map(|label| format!("`{label}`"))
            .collect();
        if renamed.is_empty() {
            continue;
        }
        let finding = context
            .finding(
                job.name_location,
                format!("series of `{}` bring labels of their own that are renamed", job.name),
            )
            .evidence(Evidence::Data(format!("they have {}", renamed.join(", "))))
            .consequence("queries by the plain names find the labels of the target")
            .remedy("set `honor_labels: true` where the series' own labels are the right ones")
            .subject(Subject { job: Some(job.name.clone()), ..Subject::default() });
        findings.push(finding);
    }
    context.report_all(findings);
}
