//! Grafana Alloy's own syntax: components that refer to each other become jobs with their chains.
//!
//! Every `prometheus.scrape` is a job. `discovery.relabel` before it and `prometheus.relabel` behind
//! it are its chains where they serve no other component; one that is shared, or whose surroundings
//! are not in the file, is a job of its own without targets. So each rule stands in one chain.

mod check;
mod graph;
mod jobs;
mod schema;
mod step;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

use super::Kind;
use crate::config::model::{Job, Project};
use crate::config::report::Report;
use crate::doc::{Node, NodeKind, parse_alloy};
use crate::finding::{Finding, Related};
use crate::text::{FileId, SourceText};
use graph::{Part, Scope};

/// Adds what a file holds.
pub(super) fn add(project: &mut Project, file: FileId, source: &SourceText) -> Vec<Finding> {
    let mut report = Report::new(source, Kind::Alloy.rule());
    report.harm = Kind::Alloy.harm();
    let (document, mistakes) = parse_alloy(source, file);
    for mut finding in mistakes {
        finding.rule = report.rule;
        finding.consequence = Some(report.consequence().to_owned());
        report.findings.push(finding);
    }
    if project.global.scrape_interval == 0 {
        (project.global.scrape_interval, project.global.scrape_timeout) = (60_000, 10_000);
    }
    if let Some(root) = document.root() {
        check::hide_secrets(root, project);
        let mut reader = Reader { project, report: &mut report, jobs: Vec::new() };
        reader.scope(root);
        let mut jobs = reader.jobs;
        jobs.sort_by_key(|job| job.location);
        project.jobs.append(&mut jobs);
    }
    project.documents.push(document);
    report.findings
}

/// What is filled while a file is read.
struct Reader<'r, 's> {
    project: &'r mut Project,
    report: &'r mut Report<'s>,
    jobs: Vec<Job>,
}

impl Reader<'_, '_> {
    /// Reads the blocks of a file, of a `declare` or of the template of a `foreach`: names are
    /// known within.
    fn scope(&mut self, body: Node<'_>) {
        let scope = Scope::of(body);
        self.check_names(&scope);
        for part in &scope.parts {
            match part.name {
                "declare" => self.scope(part.body),
                "foreach" => {
                    let inner = part.body.entries().filter(|(key, _)| key.text() == "template");
                    inner.for_each(|(_, template)| self.scope(template));
                }
                name => {
                    if let Some(fields) = schema::component(name) {
                        check::body(part.key, part.body, fields, self.report);
                    }
                }
            }
        }
        self.jobs(&scope);
    }

    /// Components have labels, and no two have the same.
    fn check_names(&mut self, scope: &Scope<'_>) {
        let mut first: BTreeMap<&str, &Part<'_>> = BTreeMap::new();
        for part in scope.parts.iter().filter(|part| schema::component(part.name).is_some()) {
            let at = part.key.location();
            if part.label.is_none() {
                let words = format!("component \"{}\" must have a label", part.name);
                self.report.refuse(at, words).remedy =
                    Some(format!("write `{} \"name\"`", part.name));
            } else if let Some(other) = first.get(part.id.as_str()) {
                let line = self.report.source.position(other.key.span().start).line;
                let words = format!("block {} already declared at line {line}", part.id);
                let finding = self.report.refuse(at, words);
                let label = "first declared here".to_owned();
                finding.related.push(Related { location: other.key.location(), label });
            }
            first.entry(&part.id).or_insert(part);
        }
    }
}

/// Every scalar below a node, with the key that it stands under.
fn scalars<'d>(node: Node<'d>, key: &str, each: &mut impl FnMut(&str, Node<'d>)) {
    match node.kind() {
        NodeKind::Mapping => {
            node.entries().for_each(|(key, value)| scalars(value, key.text(), each));
        }
        NodeKind::Sequence => node.items().for_each(|item| scalars(item, key, each)),
        NodeKind::Scalar | NodeKind::Alias => each(key, node),
    }
}
