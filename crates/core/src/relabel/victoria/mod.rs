//! The relabeling of vmagent (`lib/promrelabel` of Victoria Metrics): what its steps have besides
//! Prometheus's, and how they go through a label set.

mod condition;
mod graphite;
mod labels;
mod regex;
mod run;
mod validate;

pub(super) use run::apply;
pub(super) use validate::validate;

use condition::Condition;
use graphite::Graphite;

use crate::regexp::Pattern;

/// What a step of vmagent has besides the fields of Prometheus.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    /// `if`.
    condition: Option<Condition>,
    /// The pattern that captures, where it is another than the one that matches.
    pub(super) captures: Option<Pattern>,
    /// `regex` matches everything, and so what it captures does not matter.
    any: bool,
    /// `replace` copies the value, whatever is in it.
    pub(super) copies: bool,
    /// `replace` writes a text, whatever the value is.
    pub(super) writes: bool,
    /// `replacement`, where it has a `{{label}}` in it.
    references: Option<Box<str>>,
    /// `match` and `labels`.
    graphite: Option<Graphite>,
}
