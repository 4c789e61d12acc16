//! The server refuses a relabel config.
//!
//! ## Why
//! Prometheus does not start with such a file, and keeps the old one when it is told to reload.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_( # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//! ```
//!
//! ## Fix
//! None. The message says what the server wants.

use crate::config::INVALID_STEP;
use crate::finding::Severity;
use crate::lint::{Check, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: INVALID_STEP,
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Reading,
};
