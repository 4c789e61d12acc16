//! A fleet: the targets of a configuration, discovered, relabeled and scraped as its server would.

mod discovery;
mod scrape;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use promsieve_core::config::{Job, StaticGroup};
use promsieve_core::doc::{self, Document, Node};
use promsieve_core::flow::{self, Discovered};
use promsieve_core::relabel::target::TargetOutcome;
use promsieve_core::text::FileId;

pub(crate) use discovery::{FILE_LABEL, read_groups};
pub(crate) use scrape::scrape;

use super::config::Loaded;
use settings::Settings;

/// What is to be scraped.
struct Plan {
    /// How the targets of each job are asked; a job whose settings are not understood is missing.
    settings: BTreeMap<String, Settings>,
    /// The targets that the server would scrape, in the order of the configuration.
    targets: Vec<Discovered>,
    /// What cannot be done, in words for the user.
    problems: Vec<String>,
}

/// The targets of a job before relabeling.
pub(crate) struct JobGroups {
    /// `job_name`.
    pub(crate) job: String,
    /// Its groups, of static, file and HTTP discovery.
    pub(crate) groups: Vec<StaticGroup>,
    /// What cannot be read, in words for the user.
    pub(crate) problems: Vec<String>,
}

/// Finds the targets of each job of a configuration.
pub(crate) fn groups(loaded: &Loaded) -> Vec<JobGroups> {
    let documents = documents(loaded);
    let of = |job: &Job| {
        let (found, problems) = match find_job(&documents, job) {
            Some(node) => discovery::groups(&job.name, node, &directory(loaded, job)),
            None => Default::default(),
        };
        let groups = job.static_targets.iter().cloned().chain(found).collect();
        JobGroups { job: job.name.clone(), groups, problems }
    };
    loaded.project.jobs.iter().map(of).collect()
}

/// The targets of static and file discovery of a configuration, through relabeling; nobody is asked.
pub(crate) fn written(loaded: &Loaded) -> Vec<Discovered> {
    let documents = documents(loaded);
    let mut project = loaded.project.clone();
    for job in &mut project.jobs {
        let Some(node) = find_job(&documents, job) else { continue };
        job.static_targets
            .extend(discovery::file_groups(&job.name, node, &directory(loaded, job)).0);
    }
    flow::discover(&project)
}

/// Where files that a job names lie.
fn directory(loaded: &Loaded, job: &Job) -> PathBuf {
    let file = loaded.sources.file(job.location.file).name();
    Path::new(file).parent().unwrap_or(Path::new("")).to_owned()
}

/// Finds the targets of a configuration that are to be scraped.
fn plan(loaded: &Loaded) -> Plan {
    let documents = documents(loaded);
    let mut project = loaded.project.clone();
    let (mut settings, mut problems) = (BTreeMap::new(), Vec::new());
    for (job, found) in project.jobs.iter_mut().zip(groups(loaded)) {
        job.static_targets = found.groups;
        problems.extend(found.problems);
        let Some(node) = find_job(&documents, job) else { continue };
        match Settings::read(node, &directory(loaded, job)) {
            Ok(own) => drop(settings.insert(job.name.clone(), own)),
            Err(error) => problems.push(format!("job {}: {error:#}", job.name)),
        }
    }
    let mut targets = Vec::new();
    let mut seen = BTreeSet::new();
    for target in flow::discover(&project) {
        match &target.outcome {
            TargetOutcome::Invalid(error) => {
                problems.push(format!("job {}: a target is not scraped: {error}", target.job));
            }
            // A server scrapes one of several targets that are the same after relabeling.
            TargetOutcome::Active => {
                let same = (target.job.clone(), target.labels.clone(), target.settings.clone());
                if settings.contains_key(&target.job) && seen.insert(same) {
                    targets.push(target);
                }
            }
            TargetOutcome::Dropped { .. } => {}
        }
    }
    Plan { settings, targets, problems }
}

fn documents(loaded: &Loaded) -> BTreeMap<FileId, Document> {
    let first = |(file, text)| Some((file, doc::parse(text, file).documents.into_iter().next()?));
    loaded.sources.iter().filter_map(first).collect()
}

/// Where a job is written.
fn find_job<'d>(documents: &'d BTreeMap<FileId, Document>, job: &Job) -> Option<Node<'d>> {
    let list = documents.get(&job.location.file)?.root()?.get("scrape_configs")?;
    list.items().map(Node::resolved).find(|node| node.location() == job.location)
}
