//! Components to jobs, remote writes and their chains.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use super::graph::{Part, Scope, attribute};
use super::step::ChainAt;
use super::values::{self, Misfit};
use crate::config::kinds::Kind;
use crate::config::model::{
    Chain, ChainKind, ClassicHistograms, Discovery, Job, Limits, Located, RemoteWrite, StaticGroup,
};
use crate::doc::{Node, references};
use crate::server::NameScheme;
use crate::text::Location;

const SCRAPE: &str = "prometheus.scrape";
const TARGETS: &str = "discovery.relabel";
const SAMPLES: &str = "prometheus.relabel";

impl Reader<'_, '_> {
    /// Adds the jobs and remote writes of a scope.
    pub(super) fn jobs(&mut self, scope: &Scope<'_>) {
        let rows = Rows::of(scope);
        for (index, part) in scope.parts.iter().enumerate() {
            match part.name {
                SCRAPE => {
                    let target = rows.before(index);
                    let metric = rows.behind(index);
                    let mut job = self.scrape(scope, part, target);
                    job.target_chain = self.chain(scope, ChainKind::Target, target, &job);
                    job.metric_chain = self.chain(scope, ChainKind::Metric, metric, &job);
                    self.jobs.push(job);
                }
                "prometheus.remote_write" => self.remote_write(part),
                name if name.starts_with("prometheus.operator.") => {
                    let mut job = bare(part);
                    job.target_chain = self.chain(scope, ChainKind::Target, &[index], &job);
                    job.target_chain.open = true;
                    self.jobs.push(job);
                }
                _ => {}
            }
        }
        self.fragments(scope, &rows);
    }

    /// Jobs for the rows that belong to no scrape alone.
    fn fragments(&mut self, scope: &Scope<'_>, rows: &Rows) {
        for row in Rows::rest(&rows.target, &rows.before) {
            let head = &scope.parts[row[0]];
            let mut job = bare(head);
            sources(scope, head.attribute("targets"), &mut job);
            job.target_chain = self.chain(scope, ChainKind::Target, row, &job);
            job.target_chain.open = true;
            self.jobs.push(job);
        }
        for row in Rows::rest(&rows.metric, &rows.behind) {
            let mut job = bare(&scope.parts[row[0]]);
            job.metric_chain = self.chain(scope, ChainKind::Metric, row, &job);
            job.metric_chain.open = true;
            self.jobs.push(job);
        }
    }

    fn chain(&mut self, scope: &Scope<'_>, kind: ChainKind, row: &[usize], job: &Job) -> Chain {
        let parts: Vec<&Part<'_>> = row.iter().map(|index| &scope.parts[*index]).collect();
        let bodies: Vec<Node<'_>> = parts.iter().map(|part| part.body).collect();
        let ids: Vec<&str> = parts.iter().map(|part| part.id.as_str()).collect();
        let path = ids.join(" -> ");
        let place = ChainAt { kind, path, job: Some(&job.name), otherwise: job.location };
        self.steps(place, &bodies, "rule")
    }

    fn scrape(&mut self, scope: &Scope<'_>, part: &Part<'_>, target: &[usize]) -> Job {
        let known = |name: &str| part.attribute(name).filter(|node| !node.is_unknown());
        let text = |name: &str| known(name).and_then(|node| values::text(node).ok().flatten());
        let flag = |name: &str| known(name).and_then(|node| values::boolean(node).ok().flatten());
        let time = |name: &str| known(name).and_then(|node| values::duration(node).ok().flatten());
        let mut job = bare(part);
        if let Some(name) = text("job_name").filter(|name| !name.is_empty()) {
            job.name = name;
            job.name_location = part.attribute("job_name").map_or(job.location, Node::location);
        }
        job.honor_labels = flag("honor_labels").unwrap_or(false);
        job.honor_timestamps = flag("honor_timestamps").unwrap_or(true);
        job.scrape_interval = time("scrape_interval").unwrap_or(60_000);
        job.scrape_timeout = time("scrape_timeout").unwrap_or(10_000);
        job.interval_location = part.attribute("scrape_interval").map(Node::location);
        job.timeout_location = part.attribute("scrape_timeout").map(Node::location);
        job.metrics_path = text("metrics_path").unwrap_or_else(|| "/metrics".to_owned());
        job.scheme = text("scheme").unwrap_or_else(|| "http".to_owned());
        job.params = params(part.attribute("params"));
        job.limits = limits(part);
        job.classic_histograms = ClassicHistograms {
            to_nhcb: flag("convert_classic_histograms_to_nhcb").unwrap_or(false),
            keep: flag("scrape_classic_histograms").unwrap_or(false),
        };
        if text("metric_name_validation_scheme").as_deref() == Some("utf8") {
            job.name_scheme = NameScheme::Utf8;
        }
        let head = target.first().map_or(part, |head| &scope.parts[*head]);
        sources(scope, head.attribute("targets"), &mut job);
        self.check_times(part, &job);
        job
    }

