//! A job is scraped so rarely that its series vanish between scrapes.
//!
//! ## Why
//! A query takes the last sample of the five minutes before its time (`--query.lookback-delta`).
//! Where samples lie further apart, graphs have gaps and alerts resolve between scrapes.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: billing
//!     scrape_interval: 15m # error
//!     static_configs: [{targets: ['billing:8080']}]
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: billing
//!     scrape_interval: 2m
//!     static_configs: [{targets: ['billing:8080']}]
//! ```
//!
//! ## Fix
//! None. Scrape every two minutes or more often; what is constant costs little.

use crate::config::Job;
use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{Check, Context, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SC004", name: "interval-beyond-lookback" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Job(check),
};

/// The server's default, in milliseconds.
const LOOKBACK: u64 = 300_000;

fn check(context: &mut Context<'_>, job: &Job) {
    if job.scrape_interval <= LOOKBACK {
        return;
    }
    let minutes = job.scrape_interval as f64 / 60_000.0;
    let location = job.interval_location.unwrap_or(job.name_location);
    let finding = context
        .finding(location, format!("`{}` is scraped every {minutes} minutes only", job.name))
        .evidence(Evidence::Proof(
            "a query looks back 5 minutes by default: 5 minutes after a scrape it finds nothing \
             until the next"
                .to_owned(),
        ))
        .consequence("graphs have gaps, and alerts on these series resolve between scrapes")
        .remedy("scrape every two minutes or more often, or raise `--query.lookback-delta`");
    context.report(finding);
}
