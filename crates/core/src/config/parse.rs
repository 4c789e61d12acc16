//! A configuration's text to a [`Project`] and what the server refuses of it.

use super::chain::{Place, read_chain};
use super::check::Walk;
use super::check_more::{check_headers, check_otlp};
use super::global::read_global;
use super::job::read_jobs;
use super::model::{Alertmanager, ChainKind, Located, Project, RemoteWrite};
use super::report::{INVALID_CONFIG, INVALID_RULE_FILE, Report, quoted};
use super::rules::read_rule_file;
use super::schema;
use crate::doc::{self, Node};
use crate::finding::{Finding, RuleId};
use crate::server::{KeyCase, NameScheme, Server};
use crate::text::{FileId, Location, SourceText};

/// Reads the main configuration file as `server` would.
///
/// The files it names are not read: [`Project::wanted_scrape_files`] and
/// [`Project::wanted_rule_files`] hold their patterns, and [`Project::add_scrape_file`] and
/// [`Project::add_rule_file`] take their texts.
pub fn parse(file: FileId, source: &SourceText, server: Server) -> (Project, Vec<Finding>) {
    let mut project = Project { server, ..Project::default() };
    let findings = project.read(file, source, INVALID_CONFIG, read_checked);
    (project, findings)
}

impl Project {
    /// Adds the jobs of a file that `scrape_config_files` names.
    pub fn add_scrape_file(&mut self, file: FileId, source: &SourceText) -> Vec<Finding> {
        self.read(file, source, INVALID_CONFIG, |project, root, report| {
            check_fields(project, root, "config.ScrapeConfigs", report);
            read_jobs(project, root, report);
        })
    }

    /// Adds a file that `rule_files` names.
    pub fn add_rule_file(&mut self, file: FileId, source: &SourceText) -> Vec<Finding> {
        self.read(file, source, INVALID_RULE_FILE, read_rules)
    }

    fn read(
        &mut self,
        file: FileId,
        source: &SourceText,
        rule: RuleId,
        then: impl FnOnce(&mut Self, Node<'_>, &mut Report<'_>),
    ) -> Vec<Finding> {
        let mut report = Report::new(source, rule);
        let mut parsed = doc::parse(source, file);
        // The server reads the first document only: a later one may be broken.
        if !parsed.documents.is_empty() {
            parsed.findings.clear();
        }
        let document = report.documents(parsed).into_iter().next().unwrap_or_default();
        if let Some(root) = document.root().filter(|root| !root.is_null()) {
            then(self, root, &mut report);
        }
        self.documents.push(document);
        report.findings
    }
}

/// Checks `node` along the field table of `type_name`.
pub(super) fn check_fields(
    project: &mut Project,
    node: Node<'_>,
    type_name: &'static str,
    report: &mut Report<'_>,
) {
    let schema = schema::of(project.server);
    let server = project.server;
    let names = if server.at_least(3, 0) { NameScheme::Utf8 } else { NameScheme::Legacy };
    let secrets = &mut project.secrets;
    Walk { schema: &schema, report, secrets, names, server }.check_struct(node, type_name);
}

/// Reads the groups of a rule file.
pub(super) fn read_rules(project: &mut Project, root: Node<'_>, report: &mut Report<'_>) {
    check_fields(project, root, "rulefmt.RuleGroups", report);
    let rules = read_rule_file(root, project.server, report);
    project.rule_files.push(rules);
}

/// With fewer nodes a file takes less time than handing it to threads.
const MANY_NODES: usize = 20_000;

/// Reads a whole configuration.
pub(super) fn read_checked(project: &mut Project, root: Node<'_>, report: &mut Report<'_>) {
    if root.document().len() < MANY_NODES {
        check_fields(project, root, "config.Config", report);
        return read_config(project, root, report);
    }
    let (mut checked, mut read) = (report.branch(), report.branch());
    let mut fields = Project { server: project.server, ..Project::default() };
    rayon::join(
        || check_fields(&mut fields, root, "config.Config", &mut checked),
        || read_config(project, root, &mut read),
    );
    project.secrets.extend(fields.secrets);
    report.findings.extend(checked.findings);
    report.findings.extend(read.findings);
}

