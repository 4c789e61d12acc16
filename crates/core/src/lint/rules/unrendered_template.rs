//! A file is a template that is no YAML before it is rendered.
//!
//! ## Why
//! What a template will say depends on values that are not in it. Nothing of it can be checked, and
//! nothing of it is called wrong either.
//!
//! ## Bad
//! ```yaml bad
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!     {% for name in names %} # error
//!       - targets: [{{ name }}:9100]
//! ```
//!
//! ## Good
//! ```yaml good
//! scrape_configs:
//!   - job_name: app
//!     static_configs:
//!       - targets: [app:9100]
//! ```
//!
//! ## Fix
//! None. Render it first: `helm template … | promsieve lint -` names each finding by its template.

use crate::config::UNRENDERED;
use crate::finding::Severity;
use crate::lint::{Check, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: UNRENDERED,
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Reading,
};
