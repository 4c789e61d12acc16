//! Mutation test of the linter: operators put known mistakes into clean configurations, real servers
//! confirm that each changes the outcome, and the linter must say so at the right place.
//!
//! An operator belongs to rows of `docs/lint-coverage.md`. To add one, add it to a file in
//! [`mod@operators`]; to take a group away, delete its file and the lines that name it there.

mod base;
mod confirm;
mod insert;
mod judge;
mod labels;
pub mod operators;
mod project;
mod report;
mod words;

pub use base::{Base, bases};
pub use judge::{Options, Tally, passes, run};
pub use labels::first_difference;
pub use operators::{Defect, Operator, operators};
pub use project::{Found, Project, Scrape};
pub use report::table;

use std::collections::BTreeMap;

use promsieve_core::config::ChainKind;

/// The labels of a target or a sample.
pub type Labels = BTreeMap<String, String>;

/// A clean project, and the same with a mistake in it.
#[derive(Debug, Clone, Default)]
pub struct Mutant {
    /// Without the mistake.
    pub good: Project,
    /// With it.
    pub bad: Project,
    /// Both as Prometheus gets them, where something else reads the configuration and writes one for
    /// it.
    pub real: Option<[Project; 2]>,
    /// The text that the mistake is in: the configurations, then the rule files.
    pub text: usize,
    /// The line of the mistake, counted from 1.
    pub line: u32,
    /// What shows the difference on a real server.
    pub watch: Watch,
}

/// What a real server is asked about both projects of a mutant.
#[derive(Debug, Clone, Default)]
pub enum Watch {
    /// Whether promtool takes the configuration.
    #[default]
    Verdict,
    /// What a job's chain makes of generated targets or samples.
    Chain(String, ChainKind),
    /// What becomes of the targets that all configurations of the fleet name.
    Fleet,
    /// What is stored of the pages, and what a query then gives.
    Pages(Option<[String; 2]>),
}

impl Mutant {
    /// What a real server is given instead of the clean project.
    fn real_good(&self) -> &Project {
        self.real.as_ref().map_or(&self.good, |[good, _]| good)
    }

    /// What a real server is given instead of the project with the mistake.
    fn real_bad(&self) -> &Project {
        self.real.as_ref().map_or(&self.bad, |[_, bad]| bad)
    }

    /// The configuration that the mistake is in; the first one where it is in a rule file.
    fn config(&self) -> usize {
        if self.real.is_none() && self.text < self.bad.configs.len() { self.text } else { 0 }
    }
}
