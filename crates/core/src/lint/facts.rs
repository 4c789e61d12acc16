//! What the rules may look at besides the project: texts, samples, queries, and the fleet's other
//! configurations.

use super::{Date, Memory};
use crate::census::Census;
use crate::config::{Project, RuleFile};
use crate::finding::Finding;
use crate::flow::FlowReport;
use crate::series::Table;
use crate::text::Sources;
use crate::usage::{Usage, UsageOptions, rule_queries};

/// What is known besides the project. Start with [`Facts::new`] and add what there is.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The texts that the project was read from.
    pub sources: &'a Sources,
    /// What reading them found: what the server refuses. Selected and suppressed like the rest.
    pub reading: &'a [Finding],
    /// What the chains did to samples, if there were any.
    pub flow: Option<&'a FlowReport>,
    /// The samples, at stage `Attached`, if there were any.
    pub attached: Option<&'a Table>,
    /// The census of what is stored, if there were samples.
    pub census: Option<&'a Census>,
    /// What rules, dashboards and other queries need. Without it the project's own rule files are
    /// looked at, if it has some.
    pub usage: Option<&'a Usage>,
    /// All configurations that were given together, the project among them: shards of one fleet
    /// are told by what they have in common.
    pub fleet: &'a [Member<'a>],
    /// The day that suppressions are judged by; without it none expires.
    pub today: Option<Date>,
    /// What was found out about chains and patterns so far; one for all projects of a run saves
    /// time and changes nothing else. Without it the project has one of its own.
    pub memory: Option<&'a Memory>,
}

/// One configuration of those that were given together.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its file, as the user knows it.
    pub name: &'a str,
    /// What it says.
    pub project: &'a Project,
}

impl<'a> Facts<'a> {
    /// The texts and what reading them found, and nothing more.
    pub fn new(sources: &'a Sources, reading: &'a [Finding]) -> Self {
        Self {
            sources,
            reading,
            flow: None,
            attached: None,
            census: None,
            usage: None,
            fleet: &[],
            today: None,
            memory: None,
        }
    }
}

/// What the project's own rule files need.
pub(super) fn own_usage(project: &Project, facts: &Facts<'_>) -> Option<Usage> {
    let files = project.rule_files.iter();
    let queries: Vec<_> = files.flat_map(|file| rule_queries(name_of(file, facts), file)).collect();
    (!queries.is_empty()).then(|| Usage::of(queries, UsageOptions::default()))
}

/// The file that the first rule stands in.
fn name_of<'a>(file: &RuleFile, facts: &Facts<'a>) -> &'a str {
    let first = file.groups.iter().flat_map(|group| &group.rules).next();
    first.map_or("", |rule| facts.sources.file(rule.location.file).name())
}
