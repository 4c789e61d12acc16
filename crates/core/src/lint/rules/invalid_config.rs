//! The server refuses a part of the configuration.
//!
//! ## Why
//! Prometheus does not start with such a file, and keeps the old one when it is told to reload.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     scrape_intervall: 30s # error
//!     static_configs: [{targets: ['app:8080']}]
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     scrape_interval: 30s
//!     static_configs: [{targets: ['app:8080']}]
//! ```
//!
//! ## Fix
//! None. The message says what the server wants.

use crate::config::INVALID_CONFIG;
use crate::finding::Severity;
use crate::lint::{Check, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: INVALID_CONFIG,
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Reading,
};
