//! Prometheus's own shape of a configuration, as Prometheus itself and vmagent read it, and lists of
//! scrape configs that stand in other files.

use super::{Kind, Reading};
use crate::config::chain::{Place, read_chain};
use crate::config::check::Walk;
use crate::config::job::read_job_list;
use crate::config::model::{Chain, ChainKind, Job};
use crate::config::parse::{read_checked, read_config};
use crate::config::report::INVALID_STEP;
use crate::config::schema::{self, Type};
use crate::doc::Node;
use crate::server::{KeyCase, NameScheme};

/// Reads a configuration of Prometheus, or a list of scrape configs that something adds to one.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_, '_>) {
    if root.is_sequence() {
        return read_list(root, "", reading);
    }
    let first = reading.project.jobs.len();
    read_checked(reading.project, root, reading.report);
    mark_jobs(first, reading);
}

/// Reads a configuration of vmagent: of its own fields only the relabel rules are looked at.
pub(super) fn read_victoria(root: Node<'_>, reading: &mut Reading<'_, '_>) {
    if root.items().any(|item| item.get("job_name").is_some()) {
        return read_list(root, "", reading);
    }
    if root.is_sequence() {
        return super::relabel_list::read(root, reading);
    }
    if root.get("scrape_configs").or(root.get("global")).is_none() {
        return super::values::read(root, reading);
    }
    let before = reading.report.findings.len();
    let first = reading.project.jobs.len();
    read_config(reading.project, root, reading.report);
    mark_jobs(first, reading);
    keep_steps(before, reading);
    let global = root.get("global");
    for holder in [Some(root), global].into_iter().flatten() {
        let target = holder.field("relabel_configs").map(|field| field.value);
        let metric = holder.field("metric_relabel_configs").map(|field| field.value);
        if target.is_some() || metric.is_some() {
            let name = holder.path();
            reading.fragment(name, holder, KeyCase::Snake, target, metric);
        }
    }
}

/// Reads a list of scrape configs that stands at `prefix`.
pub(super) fn read_list(list: Node<'_>, prefix: &str, reading: &mut Reading<'_, '_>) {
    if !list.is_sequence() {
        return;
    }
    let first = reading.project.jobs.len();
    if reading.project.global.scrape_interval == 0 {
        reading.project.global.scrape_interval = 60_000;
        reading.project.global.scrape_timeout = 10_000;
    }
    let outer = std::mem::replace(&mut reading.report.prefix, prefix.to_owned());
    let before = reading.report.findings.len();
    if reading.kind == Kind::VmAgent {
        read_job_list(reading.project, list, reading.report);
        keep_steps(before, reading);
    } else {
        check_list(list, reading);
        read_job_list(reading.project, list, reading.report);
    }
    reading.report.prefix = outer;
    mark_jobs(first, reading);
}

fn check_list(list: Node<'_>, reading: &mut Reading<'_, '_>) {
    let server = reading.project.server;
    let names = if server.at_least(3, 0) { NameScheme::Utf8 } else { NameScheme::Legacy };
    let (report, secrets) = (&mut *reading.report, &mut reading.project.secrets);
    let schema = schema::of(server);
    let mut walk = Walk { schema: &schema, report, secrets, names, server };
    walk.check_list(list, &Type::Struct("config.ScrapeConfig"), "scrape_configs");
}

/// What another product says of fields of its own is not known here.
fn keep_steps(before: usize, reading: &mut Reading<'_, '_>) {
    let mut rest = reading.report.findings.split_off(before);
    rest.retain(|finding| finding.rule == INVALID_STEP);
    reading.report.findings.append(&mut rest);
}

fn mark_jobs(first: usize, reading: &mut Reading<'_, '_>) {
    for job in &mut reading.project.jobs[first..] {
        job.kind = reading.kind;
    }
}

impl Reading<'_, '_> {
    /// A chain that stands somewhere in a file, with others around it that are not written there.
    pub(super) fn chain(
        &mut self,
        kind: ChainKind,
        keys: KeyCase,
        job: Option<&str>,
        holder: Node<'_>,
        list: Option<Node<'_>>,
    ) -> Chain {
        let path = list.map_or_else(String::new, Node::path);
        let server = self.project.server;
        let scheme = self.project.global.name_scheme;
        let place = Place {
            kind,
            path: format!("{}{path}", self.report.prefix),
            job: job.map(str::to_owned),
            otherwise: holder.location(),
            server,
            scheme: if server.at_least(3, 0) { scheme } else { NameScheme::Legacy },
            keys,
            open: true,
        };
        read_chain(list, &place, self.report)
    }

    /// Adds a job of which nothing is known but its chains, and gives it to be completed.
    pub(super) fn fragment(
        &mut self,
        name: String,
        holder: Node<'_>,
        keys: KeyCase,
        target: Option<Node<'_>>,
        metric: Option<Node<'_>>,
    ) -> &mut Job {
        let target_chain = self.chain(ChainKind::Target, keys, Some(&name), holder, target);
        let metric_chain = self.chain(ChainKind::Metric, keys, Some(&name), holder, metric);
        self.project.jobs.push(Job {
            kind: self.kind,
            name,
            location: holder.location(),
            name_location: holder.location(),
            honor_timestamps: true,
            metrics_path: "/metrics".to_owned(),
            scheme: "http".to_owned(),
            name_scheme: self.project.global.name_scheme,
            target_chain,
            metric_chain,
            ..Job::default()
        });
        // Pushed the line before.
        self.project.jobs.last_mut().expect("a job was just pushed")
    }
}
