//! The kinds of files in which relabel rules live, one file each: what they are called, who reads
//! them, and the one entry that reads any of them.
//!
//! To take one away, delete its file and the lines that name it here and in `sniff`.

mod agent;
mod alloy;
mod embedded;
mod lines;
mod native;
mod operator;
mod otel;
mod relabel_list;
mod sniff;
mod values;

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;

use super::model::Project;
use super::parse::read_rules;
use super::report::{INVALID_CONFIG, INVALID_RULE_FILE, INVALID_STEP, Report};
use crate::doc::{self, Document, Node, Placeholder};
use crate::finding::{Finding, RuleId};
use crate::server::{Product, Server};
use crate::text::{FileId, SourceText};

pub use sniff::sniff;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Kind {
    /// Prometheus's own configuration, or a `ConfigMap` with one.
    #[default]
    Prometheus,
    /// Recording and alerting rules.
    Rules,
    /// Resources of the Prometheus operator.
    Operator,
    /// Values of a Helm chart, or a resource that carries them.
    Values,
    /// A scrape configuration of vmagent.
    VmAgent,
    /// An OpenTelemetry collector with a Prometheus receiver, or its target allocator.
    Otel,
    /// Grafana Agent in static mode.
    Agent,
    /// Grafana Alloy's own syntax, which Grafana Agent has in flow mode too.
    Alloy,
    /// A bare list of relabel configs.
    Relabel,
    /// A bare list of relabel configs that selects blocks for Thanos.
    Thanos,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Prometheus,
        Self::Rules,
        Self::Operator,
        Self::Values,
        Self::VmAgent,
        Self::Otel,
        Self::Agent,
        Self::Alloy,
        Self::Relabel,
        Self::Thanos,
    ];

    /// Its name in `--kind`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Rules => "rules",
            Self::Operator => "operator",
            Self::Values => "values",
            Self::VmAgent => "vmagent",
            Self::Otel => "otel",
            Self::Agent => "agent",
            Self::Alloy => "alloy",
            Self::Relabel => "relabel",
            Self::Thanos => "thanos",
        }
    }

    /// What it is, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Prometheus => "a Prometheus configuration",
            Self::Rules => "a rule file",
            Self::Operator => "resources of the Prometheus operator",
            Self::Values => "Helm values",
            Self::VmAgent => "a vmagent configuration",
            Self::Otel => "an OpenTelemetry collector configuration",
            Self::Agent => "a Grafana Agent configuration",
            Self::Alloy => "a Grafana Alloy configuration",
            Self::Relabel => "a list of relabel configs",
            Self::Thanos => "a list of relabel configs for Thanos",
        }
    }

    /// Whether something that is not in the file adds to what it says: an operator, a chart.
    pub fn is_partial(self) -> bool {
        matches!(self, Self::Operator | Self::Values | Self::Relabel | Self::Thanos)
    }

    /// The server that reads a file of this kind when the user asks for `asked`: the same release
    /// of Prometheus, inside the product that belongs to the kind.
    pub fn server(self, asked: Server) -> Server {
        let own = match self {
            Self::Operator | Self::Values => Product::Operator,
            Self::VmAgent => Product::VmAgent,
            Self::Otel => Product::Otel,
            Self::Alloy => Product::Alloy,
            Self::Relabel => return asked,
            Self::Prometheus if asked.product == Product::VmAgent => return asked,
            Self::Prometheus | Self::Rules | Self::Agent | Self::Thanos => Product::Prometheus,
        };
        if asked.product == own {
            return asked;
        }
        match own {
            Product::Prometheus => Server::new(own, asked.prometheus_release()),
            Product::Operator => Server::newest(own).with_prometheus(asked.prometheus_release()),
            _ => Server::newest(own),
        }
    }

    fn rule(self) -> RuleId {
        match self {
            Self::Rules => INVALID_RULE_FILE,
            Self::Relabel | Self::Thanos => INVALID_STEP,
            _ => INVALID_CONFIG,
        }
    }

    fn harm(self) -> Option<String> {
        let harm = match self {
            Self::Prometheus | Self::Rules => return None,
            Self::Operator => "the operator rejects the whole resource",
            Self::Values => "the resource that the chart makes of it is rejected",
            Self::VmAgent => "vmagent refuses to start or to reload with this file",
            Self::Otel => "the collector refuses to start with this configuration",
            Self::Agent => "the agent refuses to start or to reload with this file",
            Self::Alloy => "Alloy refuses to start or to reload with this file",
            Self::Relabel => "what reads this list refuses to start or to reload",
            Self::Thanos => "Thanos refuses to start with this list",
        };
        Some(harm.to_owned())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{text}` is no kind: write one of {}", known()))
    }
}

/// What a reader fills.
struct Reading<'a, 's> {
    kind: Kind,
    project: &'a mut Project,
    report: &'a mut Report<'s>,
}

/// Reads a file of `kind` for the server that belongs to it when `asked` is asked for.
pub fn read(
    kind: Kind,
    file: FileId,
    source: &SourceText,
    asked: Server,
) -> (Project, Vec<Finding>) {
    let mut project = Project { server: kind.server(asked), ..Project::default() };
    let findings = project.add(kind, file, source);
    (project, findings)
}

impl Project {
    /// Adds what a file holds of `kind`; what it holds of other kinds is left alone.
    pub fn add(&mut self, kind: Kind, file: FileId, source: &SourceText) -> Vec<Finding> {
        if kind == Kind::Alloy {
            return alloy::add(self, file, source);
        }
        self.add_parsed(kind, source, doc::parse(source, file))
    }

    /// Adds what several files hold of `kind`, in their order, as [`Project::add`] does, but parses
    /// them side by side. Files of the operator's resources make one project so.
    pub fn add_all(&mut self, kind: Kind, files: &[(FileId, &SourceText)]) -> Vec<Finding> {
        // Starting threads takes longer than one small file, and Alloy's files are never joined.
        if files.len() < 2 || kind == Kind::Alloy {
            return files.iter().flat_map(|(file, source)| self.add(kind, *file, source)).collect();
        }
        let parsed: Vec<_> =
            files.par_iter().map(|(file, source)| doc::parse(source, *file)).collect();
        let each = files.iter().zip(parsed);
        each.flat_map(|((_, source), parsed)| self.add_parsed(kind, source, parsed)).collect()
    }

    fn add_parsed(
        &mut self,
        kind: Kind,
        source: &SourceText,
        mut parsed: doc::Parsed,
    ) -> Vec<Finding> {
        let mut report = Report::new(source, kind.rule());
        report.harm = kind.harm();
        let is_stream = parsed.documents.len() > 1 || parsed.documents.iter().any(is_resource);
        if !is_stream && !parsed.documents.is_empty() {
            parsed.findings.clear();
        }
        for mut document in report.documents(parsed) {
            if document.root().is_none_or(Node::is_null) {
                self.documents.push(document);
                continue;
            }
            prepare(kind, &mut document);
            let mut reading = Reading { kind, project: self, report: &mut report };
            let is_ours = reading.document(&document);
            if is_ours {
                self.documents.push(document);
            }
            if !is_stream {
                break;
            }
        }
        report.findings
    }
}

impl Reading<'_, '_> {
    /// Reads a document; whether it is of this kind.
    fn document(&mut self, document: &Document) -> bool {
        let Some(root) = document.root() else { return false };
        let is_own = match sniff::resource(root) {
            None => true,
            Some(sniff::Resource::Of(kind)) => kind == self.kind,
            Some(sniff::Resource::Carrier) => self.kind == Kind::Values,
            Some(sniff::Resource::Other) => false,
        };
        if is_own {
            self.root(root);
            return true;
        }
        embedded::read(root, self)
    }

    /// Reads a tree that is of this kind.
    fn root(&mut self, root: Node<'_>) {
        match self.kind {
            Kind::Prometheus => native::read(root, self),
            Kind::Rules => read_rules(self.project, root, self.report),
            Kind::Operator => operator::read(root, self),
            Kind::Values => values::read(root, self),
            Kind::VmAgent => native::read_victoria(root, self),
            Kind::Otel => otel::read(root, self),
            Kind::Agent => agent::read(root, self),
            // It has a syntax of its own: no tree of YAML is one.
            Kind::Alloy => {}
            Kind::Relabel | Kind::Thanos => relabel_list::read(root, self),
        }
    }
}

fn is_resource(document: &Document) -> bool {
    document.root().is_some_and(|root| sniff::resource(root).is_some())
}

/// What happens to the text of scalars before anything else.
fn prepare(kind: Kind, document: &mut Document) {
    document.mark(Placeholder::Parentheses);
    if matches!(kind, Kind::Values | Kind::Otel) {
        document.mark(Placeholder::Backquotes);
    }
    match kind {
        Kind::Operator | Kind::Values => document.mark(Placeholder::Template),
        Kind::VmAgent => document.mark(Placeholder::Percent),
        Kind::Otel if document.root().is_some_and(otel::is_expanded) => {
            document.mark(Placeholder::Braces);
            document.halve_dollars();
        }
        Kind::Agent => document.mark(Placeholder::Braces),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfiguredStep;
    use crate::relabel::Field;

    /// Each chain's steps as the server sees them, `?` for one that it cannot; and what is found.
    fn chains(text: &str) -> (Vec<String>, Vec<String>) {
        let source = SourceText::new("a.yaml", text.to_owned());
        let kinds = sniff(text);
        let kind = *kinds.first().expect("it is of a kind");
        let (project, found) = read(kind, FileId::default(), &source, Server::default());
        let written = project.chains().filter(|(_, chain)| chain.written);
        let step = |step: &ConfiguredStep| match (&step.step, &step.raw.replacement) {
            (None, _) => "?".to_owned(),
            (Some(_), Field::Set(replacement)) => replacement.clone(),
            (Some(_), _) => "$1".to_owned(),
        };
        let steps =
            written.map(|(_, chain)| chain.steps.iter().map(step).collect::<Vec<_>>().join(" "));
        (steps.collect(), found.into_iter().map(|finding| finding.message).collect())
    }

    #[track_caller]
    fn check(text: &str, wanted: &[&str]) {
        let (steps, found) = chains(text);
        assert_eq!(steps, wanted, "{text}");
        assert_eq!(found, [""; 0], "{text}");
    }

    #[test]
    fn what_a_reloader_fills_in_is_unknown() {
        let steps = "  relabel_configs:\n  - {source_labels: [a], regex: $(SHARD), action: keep}\n";
        check(&format!("scrape_configs:\n- job_name: a\n{steps}"), &["?"]);
    }

    #[test]
    fn what_a_receiver_creator_evaluates_is_unknown() {
        let job = "{job_name: a, scrape_interval: '`a`s', static_configs: [{targets: ['`b`:`c[\"d/e\"]`']}]}";
        check(&format!("config:\n  config:\n    scrape_configs:\n    - {job}\n"), &[]);
    }

    #[test]
    fn dollars_of_a_list_for_a_collector_are_halved() {
        let steps = "  relabel_configs:\n  - {target_label: a, replacement: $$1-b}\n";
        check(&format!("- job_name: a\n{steps}"), &["$1-b"]);
        let inner = format!("- job_name: a\n{steps}").replace('\n', "\n        ");
        let values =
            "config:\n  receivers:\n    prometheus:\n      config:\n        scrape_configs:";
        check(&format!("{values}\n        {inner}\nimage: a\n"), &["$1-b"]);
    }

    #[test]
    fn the_operator_of_victoria_metrics_reads_both_spellings() {
        let list = |key: &str, labels: &str| {
            format!("  {key}:\n  - {{{labels}: [a], targetLabel: b, replacement: c}}\n")
        };
        let text =
            list("metricRelabelConfigs", "source_labels") + &list("relabelConfigs", "sourceLabels");
        check(&format!("vmScrape:\n{text}"), &["c", "c"]);
    }

    #[test]
    fn values_hold_prose_and_jobs_of_logs_besides() {
        let chain = "a:\n  metricRelabelings:\n  - {regex: a, action: labeldrop}\n";
        let prose = "text: |\n  relabel_configs: `a`: b\n  scrape_configs: c: d\n";
        let logs = "logs:\n  scrape_configs:\n  - {job_name: a, journal: {}}\n";
        check(&format!("{chain}{prose}{logs}"), &["$1"]);
    }
}