/// Reads a configuration whose fields were checked, or are those of another product.
pub(super) fn read_config(project: &mut Project, root: Node<'_>, report: &mut Report<'_>) {
    read_global(project, root, report);
    project.wanted_rule_files.extend(files(root, "rule_files", "rule", report));
    let scrape_files = files(root, "scrape_config_files", "scrape config", report);
    project.wanted_scrape_files.extend(scrape_files);
    read_jobs(project, root, report);
    read_remotes(project, root, report);
    read_alerting(project, root, report);
    if let Some(otlp) = root.get("otlp") {
        check_otlp(otlp, report);
    }
}

fn files(root: Node<'_>, key: &str, what: &str, report: &mut Report<'_>) -> Vec<Located<String>> {
    let Some(list) = root.get(key) else { return Vec::new() };
    let mut files = Vec::new();
    for item in list.items().map(Node::resolved) {
        // `^[^*]*(\*[^/]*)?$`: a star only in the last element.
        if item.text().split_once('*').is_some_and(|(_, rest)| rest.contains('/')) {
            let message = format!("invalid {what} file path {}", quoted(item.text()));
            report.refuse(item.location(), message).remedy =
                Some("write `*` in the last element of the path only".to_owned());
        }
        files.push(Located::new(item.text().to_owned(), item.location()));
    }
    files
}

/// Reads `remote_write` and `remote_read` of `root`.
pub(super) fn read_remotes(project: &mut Project, root: Node<'_>, report: &mut Report<'_>) {
    for section in ["remote_write", "remote_read"] {
        let mut names: Vec<&str> = Vec::new();
        let items = root.get(section).into_iter().flat_map(Node::items);
        for (index, item) in items.enumerate().filter(|(_, item)| item.is_mapping()) {
            let name = item.get("name").map_or("", Node::text);
            if !name.is_empty() && names.contains(&name) {
                let what = section.replace('_', " ");
                let message =
                    format!("found multiple {what} configs with job name {}", quoted(name));
                report.refuse(item.location(), message);
            }
            names.push(name);
            check_headers(item, report);
            if section == "remote_write" {
                let path = format!("remote_write[{index}].write_relabel_configs");
                project.remote_writes.push(RemoteWrite {
                    name: (!name.is_empty()).then(|| name.to_owned()),
                    location: item.location(),
                    url: item.get("url").map_or("", Node::text).to_owned(),
                    write_chain: chain_of(
                        item,
                        "write_relabel_configs",
                        ChainKind::Write,
                        &path,
                        project,
                        report,
                    ),
                });
            }
        }
    }
    if let Some(tracing) = root.get("tracing") {
        check_headers(tracing, report);
    }
}

fn read_alerting(project: &mut Project, root: Node<'_>, report: &mut Report<'_>) {
    let Some(alerting) = root.get("alerting") else { return };
    let path = "alerting.alert_relabel_configs";
    let key = "alert_relabel_configs";
    project.alerting.alert_chain = chain_of(alerting, key, ChainKind::Alert, path, project, report);
    let managers = alerting.get("alertmanagers");
    for (index, item) in managers.into_iter().flat_map(Node::items).enumerate() {
        let at = |key: &str| format!("alerting.alertmanagers[{index}].{key}");
        let target = ChainKind::Alertmanager;
        let manager = Alertmanager {
            location: item.location(),
            target_chain: chain_of(
                item,
                "relabel_configs",
                target,
                &at("relabel_configs"),
                project,
                report,
            ),
            alert_chain: chain_of(item, key, ChainKind::Alert, &at(key), project, report),
        };
        super::job::check_static_addresses(item, report);
        project.alerting.alertmanagers.push(manager);
    }
}

fn chain_of(
    holder: Node<'_>,
    key: &str,
    kind: ChainKind,
    path: &str,
    project: &Project,
    report: &mut Report<'_>,
) -> super::model::Chain {
    let otherwise: Location = holder.location();
    let scheme = project.global.name_scheme;
    let path = format!("{}{path}", report.prefix);
    let (server, keys) = (project.server, KeyCase::Snake);
    let place = Place { kind, path, job: None, otherwise, server, scheme, keys, open: false };
    read_chain(holder.get(key), &place, report)
}
