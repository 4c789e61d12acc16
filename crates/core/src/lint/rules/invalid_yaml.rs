//! A file is no YAML that the server can read.
//!
//! ## Why
//! The server stops at the first such place, and refuses to start or to reload.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     metrics_path: path: /metrics # error
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     metrics_path: /metrics
//! ```
//!
//! ## Fix
//! None. The message says what the server wants.

use crate::doc::INVALID_YAML;
use crate::finding::Severity;
use crate::lint::{Check, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: INVALID_YAML,
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Reading,
};
