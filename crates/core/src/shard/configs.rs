//! The configuration of each server of a fleet: the given one with its part of the targets, its
//! external labels and its rule file, everything else left as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::filter::{shard_filters, watches_own_machine};
use super::plan::ShardPlan;
use super::steps::{dedicated_steps, split_steps, steps, undedicated_steps};
use crate::config::{Chain, Job, Kind, Place, Project, apply_edits, insert_steps};
use crate::doc::{Document, Node, append_key, quote, replace_scalar};
use crate::finding::Edit;
use crate::relabel::{Action, Field, RawStep};
use crate::text::{FileId, SourceText, Sources, Span};

/// The external label that names the shard.
pub const SHARD_LABEL: &str = "shard";

/// The external label that names the server among those that scrape the same.
pub const REPLICA_LABEL: &str = "replica";

/// One server of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShardServer {
    /// Its shard: the index, or a placeholder such as `${SHARD}` for a template.
    pub shard: String,
    /// Its name among the replicas of the shard, where there are several.
    pub replica: Option<String>,
}

impl ShardServer {
    /// `0`, or `0-a` where there are replicas.
    pub fn name(&self) -> String {
        match &self.replica {
            None => self.shard.clone(),
            Some(replica) => format!("{}-{replica}", self.shard),
        }
    }

    /// Its labels, by which Thanos and Alertmanager tell it from the others.
    pub fn external_labels(&self) -> Vec<(&'static str, &str)> {
        let replica = self.replica.as_deref().map(|replica| (REPLICA_LABEL, replica));
        std::iter::once((SHARD_LABEL, self.shard.as_str())).chain(replica).collect()
    }
}

/// The servers of `shards` shards with `replicas` servers each, 26 at most: replicas are letters.
pub fn servers(shards: u64, replicas: u64) -> Vec<ShardServer> {
    let letters: Vec<Option<String>> = match replicas.clamp(1, 26) {
        1 => vec![None],
        several => ('a'..='z').take(several as usize).map(|c| Some(c.to_string())).collect(),
    };
    let of_shard = |shard: u64| {
        let server = move |replica| ShardServer { shard: shard.to_string(), replica };
        letters.clone().into_iter().map(server)
    };
    (0..shards).flat_map(of_shard).collect()
}

/// The files of a configuration as `server` gets them, each with its name, which has `name` in it:
/// the main file, then those of its `scrape_config_files`, in the folders where they are now, so that
/// what they name stays where it is. Jobs that watch the server's own machine stay on every shard,
/// and their `instance` names the server, so that their series are not the same on all of them.
/// `rule_file` takes the place of the rule files, if there are some.
///
/// # Errors
/// What cannot be written, with what to do about it.
pub fn shard_config(
    project: &Project,
    sources: &Sources,
    plan: &ShardPlan,
    server: &ShardServer,
    name: &str,
    rule_file: Option<&str>,
) -> Result<Vec<(String, String)>, String> {
    let root = main_root(project).ok_or("only a Prometheus configuration can be written out")?;
    let scrapes = scrape_files(project, sources, root.document().file(), name)?;
    let mut edits = main_edits(project, sources, root, server, &scrapes, rule_file)?;
    let mut seen: BTreeMap<_, &str> = BTreeMap::new();
    for job in &project.jobs {
        if !shard_filters(&job.target_chain).is_empty() {
            return Err(format!(
                "`{}` is sharded already: take its `hashmod` and `keep` out first",
                job.name
            ));
        }
        for (key, chain, steps, place) in job_steps(plan, server, job) {
            let items: Vec<String> = steps.iter().map(RawStep::to_yaml).collect();
            let edit = insert_steps(project, sources, (job.location, key), chain, &items, place);
            let mut owner =
                |edit: &Edit| *seen.entry((edit.file, edit.span.start)).or_insert(&job.name);
            let edit = edit.filter(|edit| owner(edit) == job.name);
            edits.push(edit.ok_or_else(|| {
                format!("`{}` shares its `{key}`: give it a list of its own", job.name)
            })?);
        }
    }
    let main = (root.document().file(), format!("prometheus-{name}.yml"));
    let of = |file| edits.iter().filter(|edit| edit.file == file).cloned().collect();
    let files = std::iter::once(main).chain(scrapes);
    Ok(files.map(|(file, name)| (name, apply_edits(sources, file, of(file)))).collect())
}

/// The files besides the main one that hold jobs, and what a server's own are called.
fn scrape_files(
    project: &Project,
    sources: &Sources,
    main: FileId,
    name: &str,
) -> Result<Vec<(FileId, String)>, String> {
    let folder = sources.file(main).name().rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = |file: FileId| {
        let path = sources.file(file).name();
        let below = path.strip_prefix(folder).map(|path| match folder {
            "" => path,
            _ => path.trim_start_matches('/'),
        });
        let below = below.filter(|path| !path.starts_with('/') && !path.starts_with("../"));
        let (stem, ending) = below.and_then(|path| path.rsplit_once('.')).ok_or_else(|| {
            format!("`{path}` lies outside the folder of the main file: move it beside that")
        })?;
        Ok((file, format!("{stem}-{name}.{ending}")))
    };
    let files: BTreeSet<FileId> = project.jobs.iter().map(|job| job.location.file).collect();
    files.into_iter().filter(|file| *file != main).map(own).collect()
}

