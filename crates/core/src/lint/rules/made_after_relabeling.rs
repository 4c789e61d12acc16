//! A `drop` is meant for series that no metric chain sees.
//!
//! ## Why
//! The server adds `up` and `scrape_*` to each scrape after `metric_relabel_configs`, and rules write
//! `ALERTS` past all of them.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: scrape_series_added|ALERTS # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml good
//! write_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: scrape_series_added|ALERTS
//!     action: drop
//! ```
//!
//! ## Fix
//! None. Remove the names; for a remote, drop them in `write_relabel_configs`.

use crate::config::ChainKind;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, alternatives};
use crate::regexp::Pattern;
use crate::relabel::{Action, StepField};
use crate::server::OWN_SERIES;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "ST006", name: "made-after-relabeling" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

/// Whether a pattern is one name and nothing else.
fn is_plain(entry: &str) -> bool {
    entry.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check(context: &mut Context<'_>, at: At<'_>) {
    let names = at.step.source_labels().len() == 1 && &*at.step.source_labels()[0] == "__name__";
    if at.chain.kind != ChainKind::Metric || at.step.action() != Action::Drop || !names {
        return;
    }
    let job = context.job();
    // Federation and gateways hand on such series of other servers.
    if job.is_some_and(|job| job.honor_labels || job.metrics_path.contains("federate")) {
        return;
    }
    let text = at.step.pattern().text();
    let is_made = |range: &std::ops::Range<usize>| {
        let entry = &text[range.clone()];
        // No such name can be meant, and most need not be parsed to see it.
        if entry.contains(['*', '+']) || is_plain(entry) && !OWN_SERIES.contains(&entry) {
            return false;
        }
        let entry = Pattern::parse(entry, at.step.pattern().dialect()).ok();
        entry.as_ref().and_then(Pattern::literals).is_some_and(|literals| {
            !literals.is_empty() && literals.iter().all(|name| OWN_SERIES.contains(&name.as_str()))
        })
    };
    let entries = alternatives::entries(text);
    let Some(first) = entries.iter().find(|range| is_made(range)) else { return };
    let name = &text[first.clone()];
    let by = if name.starts_with("ALERTS") { "the rule engine writes" } else { "the server adds" };
    let finding = context
        .finding(
            context.part(at, StepField::Regex, first.clone()),
            format!("`{name}` never comes to `metric_relabel_configs`"),
        )
        .evidence(Evidence::Proof(format!("{by} it after this chain")))
        .consequence(format!("`{name}` is stored all the same"))
        .remedy("remove it here; for a remote, drop it in `write_relabel_configs`");
    context.report(finding);
}
