//! A rule selects a bucket or quantile in the notation of Prometheus 2.
//!
//! ## Why
//! Since 3.0 the server stores `le` of histograms and `quantile` of summaries with a decimal point:
//! `le="1"` selects nothing that was scraped since the upgrade, and an alert on it never fires.
//!
//! ## Bad
//! ```yaml bad
//! groups:
//!   - name: slo
//!     rules:
//!       - alert: TooSlow
//!         expr: rate(request_duration_seconds_bucket{le="1"}[5m]) < 10 # error
//! ```
//!
//! ## Good
//! ```yaml good
//! groups:
//!   - name: slo
//!     rules:
//!       - alert: TooSlow
//!         expr: rate(request_duration_seconds_bucket{le=~"1(.0)?"}[5m]) < 10
//! ```
//!
//! ## Fix
//! None. Write `le=~"1(.0)?"`, which selects what was stored before and after the upgrade.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::queries;
use crate::lint::{Check, Context, FixKind, Rule};
use crate::promql::MatchOp;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "VE006", name: "old-bound-in-query" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Project(check),
};

fn check(context: &mut Context<'_>) {
    if !context.project.server.at_least(3, 0) {
        return;
    }
    let mut findings = Vec::new();
    for (rule, expr) in queries::rules(context.project) {
        for selector in expr.selectors() {
            let metric = queries::metric(selector).unwrap_or_default();
            // Colons: recorded, and written as the rule has it.
            let buckets = metric.ends_with("_bucket") && !metric.contains(':');
            for matcher in &selector.matchers {
                let label = &*matcher.label.text;
                let is_bound =
                    label == "le" && buckets || label == "quantile" && !metric.contains(':');
                let whole = !matcher.value.is_empty()
                    && matcher.value.bytes().all(|byte| byte.is_ascii_digit());
                if !is_bound || !whole || matcher.op != MatchOp::Equal {
                    continue;
                }
                let (value, name) = (&matcher.value, queries::title(rule));
                let finding = context
                    .finding(
                        queries::place(context, rule, matcher.value_span),
                        format!("`{label}=\"{value}\"` is written as in Prometheus 2"),
                    )
                    .evidence(Evidence::Proof(format!(
                        "`{}` stores it as `{label}=\"{value}.0\"`, which is another value",
                        context.project.server
                    )))
                    .consequence(format!("the {name} finds none of these series of typed metrics"))
                    .remedy(format!("write `{label}=~\"{value}(.0)?\"`"));
                findings.push(finding);
            }
        }
    }
    context.report_all(findings);
}
