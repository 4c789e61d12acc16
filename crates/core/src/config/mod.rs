//! Prometheus's configuration as data with places: jobs, chains, rule files, and what the server
//! refuses of them.

mod model;

pub use model::{
    Alerting, Alertmanager, Chain, ChainKind, ConfiguredStep, Discovery, FieldSpan, Global, Job,
    Limits, Located, Project, RemoteWrite, Rule, RuleFile, RuleGroup, RuleKind, StaticGroup,
    StepSpans,
};
