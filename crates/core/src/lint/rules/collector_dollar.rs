//! The collector takes a group of a template for a variable of the environment.
//!
//! ## Why
//! An OpenTelemetry collector fills in `${NAME}` before Prometheus's part of it reads the file, and
//! takes `$$` for one `$`. Since 0.104 it refuses a variable whose name is a number; before, it wrote
//! nothing in its place, and did the same with `$1`.
//!
//! ## Bad
//! ```yaml bad
//! receivers:
//!   prometheus:
//!     config:
//!       scrape_configs:
//!         - job_name: app
//!           static_configs: [{targets: ['app:8080']}]
//!           metric_relabel_configs:
//!             - source_labels: [pod]
//!               regex: (.+)-[0-9]+
//!               target_label: workload
//!               replacement: ${1} # error
//! ```
//!
//! ## Good
//! ```yaml good
//! receivers:
//!   prometheus:
//!     config:
//!       scrape_configs:
//!         - job_name: app
//!           static_configs: [{targets: ['app:8080']}]
//!           metric_relabel_configs:
//!             - source_labels: [pod]
//!               regex: (.+)-[0-9]+
//!               target_label: workload
//!               replacement: $${1}
//! ```
//!
//! ## Fix
//! None. Write `$$` for each `$`.

use crate::doc::Document;
use crate::finding::{Evidence, Finding, RuleId, Severity};
use crate::lint::context::About;
use crate::lint::{Check, Context, FixKind, Rule};
use crate::relabel::StepField;
use crate::server::{Product, Version};
use crate::text::Location;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "VE007", name: "collector-dollar" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    let project = context.project;
    if project.server.product != Product::Otel {
        return;
    }
    for (job, chain) in project.chains() {
        for (index, step) in chain.steps.iter().enumerate() {
            context.look_at(About { job, chain: Some(chain), step: Some(index) });
            let templates = [StepField::Replacement, StepField::TargetLabel];
            for span in templates.into_iter().filter_map(|field| step.spans.field(field)) {
                let finding = finding(context, span.value);
                context.report_all(finding.into_iter().collect());
            }
        }
    }
}

fn finding(context: &Context<'_>, place: Location) -> Option<Finding> {
    let project = context.project;
    let is_expanded = project.document_at(place).is_some_and(Document::has_halved_dollars);
    let text = context.source(place).shown(place.span);
    let group = group(&text).filter(|_| is_expanded)?;
    let refuses = project.server.version >= Version(0, 104, 0);
    let is_braced = group.starts_with("${");
    if refuses && !is_braced {
        return None;
    }
    let (evidence, consequence) = if refuses {
        ("a variable's name cannot begin with a digit", "the collector refuses to start")
    } else {
        ("no variable has a number for its name", "the group is replaced by nothing")
    };
    let message = format!("`{group}` is a variable of the environment to the collector");
    let finding = context
        .finding(place, message)
        .evidence(Evidence::Proof(evidence.to_owned()))
        .consequence(consequence)
        .remedy(format!("write `${group}`"));
    Some(finding)
}

/// The first reference to a numbered group behind an odd number of `$`.
fn group(text: &str) -> Option<&str> {
    let mut at = 0;
    while let Some(found) = text[at..].find('$') {
        let start = at + found;
        let dollars = text[start..].len() - text[start..].trim_start_matches('$').len();
        at = start + dollars;
        let rest = &text[at..];
        let inner = rest.strip_prefix('{').unwrap_or(rest);
        let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let braces = 2 * usize::from(inner.len() < rest.len());
        let is_closed = braces == 0 || inner[digits..].starts_with('}');
        if dollars % 2 == 1 && digits > 0 && is_closed {
            return Some(&text[at - 1..at + digits + braces]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_dollars_before_numbers_are_found() {
        assert_eq!(group("${1}-x"), Some("${1}"));
        assert_eq!(group("$$1:$2"), Some("$2"));
        assert_eq!(group("$$$1"), Some("$1"));
        for fine in ["$${1}", "$$1:$$2", "${env:X}", "$", "a$", "${1"] {
            assert_eq!(group(fine), None, "{fine}");
        }
    }
}