    /// What Alloy says of a timeout beyond the interval.
    fn check_times(&mut self, part: &Part<'_>, job: &Job) {
        let is_known = |name: &str| part.attribute(name).is_none_or(|node| !node.is_unknown());
        let is_too_long = job.scrape_timeout > job.scrape_interval;
        if is_too_long && is_known("scrape_interval") && is_known("scrape_timeout") {
            let words = format!(
                "scrape_timeout ({}ms) greater than scrape_interval ({}ms) for scrape config with \
                 job name \"{}\"",
                job.scrape_timeout, job.scrape_interval, job.name
            );
            let at = job.timeout_location.or(job.interval_location).unwrap_or(job.location);
            self.report.refuse(at, words).remedy =
                Some("write a `scrape_timeout` of at most the `scrape_interval`".to_owned());
        }
    }

    fn remote_write(&mut self, part: &Part<'_>) {
        let external = part.attribute("external_labels").map(pairs).unwrap_or_default();
        self.project.global.external_labels.extend(external);
        for (key, endpoint) in part.body.entries().filter(|(key, _)| key.text() == "endpoint") {
            if !endpoint.is_block() {
                continue;
            }
            let text = |name: &str| {
                let node = attribute(endpoint, name).filter(|node| !node.is_unknown());
                node.and_then(|node| values::text(node).ok().flatten())
            };
            let location = whole(key, endpoint);
            let path = format!("{}.endpoint", part.id);
            let place = ChainAt { kind: ChainKind::Write, path, job: None, otherwise: location };
            let write_chain = self.steps(place, &[endpoint], "write_relabel_config");
            let (name, url) = (text("name"), text("url").unwrap_or_default());
            self.project.remote_writes.push(RemoteWrite { name, location, url, write_chain });
        }
    }
}

/// The rows of relabel components, by what they relabel, and which belong to one scrape alone.
struct Rows {
    target: Vec<Vec<usize>>,
    metric: Vec<Vec<usize>>,
    /// By scrape, the place of its row in `target`.
    before: BTreeMap<usize, usize>,
    /// By scrape, the place of its row in `metric`.
    behind: BTreeMap<usize, usize>,
}

impl Rows {
    fn of(scope: &Scope<'_>) -> Self {
        let only_user = |index: usize| scope.only_user(index);
        let target = scope.rows(TARGETS, only_user, |index| targets_of(scope, index));
        let metric = scope.rows(SAMPLES, |index| receiver_of(scope, index), only_user);
        let is_scrape = |index: &usize| scope.parts[*index].name == SCRAPE;
        let scraped = |row: &Vec<usize>| {
            let scrape = scope.only_user(*row.last()?).filter(is_scrape)?;
            (targets_of(scope, scrape).as_ref() == row.last()).then_some(scrape)
        };
        let fed = |row: &Vec<usize>| {
            let scrape = scope.only_user(*row.first()?).filter(is_scrape)?;
            (receiver_of(scope, scrape).as_ref() == row.first()).then_some(scrape)
        };
        let of = |(at, scrape): (usize, Option<usize>)| Some((scrape?, at));
        let before = target.iter().map(scraped).enumerate().filter_map(of).collect();
        let behind = metric.iter().map(fed).enumerate().filter_map(of).collect();
        Self { target, metric, before, behind }
    }

    /// The row whose targets a scrape takes.
    fn before(&self, scrape: usize) -> &[usize] {
        self.before.get(&scrape).map_or(&[], |at| &self.target[*at])
    }

    /// The row that takes the samples of a scrape.
    fn behind(&self, scrape: usize) -> &[usize] {
        self.behind.get(&scrape).map_or(&[], |at| &self.metric[*at])
    }

    /// The rows that belong to no scrape alone.
    fn rest<'r>(
        rows: &'r [Vec<usize>],
        taken: &BTreeMap<usize, usize>,
    ) -> impl Iterator<Item = &'r Vec<usize>> {
        let taken: BTreeSet<usize> = taken.values().copied().collect();
        rows.iter().enumerate().filter(move |(at, _)| !taken.contains(at)).map(|(_, row)| row)
    }
}