/// What a job gets in each of its chains, which stands under that key, and where.
fn job_steps<'j>(
    plan: &ShardPlan,
    server: &ShardServer,
    job: &'j Job,
) -> Vec<(&'static str, &'j Chain, Vec<RawStep>, Place)> {
    let split = plan.splits.iter().find(|split| split.job == job.name && plan.shards > 1);
    let apart = plan.dedicated.iter().position(|name| *name == job.name);
    let (steps, place) = if watches_own_machine(job) {
        (vec![own_instance(server)], Place::Last)
    } else if split.is_some() {
        (undedicated_steps(plan, &server.shard), Place::First)
    } else if let Some(at) = apart {
        (dedicated_steps(plan.shards + at as u64, &server.shard), Place::First)
    } else {
        (steps(plan, &server.shard), Place::First)
    };
    let parts = split.map_or_else(Vec::new, |split| split_steps(split, &server.shard));
    let targets = ("relabel_configs", &job.target_chain, steps, place);
    let metrics = ("metric_relabel_configs", &job.metric_chain, parts, Place::Last);
    [targets, metrics].into_iter().filter(|(_, _, steps, _)| !steps.is_empty()).collect()
}

/// Makes `instance` name the server: of several shards `localhost:9090` would be one.
fn own_instance(server: &ShardServer) -> RawStep {
    RawStep {
        source_labels: Field::Set(vec!["__address__".to_owned()]),
        target_label: Field::Set("instance".to_owned()),
        replacement: Field::Set(format!("$1@shard-{}", server.name())),
        ..RawStep::default()
    }
}

/// External labels, scrape and rule files, and alerts that are the same from every replica.
fn main_edits(
    project: &Project,
    sources: &Sources,
    root: Node<'_>,
    server: &ShardServer,
    scrapes: &[(FileId, String)],
    rule_file: Option<&str>,
) -> Result<Vec<Edit>, String> {
    let source = sources.file(root.document().file());
    let mut edits = external_labels(source, root, &server.external_labels());
    if root.field("scrape_config_files").is_some() {
        let files: Vec<_> = scrapes.iter().map(|(_, name)| quote(name)).collect();
        edits.push(put(source, root, "scrape_config_files", &format!("[{}]", files.join(", "))));
    }
    if root.field("rule_files").is_some() {
        let list = rule_file.map_or_else(|| "[]".to_owned(), |file| format!("[{}]", quote(file)));
        edits.push(put(source, root, "rule_files", &list));
    }
    if let Some(alerting) = root.get("alerting").filter(|node| node.is_mapping())
        && server.replica.is_some()
        && !drops_replica(project)
    {
        let step = RawStep {
            regex: Field::Set(REPLICA_LABEL.to_owned()),
            action: Field::Set("labeldrop".to_owned()),
            ..RawStep::default()
        };
        let owner = (alerting.location(), "alert_relabel_configs");
        let (chain, items) = (&project.alerting.alert_chain, [step.to_yaml()]);
        edits.push(insert_steps(project, sources, owner, chain, &items, Place::Last));
    }
    let edits: Option<Vec<Edit>> = edits.into_iter().collect();
    edits.ok_or_else(|| {
        "`global` or `alerting` is written in a way that cannot be edited".to_owned()
    })
}

/// Whether alerts leave the server without the replica's label already.
fn drops_replica(project: &Project) -> bool {
    let mut steps = project.alerting.alert_chain.steps.iter().filter_map(|step| step.step.as_ref());
    steps.any(|step| step.action() == Action::LabelDrop && step.pattern().is_match(REPLICA_LABEL))
}

/// The top of the main file.
fn main_root(project: &Project) -> Option<Node<'_>> {
    if project.jobs.iter().any(|job| job.kind != Kind::Prometheus) {
        return None;
    }
    let roots = project.documents.iter().filter_map(Document::root);
    let mut roots = roots.filter(|root| root.is_mapping());
    // It comes before the files that it names.
    let keys = ["scrape_configs", "scrape_config_files", "global"];
    roots.find(|root| keys.iter().any(|key| root.get(key).is_some()))
}

fn external_labels(
    source: &SourceText,
    root: Node<'_>,
    labels: &[(&str, &str)],
) -> Vec<Option<Edit>> {
    // Quoted always: a bare number is a label value to the server, but not to every tool.
    let shown = |value: &str| format!("'{value}'");
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    let written = format!("{{{}}}", pairs.join(", "));
    let filled = |node: &Node<'_>| node.is_mapping() && node.entries().len() > 0;
    let Some(global) = root.get("global").filter(filled) else {
        return vec![put(source, root, "global", &format!("{{external_labels: {written}}}"))];
    };
    let Some(old) = global.get("external_labels").filter(filled) else {
        return vec![put(source, global, "external_labels", &written)];
    };
    let edit = |&(name, value): &(&str, &str)| match old.get(name) {
        Some(node) if node.is_scalar() => Some(replace_scalar(source, node, value)),
        _ => append_key(source, old, name, &shown(value)),
    };
    labels.iter().map(edit).collect()
}

/// Gives a key a value, YAML on one line.
fn put(source: &SourceText, mapping: Node<'_>, key: &str, value: &str) -> Option<Edit> {
    let Some(field) = mapping.field(key).filter(|field| field.merged_by.is_none()) else {
        return append_key(source, mapping, key, value);
    };
    let start = field.key.span().end;
    let end = field.value.span().end.max(start + 1);
    let file = mapping.document().file();
    Some(Edit { file, span: Span { start, end }, text: format!(": {value}") })
}
