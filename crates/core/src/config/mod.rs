//! Prometheus's configuration as data with places: jobs, chains, rule files, and what the server
//! refuses of them.

mod chain;
mod keys;
mod model;
mod report;
mod values;

pub use chain::chain;
pub use model::{
    Alerting, Alertmanager, Chain, ChainKind, ConfiguredStep, Discovery, FieldSpan, Global, Job,
    Limits, Located, Project, RemoteWrite, Rule, RuleFile, RuleGroup, RuleKind, StaticGroup,
    StepSpans,
};
pub use report::{INVALID_CONFIG, INVALID_RULE_FILE, INVALID_STEP};
pub use values::duration;