/// The component whose relabeled targets are all that a component takes.
fn targets_of(scope: &Scope<'_>, index: usize) -> Option<usize> {
    scope.plainly(scope.parts[index].attribute("targets"), "output")
}

/// The component that a component sends its samples to, if it is one.
fn receiver_of(scope: &Scope<'_>, index: usize) -> Option<usize> {
    scope.plainly(scope.parts[index].attribute("forward_to"), "receiver")
}

/// A job of which nothing is known but where it is.
fn bare(part: &Part<'_>) -> Job {
    let location = whole(part.key, part.body);
    Job {
        kind: Kind::Alloy,
        name: part.id.clone(),
        location,
        name_location: part.key.location(),
        honor_timestamps: true,
        metrics_path: "/metrics".to_owned(),
        scheme: "http".to_owned(),
        name_scheme: NameScheme::Legacy,
        ..Job::default()
    }
}

/// A statement from its key to its end.
pub(super) fn whole(key: Node<'_>, value: Node<'_>) -> Location {
    Location { file: key.location().file, span: key.span().join(value.span()) }
}

/// Where the targets of a job come from. What is not known is a discovery that no catalogue has.
fn sources(scope: &Scope<'_>, targets: Option<Node<'_>>, job: &mut Job) {
    let Some(targets) = targets else { return };
    if targets.is_sequence() {
        for item in targets.items() {
            if item.is_mapping() {
                job.static_targets.push(group(item));
            } else {
                sources(scope, Some(item), job);
            }
        }
        return;
    }
    let text = targets.text();
    let is_joined = text.starts_with("array.concat(") || text.starts_with("concat(");
    let names = references(text);
    let is_plain = names.first().is_some_and(|name| names.len() == 1 && name == text);
    if !is_joined && !is_plain || names.is_empty() {
        return job.discoveries.push(unknown(text, targets));
    }
    for name in names {
        let found = scope.find(&name).map(|(index, export)| (&scope.parts[index], export));
        job.discoveries.push(match found {
            Some((part, "targets")) if part.name.starts_with("discovery.") => discovery(part),
            _ => unknown(&name, targets),
        });
    }
    if is_joined && text.contains('{') {
        job.discoveries.push(unknown(text, targets));
    }
}

fn unknown(text: &str, node: Node<'_>) -> Discovery {
    Discovery { kind: text.to_owned(), location: node.location(), role: None }
}

/// A `discovery.kubernetes` by the name that Prometheus's configuration has for it.
fn discovery(part: &Part<'_>) -> Discovery {
    let kind = part.name.trim_start_matches("discovery.");
    let role = part.attribute("role").filter(|node| !node.is_unknown());
    Discovery {
        kind: format!("{kind}_sd_configs"),
        location: whole(part.key, part.body),
        role: role.map(|role| role.text().to_owned()),
    }
}

/// A target that is written out.
fn group(target: Node<'_>) -> StaticGroup {
    let (address, labels) =
        pairs(target).into_iter().partition::<Vec<_>, _>(|(name, _)| name.value == "__address__");
    let targets = address.into_iter().map(|(_, value)| value).collect();
    StaticGroup { location: target.location(), targets, labels }
}

/// The fields of an object whose values are known.
fn pairs(object: Node<'_>) -> Vec<(Located<String>, Located<String>)> {
    let known = object.entries().filter(|(_, value)| !value.is_unknown());
    known
        .filter_map(|(key, value)| {
            let text = values::text(value).ok().flatten()?;
            let key = Located::new(key.text().to_owned(), key.location());
            Some((key, Located::new(text, value.location())))
        })
        .collect()
}

fn params(object: Option<Node<'_>>) -> Vec<(String, Vec<String>)> {
    let entries = object.into_iter().flat_map(Node::entries);
    let texts = |list: Node<'_>| list.items().map(|item| item.text().to_owned()).collect();
    entries.map(|(key, list)| (key.text().to_owned(), texts(list))).collect()
}

fn limits(part: &Part<'_>) -> Limits {
    let limit = |name: &str| {
        let node = part.attribute(name).filter(|node| !node.is_unknown())?;
        let value: Result<Option<u64>, Misfit> = values::unsigned(node);
        Some(Located::new(value.ok().flatten()?, node.location()))
    };
    Limits {
        sample: limit("sample_limit"),
        label: limit("label_limit"),
        label_name_length: limit("label_name_length_limit"),
        label_value_length: limit("label_value_length_limit"),
        target: limit("target_limit"),
        body_size: None,
        keep_dropped: None,
    }
}
