//! The server refuses a rule file.
//!
//! ## Why
//! Prometheus does not start with such a file, and keeps the old rules when it is told to reload.
//!
//! ## Bad
//! ```yaml bad
//! groups:
//!   - name: app
//!     rules:
//!       - record: job:requests:rate5m
//!         expr: sum by (job) (rate(requests_total[5m]))
//!         for: 5m # error
//! ```
//!
//! ## Good
//! ```yaml good
//! groups:
//!   - name: app
//!     rules:
//!       - record: job:requests:rate5m
//!         expr: sum by (job) (rate(requests_total[5m]))
//! ```
//!
//! ## Fix
//! None. The message says what the server wants.

use crate::config::INVALID_RULE_FILE;
use crate::finding::Severity;
use crate::lint::{Check, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: INVALID_RULE_FILE,
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Reading,
};
