//! A chain takes away the last way to see a resource, a call or a fault.
//!
//! ## Why
//! What is not stored cannot be looked up when something fails: utilisation, saturation and errors of
//! a machine, rate, errors and duration of a call, the flag that says why it failed. A pack says which
//! metrics and labels give each.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: node_disk_io_time_seconds_total # error
//!     action: drop
//! ---
//! # scrape app a:9100
//! node_disk_io_time_seconds_total{device="sda"} 1
//! node_disk_reads_merged_total{device="sda"} 1
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: node_disk_reads_merged_total
//!     action: drop
//! ---
//! # scrape app a:9100
//! node_disk_io_time_seconds_total{device="sda"} 1
//! node_disk_reads_merged_total{device="sda"} 1
//! ```
//!
//! ## Fix
//! None. Keep what gives the signal, or suppress the finding where nobody needs it.

use crate::finding::{RuleId, Severity};
use crate::lint::{Check, Context, FixKind, Rule, signals};
use crate::series::Table;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SG001", name: "signal-lost" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

fn check(context: &mut Context<'_>, attached: &Table) {
    for lost in signals::by_step(context, attached, |cell| !cell.otherwise) {
        let finding = signals::finding(context, &lost, "lost");
        context.report(finding.consequence("nobody can see it when it matters: no error, no data"));
    }
}
