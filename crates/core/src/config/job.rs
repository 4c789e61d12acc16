//! Scrape configs: jobs with their defaults, and what `ScrapeConfig`'s own code refuses.

use foldhash::HashMap;
use rayon::prelude::*;

use super::chain::{Place, read_chain};
use super::global::{
    ESCAPING, classic_histograms, limits, milliseconds, pairs, protocols, unknown_escaping,
    unknown_protocol,
};
use super::model::{Chain, ChainKind, Discovery, Job, Located, Project, StaticGroup};
use super::report::{Report, quoted};
use super::static_targets::check_relabeled_targets;
use super::values;
use crate::doc::Node;
use crate::finding::{Finding, Related};
use crate::server::{KeyCase, NameScheme, Server};

/// Reads `scrape_configs` of `root` into the project.
pub(super) fn read_jobs(project: &mut Project, root: Node<'_>, report: &mut Report<'_>) {
    if let Some(list) = root.get("scrape_configs") {
        read_job_list(project, list, report);
    }
}

/// Reads a list of scrape configs; names are unique among the jobs of one configuration.
pub(super) fn read_job_list(project: &mut Project, list: Node<'_>, report: &mut Report<'_>) {
    let same = project.jobs.iter().filter(|job| job.target_chain.path.starts_with(&report.prefix));
    let mut names: HashMap<String, crate::text::Location> =
        same.map(|job| (job.name.clone(), job.name_location)).collect();
    let items: Vec<Node<'_>> = list.items().filter(|item| item.is_mapping()).collect();
    let some = |items: &[Node<'_>]| read_some(items, project, report.branch());
    let read: Vec<_> = if items.len() > AT_ONCE {
        items.par_chunks(AT_ONCE).map(some).collect()
    } else {
        items.chunks(AT_ONCE).map(some).collect()
    };
    project.jobs.reserve(items.len());
    for (job, findings) in read.into_iter().flatten() {
        report.findings.extend(findings);
        if let Some(first) = names.insert(job.name.clone(), job.name_location)
            && !job.name.is_empty()
        {
            report.subject.job = Some(job.name.clone());
            let message =
                format!("found multiple scrape configs with job name {}", quoted(&job.name));
            let finding = report.refuse(job.name_location, message);
            finding.remedy = Some("give each scrape config a name of its own".to_owned());
            finding.related.push(Related { location: first, label: "first used here".to_owned() });
        }
        project.jobs.push(job);
        report.subject.job = None;
    }
}

/// So many jobs a thread reads at once.
const AT_ONCE: usize = 256;

/// Reads jobs, each with what is found in it.
fn read_some(
    items: &[Node<'_>],
    project: &Project,
    mut report: Report<'_>,
) -> Vec<(Job, Vec<Finding>)> {
    let mut one = |item: &Node<'_>| {
        report.subject.job = Some(item.get("job_name").map_or("", Node::text).to_owned());
        let job = read_job(item.resolved(), project, &mut report);
        (job, std::mem::take(&mut report.findings))
    };
    items.iter().map(&mut one).collect()
}

fn read_job(node: Node<'_>, project: &Project, report: &mut Report<'_>) -> Job {
    let text = |key: &str, default: &str| text_or(node, key, default);
    let flag = |key: &str, default: bool| match node.get(key).map(values::boolean) {
        Some(Ok(value)) => value.unwrap_or(false),
        _ => default,
    };
    let name = text("job_name", "");
    let name_location = node.get("job_name").map_or(node.location(), Node::location);
    if name.is_empty() {
        report.refuse(name_location, "job_name is empty").remedy =
            Some("write a `job_name`".to_owned());
    }
    let mut job = Job {
        location: node.location(),
        name_location,
        honor_labels: flag("honor_labels", false),
        honor_timestamps: flag("honor_timestamps", true),
        metrics_path: text("metrics_path", "/metrics"),
        scheme: text("scheme", "http"),
        params: params(node.get("params")),
        limits: limits(node),
        classic_histograms: classic_histograms(node, project.global.classic_histograms),
        name_scheme: project.global.name_scheme,
        static_targets: static_groups(node),
        discoveries: discoveries(node),
        name,
        ..Job::default()
    };
    read_times(node, &mut job, project, report);
    read_schemes(node, &mut job, project, report);
    check_protocols(node, &job, project.server, report);
    check_static_addresses(node, report);
    job.target_chain = chain(node, "relabel_configs", ChainKind::Target, &job, project, report);
    job.metric_chain =
        chain(node, "metric_relabel_configs", ChainKind::Metric, &job, project, report);
    check_relabeled_targets(&job, project.server, report);
    job
}

fn chain(
    node: Node<'_>,
    key: &str,
    kind: ChainKind,
    job: &Job,
    project: &Project,
    report: &mut Report<'_>,
) -> Chain {
    let place = Place {
        kind,
        path: format!("{}scrape_configs[job={}].{key}", report.prefix, job.name),
        job: Some(job.name.clone()),
        otherwise: job.location,
        server: project.server,
        scheme: job.name_scheme,
        keys: KeyCase::Snake,
        open: false,
    };
    read_chain(node.get(key), &place, report)
}

fn text_or(node: Node<'_>, key: &str, default: &str) -> String {
    match node.get(key).map(|value| values::string(value, "string")) {
        Some(Ok(text)) => text.unwrap_or_default(),
        _ => default.to_owned(),
    }
}

fn read_times(node: Node<'_>, job: &mut Job, project: &Project, report: &mut Report<'_>) {
    let own = |key: &str| milliseconds(node, key).filter(|&value| value > 0);
    let global = &project.global;
    job.interval_location = node.get("scrape_interval").map(Node::location);
    job.timeout_location = node.get("scrape_timeout").map(Node::location);
    job.scrape_interval = own("scrape_interval").unwrap_or(global.scrape_interval);
    let timeout = own("scrape_timeout");
    if timeout.is_some_and(|timeout| timeout > job.scrape_interval) {
        let message = format!(
            "scrape timeout greater than scrape interval for scrape config with job name {}",
            quoted(&job.name)
        );
        report.refuse(job.timeout_location.unwrap_or(job.location), message);
    }
    job.scrape_timeout = timeout.unwrap_or(global.scrape_timeout.min(job.scrape_interval));
}

fn read_schemes(node: Node<'_>, job: &mut Job, project: &Project, report: &mut Report<'_>) {
    let is_chosen = |value: &Node<'_>| !values::choice(*value).is_empty();
    let own = node.get("metric_name_validation_scheme").filter(is_chosen);
    match own.map(Node::text) {
        Some("legacy") => job.name_scheme = NameScheme::Legacy,
        Some("utf8") => job.name_scheme = NameScheme::Utf8,
        None => {}
        Some(other) => {
            let message = format!(
                "unknown scrape config name validation method specified, must be either 'legacy' \
                 or 'utf8', got {other}"
            );
            report.refuse(own.map_or(job.location, Node::location), message);
        }
    }
    if !project.server.at_least(3, 4) {
        return;
    }
    let written = node.get("metric_name_escaping_scheme").filter(is_chosen);
    let global = global_escaping(node, project);
    let escaping = written.map_or(global.as_str(), Node::text);
    let place = written.or(own).map_or(job.location, Node::location);
    if !ESCAPING.contains(&escaping) {
        if written.is_some() {
            // The server names the other scheme, by a slip of its own.
            let scheme = match job.name_scheme {
                NameScheme::Legacy => "legacy",
                NameScheme::Utf8 => "utf8",
            };
            report.refuse(place, unknown_escaping("scrape config", scheme));
        }
    } else if escaping == "allow-utf-8" && job.name_scheme == NameScheme::Legacy {
        // Since 3.7 a job's own `legacy` infers its escaping.
        if written.is_some() || !project.server.at_least(3, 7) {
            let message = "utf8 metric names requested but validation scheme is not set to UTF8";
            report.refuse(place, message).remedy =
                Some("add `metric_name_escaping_scheme: underscores`".to_owned());
        }
    }
}

fn global_escaping(node: Node<'_>, project: &Project) -> String {
    let root = node.document().root();
    let global = root.and_then(|root| root.get("global"));
    let written = global.and_then(|global| global.get("metric_name_escaping_scheme"));
    match (written.map_or("", values::choice), project.global.name_scheme) {
        ("", NameScheme::Legacy) => "underscores".to_owned(),
        ("", NameScheme::Utf8) => "allow-utf-8".to_owned(),
        (written, _) => written.to_owned(),
    }
}

fn check_protocols(node: Node<'_>, job: &Job, server: Server, report: &mut Report<'_>) {
    if let Some(words) = protocols(node, server) {
        let message =
            format!("{} for scrape config with job name {}", words.value, quoted(&job.name));
        report.refuse(words.location, message);
    }
    let Some(fallback) = node.get("fallback_scrape_protocol") else { return };
    let text = values::choice(fallback);
    if let Some(words) = unknown_protocol(text, server).filter(|_| !text.is_empty()) {
        let message = format!(
            "invalid fallback_scrape_protocol for scrape config with job name {}: {words}",
            quoted(&job.name)
        );
        report.refuse(fallback.location(), message);
    }
}

/// A static target may hold no `/`: at once without `relabel_configs`; with them the server looks
/// at what they make of it.
pub(super) fn check_static_addresses(node: Node<'_>, report: &mut Report<'_>) {
    if node.get("relabel_configs").is_some_and(|steps| steps.items().len() > 0) {
        return;
    }
    let groups = node.get("static_configs").into_iter().flat_map(Node::items);
    let targets = groups.filter_map(|group| group.get("targets")).flat_map(Node::items);
    for target in targets.map(Node::resolved).filter(|target| !target.is_unknown()) {
        if target.text().contains('/') {
            let message = format!("{} is not a valid hostname", quoted(target.text()));
            report.refuse(target.location(), message).remedy = Some(
                "write `host:port`; the path goes into `metrics_path`, the scheme into `scheme`"
                    .to_owned(),
            );
        }
    }
}

fn params(node: Option<Node<'_>>) -> Vec<(String, Vec<String>)> {
    let fields = node.map(Node::fields).unwrap_or_default();
    let texts =
        |node: Node<'_>| node.items().map(|item| item.resolved().text().to_owned()).collect();
    fields.iter().map(|f| (f.key.resolved().text().to_owned(), texts(f.value))).collect()
}

fn static_groups(node: Node<'_>) -> Vec<StaticGroup> {
    let groups = node.get("static_configs").into_iter().flat_map(Node::items);
    let located = |item: Node<'_>| {
        let item = item.resolved();
        Located::new(item.text().to_owned(), item.location())
    };
    let group = |group: Node<'_>| StaticGroup {
        location: group.location(),
        targets: group.get("targets").into_iter().flat_map(Node::items).map(located).collect(),
        labels: pairs(group.get("labels")),
    };
    groups.map(group).collect()
}

fn discoveries(node: Node<'_>) -> Vec<Discovery> {
    let mut found = Vec::new();
    for field in node.fields() {
        let kind = field.key.resolved().text();
        if !kind.ends_with("_sd_configs") {
            continue;
        }
        found.extend(field.value.items().map(|item| Discovery {
            kind: kind.to_owned(),
            location: item.location(),
            role: item.get("role").map(|role| role.text().to_owned()),
        }));
    }
    found
}
