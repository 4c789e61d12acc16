//! Configurations as data with places: jobs, chains, rule files, and what the server refuses of
//! them. Prometheus's own is read here, every other kind that holds relabel rules in `kinds`.

mod chain;
mod check;
mod check_more;
mod crd;
mod edit;
mod global;
mod job;
mod keys;
mod kinds;
mod model;
mod parse;
mod report;
mod rules;
mod schema;
mod static_targets;
mod template;
mod url;
mod values;

pub use chain::{ChainOptions, chain, inline_chain};
pub(crate) use edit::mapping_at;
pub use edit::{Place, apply_edits, insert_steps};
pub use kinds::{Kind, read, sniff};
pub use model::{
    Alerting, Alertmanager, Chain, ChainKind, ClassicHistograms, ConfiguredStep, Discovery,
    FieldSpan, Global, Job, Limits, Located, Project, RemoteWrite, Rule, RuleFile, RuleGroup,
    RuleKind, StaticGroup, StepSpans,
};
pub use parse::parse;
pub use report::{INVALID_CONFIG, INVALID_RULE_FILE, INVALID_STEP, near_miss};
pub use values::duration;
