//! A fleet: the targets of a configuration, discovered, relabeled and scraped as its server would.

mod discovery;
mod scrape;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use promsieve_core::doc::{self, Document, Node};
use promsieve_core::flow::{self, Discovered};
use promsieve_core::relabel::target::TargetOutcome;
use promsieve_core::text::FileId;

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

/// Finds the targets of a configuration, of static and of file discovery.
fn plan(loaded: &Loaded) -> Plan {
    let documents = documents(loaded);
    let mut project = loaded.project.clone();
    let (mut settings, mut problems) = (BTreeMap::new(), Vec::new());
    for job in &mut project.jobs {
        let Some(node) = find_job(&documents, job) else { continue };
        let file = loaded.sources.file(job.location.file).name();
        let directory = Path::new(file).parent().unwrap_or(Path::new(""));
        let (groups, found) = discovery::groups(&job.name, node, directory);
        job.static_targets.extend(groups);
        problems.extend(found);
        match Settings::read(node, directory) {
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
fn find_job<'d>(
    documents: &'d BTreeMap<FileId, Document>,
    job: &promsieve_core::config::Job,
) -> Option<Node<'d>> {
    let list = documents.get(&job.location.file)?.root()?.get("scrape_configs")?;
    list.items().map(Node::resolved).find(|node| node.location() == job.location)
}
