//! A suppression silences nothing, is over, or is not written as it should be.
//!
//! ## Why
//! It would silence a mistake that somebody makes later, unseen.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   # promsieve: ignore unreachable-step (kept for the audit) # error
//!   - source_labels: [__name__]
//!     regex: up|node_.+
//!     action: keep
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: up|node_.+
//!     action: keep
//! ```
//!
//! ## Fix
//! None. Remove the comment, or write it as
//! `# promsieve: ignore rule (reason) until 2026-01-31`; the date is optional.

use crate::finding::{Finding, RuleId, Severity};
use crate::lint::{Check, FixKind, Rule};
use crate::text::Location;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "SC003", name: "unused-suppression" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Reading,
};

/// A finding about a comment.
pub(in crate::lint) fn finding(location: Location, message: String) -> Finding {
    Finding::new(RULE.id, RULE.severity, location, message).remedy("remove or correct the comment")
}
