//! Discovered targets through their target chain, and the scrapes that belong to them.

use crate::config::{Job, Project};
use crate::relabel::Scratch;
use crate::relabel::target::{TargetDefaults, TargetOutcome, apply};
use crate::series::{LabelBuf, Table, Target};
use crate::server::Server;

/// A static target of a configuration after its target chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// Its job.
    pub job: String,
    /// Labels as discovered: `__address__`, `__meta_*` and those of its group.
    pub discovered: Vec<(String, String)>,
    /// What became of it.
    pub outcome: TargetOutcome,
    /// Its public labels after relabeling, sorted by name; empty unless it is scraped.
    pub labels: Vec<(String, String)>,
    /// Its other labels then, by which it is scraped: `__address__`, `__scheme__`,
    /// `__metrics_path__`, `__param_*`, …; sorted by name, empty unless it is scraped.
    pub settings: Vec<(String, String)>,
}

impl Discovered {
    fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// Every static target of a project, in the order of the configuration.
pub fn discover(project: &Project) -> Vec<Discovered> {
    project.jobs.iter().flat_map(|job| discover_job(project.server, job)).collect()
}

/// Every static target of a job, in the order of the configuration.
pub fn discover_job(server: Server, job: &Job) -> Vec<Discovered> {
    let program = job.target_chain.program();
    let defaults = target_defaults(job);
    let (mut scratch, mut buffer) = (Scratch::new(), LabelBuf::new());
    let mut found = Vec::new();
    for group in &job.static_targets {
        for address in &group.targets {
            let labels =
                group.labels.iter().map(|(name, value)| (name.value.clone(), value.value.clone()));
            let mut discovered: Vec<(String, String)> = labels.collect();
            discovered.push(("__address__".to_owned(), address.value.clone()));
            buffer.refill(discovered.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let outcome = apply(&program, server, &defaults, &mut scratch, &mut buffer);
            let (settings, labels) = match outcome {
                TargetOutcome::Active => hidden_and_public(&buffer),
                TargetOutcome::Dropped { .. } | TargetOutcome::Invalid(_) => Default::default(),
            };
            let job = job.name.clone();
            found.push(Discovered { job, discovered, outcome, labels, settings });
        }
    }
    found
}

/// The labels of a target that begin with `__`, and those that its series get.
fn hidden_and_public(labels: &LabelBuf) -> (Pairs, Pairs) {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    labels.sorted().into_iter().map(owned).partition(|(name, _)| name.starts_with("__"))
}

type Pairs = Vec<(String, String)>;

/// The settings that every target of a job starts with.
pub fn target_defaults(job: &Job) -> TargetDefaults {
    let seconds = |milliseconds: u64| format!("{milliseconds}ms");
    let first = |(key, values): &(String, Vec<String>)| {
        values.first().map(|value| (key.clone(), value.clone()))
    };
    TargetDefaults {
        job: job.name.clone(),
        scrape_interval: seconds(job.scrape_interval),
        scrape_timeout: seconds(job.scrape_timeout),
        metrics_path: job.metrics_path.clone(),
        scheme: job.scheme.clone(),
        params: job.params.iter().filter_map(first).collect(),
    }
}

/// Gives the targets of a table the labels that the configuration gives them. A table's target
/// belongs to the discovered one of its job whose address, or else whose `instance`, is its
/// `instance`; one that belongs to none keeps its labels.
pub fn retarget(table: &mut Table, discovered: &[Discovered]) {
    for target in &mut table.targets {
        if let Some(found) = find(target, discovered) {
            target.labels.clone_from(&found.labels);
        }
    }
}

fn find<'a>(target: &Target, discovered: &'a [Discovered]) -> Option<&'a Discovered> {
    let instance = target.label("instance");
    let address = |found: &Discovered| {
        found.discovered.iter().any(|(name, value)| name == "__address__" && value == instance)
    };
    let mut of_job = discovered
        .iter()
        .filter(|found| found.job == target.job && found.outcome == TargetOutcome::Active);
    of_job.clone().find(|found| address(found)).or_else(|| {
        of_job.find(|found| !instance.is_empty() && found.label("instance") == instance)
    })
}
