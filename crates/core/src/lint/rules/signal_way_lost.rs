//! A chain takes away one of several ways to see a resource, a call or a fault.
//!
//! ## Why
//! Another metric still gives the signal. Dashboards and alerts made for the one that goes need the
//! other one from now on.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: node_filesystem_readonly # error
//!     action: drop
//! ---
//! # scrape app a:9100
//! node_filesystem_readonly{device="sda",mountpoint="/"} 0
//! node_filesystem_device_error{device="sda",mountpoint="/"} 0
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: node_uname_info
//!     action: drop
//! ---
//! # scrape app a:9100
//! node_filesystem_readonly{device="sda",mountpoint="/"} 0
//! node_filesystem_device_error{device="sda",mountpoint="/"} 0
//! node_uname_info{nodename="a"} 1
//! ```
//!
//! ## Fix
//! None. Keep it if anything asks for it.

use crate::finding::{RuleId, Severity};
use crate::lint::{Check, Context, FixKind, Rule, signals};
use crate::series::Table;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SG002", name: "signal-way-lost" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Samples(check),
};

fn check(context: &mut Context<'_>, attached: &Table) {
    for lost in signals::by_step(context, attached, |cell| cell.otherwise) {
        let finding = signals::finding(context, &lost, "given by one metric less");
        context.report(finding);
    }
}
