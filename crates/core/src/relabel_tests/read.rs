//! A test file's text to its cases, and what is wrong with it: each case stands for itself.

use super::labels;
use super::model::{ChainSource, Expectation, INVALID_TEST, TestCase, TestFile};
use crate::config::{Located, near_miss};
use crate::doc::{self, Node, Resolved};
use crate::finding::{Finding, Severity};
use crate::server::{NameScheme, Server};
use crate::text::{FileId, SourceText};

/// The key that makes a file a test file.
const TESTS: &str = "relabel_tests";

/// Where a chain is and how it runs: at the top for all cases, or in a case for itself.
const SETTINGS: [&str; 7] =
    ["config", "chain", "chain_file", "relabel_configs", "server", "name_validation", "as_target"];

/// What only a case has.
const OF_CASE: [&str; 6] = ["name", "input", "expect", "dropped", "dropped_by", "error"];

/// Words that others use for our keys.
const SYNONYMS: [(&str, &str); 11] = [
    ("tests", TESTS),
    ("labels", "input"),
    ("input_labels", "input"),
    ("input_series", "input"),
    ("series", "input"),
    ("expected", "expect"),
    ("exp_labels", "expect"),
    ("output", "expect"),
    ("metric_relabel_configs", "relabel_configs"),
    ("write_relabel_configs", "relabel_configs"),
    ("metric_name_validation_scheme", "name_validation"),
];

/// Whether a text is meant as a test file: it has the key `relabel_tests` at the start of a line.
pub fn is_test_file(text: &str) -> bool {
    text.lines().any(|line| line.strip_prefix(TESTS).is_some_and(|rest| rest.starts_with(':')))
}

/// Reads a test file. A case that is wrong is left out and the others stay.
pub fn read(file: FileId, source: &SourceText) -> (TestFile, Vec<Finding>) {
    let parsed = doc::parse(source, file);
    let mut findings = parsed.findings;
    for finding in &mut findings {
        finding.rule = INVALID_TEST;
        finding.consequence = Some("none of its cases can be run".to_owned());
    }
    let mut documents = parsed.documents.into_iter();
    let document = documents.next().unwrap_or_default();
    if let Some(root) = documents.next().as_ref().and_then(doc::Document::root) {
        findings.push(
            problem(root, "a second document is not read")
                .remedy("put all cases under one `relabel_tests`"),
        );
    }
    let mut reader = Reader { findings, cases: Vec::new() };
    if let Some(root) = document.root() {
        reader.file(root);
    }
    let Reader { findings, cases } = reader;
    (TestFile { cases, document }, findings)
}

fn problem(node: Node<'_>, message: impl Into<String>) -> Finding {
    // It says nothing about a server: the text itself is all the evidence.
    Finding::new(INVALID_TEST, Severity::Error, node.location(), message.into())
}

/// Settings of the file, which its cases take unless they have their own.
#[derive(Debug, Clone, Default)]
struct Settings {
    config: Option<Located<String>>,
    chain: Option<Located<String>>,
    chain_file: Option<Located<String>>,
    inline: Option<doc::NodeId>,
    servers: Vec<Server>,
    scheme: NameScheme,
    as_target: bool,
}

struct Reader {
    findings: Vec<Finding>,
    cases: Vec<TestCase>,
}

impl Reader {
    fn file(&mut self, root: Node<'_>) {
        if !root.is_mapping() {
            let words = "a test file is a mapping with the key `relabel_tests`";
            return self.findings.push(problem(root, words));
        }
        let before = self.findings.len();
        self.check_keys(root, &SETTINGS.iter().chain(&[TESTS]).copied());
        let mut settings = Settings::default();
        self.settings(root, &mut settings);
        let Some(tests) = root.get(TESTS).filter(|tests| tests.is_sequence()) else {
            let words = "`relabel_tests` is a list of cases";
            return self.findings.push(problem(root, words));
        };
        if self.findings.len() > before {
            return;
        }
        for (index, item) in tests.items().enumerate() {
            let before = self.findings.len();
            let case = self.case(index, item.resolved(), settings.clone());
            if self.findings.len() == before {
                self.cases.extend(case);
            }
        }
    }

    fn case(&mut self, index: usize, node: Node<'_>, mut settings: Settings) -> Option<TestCase> {
        if !node.is_mapping() {
            self.findings.push(problem(node, "a case is a mapping with `input` and `expect`"));
            return None;
        }
        self.check_keys(node, &SETTINGS.iter().chain(&OF_CASE).copied());
        self.settings(node, &mut settings);
        let input = node.get("input").and_then(|input| self.labels(input));
        if node.get("input").is_none() {
            let remedy = "write `input:` with labels";
            self.findings.push(problem(node, "the case has no `input`").remedy(remedy));
        }
        let expectation = self.expectation(node, settings.as_target);
        let chain = self.chain_source(node, &settings);
        let name = node.get("name").filter(|name| !name.text().is_empty());
        Some(TestCase {
            name: name.map_or_else(|| format!("case {}", index + 1), |it| it.text().to_owned()),
            location: name.unwrap_or(node).location(),
            index,
            chain: chain?,
            servers: settings.servers,
            scheme: settings.scheme,
            as_target: settings.as_target,
            input: input?,
            expectation,
        })
    }

    fn check_keys<'a>(
        &mut self,
        mapping: Node<'_>,
        known: &(impl Iterator<Item = &'a str> + Clone),
    ) {
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in mapping.entries().filter(|(key, _)| !key.is_merge()) {
            let name = key.resolved().text();
            if seen.contains(&name) {
                let remedy = format!("keep one `{name}`");
                let words = format!("`{name}` is written twice");
                self.findings.push(problem(key, words).remedy(remedy));
            }
            seen.push(name);
            if known.clone().any(|known| known == name) {
                continue;
            }
            let meant = SYNONYMS.iter().find(|(other, _)| *other == name).map(|(_, ours)| *ours);
            let meant = meant.filter(|ours| known.clone().any(|known| known == *ours));
            let near = meant.or_else(|| near_miss(name, known.clone()));
            let remedy = near.map_or_else(
                || format!("keys here are {}", known.clone().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.findings.push(problem(key, format!("`{name}` is no key here")).remedy(remedy));
        }
    }

    fn settings(&mut self, node: Node<'_>, settings: &mut Settings) {
        let text = |key| {
            let node: Node<'_> = node.get(key)?;
            Some(Located::new(node.text().to_owned(), node.location()))
        };
        // A case's own source replaces the file's, but a chain may be in the file's configuration.
        let own = ["chain", "chain_file", "relabel_configs"].map(|key| node.get(key).is_some());
        if own.contains(&true) {
            (settings.chain, settings.chain_file, settings.inline) = (None, None, None);
        }
        settings.config = text("config").or(settings.config.take());
        settings.chain = text("chain").or(settings.chain.take());
        settings.chain_file = text("chain_file").or(settings.chain_file.take());
        if own.iter().filter(|own| **own).count() > 1 {
            let words = "the chain is given twice";
            let remedy = "keep one of `chain`, `chain_file` and `relabel_configs`";
            self.findings.push(problem(node, words).remedy(remedy));
        }
        if let Some(list) = node.get("relabel_configs") {
            settings.inline = Some(list.id());
        }
        if let Some(servers) = node.get("server") {
            settings.servers = self.servers(servers);
        }
        if let Some(scheme) = node.get("name_validation") {
            match scheme.text().parse() {
                Ok(scheme) => settings.scheme = scheme,
                Err(words) => self.findings.push(problem(scheme, words)),
            }
        }
        if let Some(as_target) = self.boolean(node, "as_target") {
            settings.as_target = as_target;
        }
    }

    fn servers(&mut self, node: Node<'_>) -> Vec<Server> {
        let items: Vec<Node<'_>> =
            if node.is_sequence() { node.items().collect() } else { vec![node] };
        let mut servers = Vec::new();
        for item in items {
            match item.resolved().text().parse() {
                Ok(server) => servers.push(server),
                Err(words) => self.findings.push(problem(item, words)),
            }
        }
        servers
    }

    fn boolean(&mut self, node: Node<'_>, key: &str) -> Option<bool> {
        let value = node.get(key)?;
        if let Resolved::Bool(value) = value.resolve() {
            return Some(value);
        }
        let words = format!("`{key}` is neither true nor false");
        self.findings.push(problem(value, words).remedy("write `true` or `false`"));
        None
    }

    fn labels(&mut self, node: Node<'_>) -> Option<std::collections::BTreeMap<String, String>> {
        let read = labels::read(node);
        read.map_err(|(node, words, remedy)| {
            self.findings.push(problem(node, words).remedy(remedy));
        })
        .ok()
    }

    fn chain_source(&mut self, node: Node<'_>, settings: &Settings) -> Option<ChainSource> {
        if let Some(list) = settings.inline {
            return Some(ChainSource::Inline(list));
        }
        if let Some(file) = &settings.chain_file {
            return Some(ChainSource::File(file.clone()));
        }
        if let (Some(file), Some(path)) = (&settings.config, &settings.chain) {
            return Some(ChainSource::Config { file: file.clone(), path: path.clone() });
        }
        let remedy = "write `config: prometheus.yml` and \
                      `chain: scrape_configs[job=app].metric_relabel_configs`, or `chain_file`, \
                      or `relabel_configs`; here, or at the top of the file for all cases";
        let missing = match (&settings.config, &settings.chain) {
            (Some(_), None) => "the case names no chain of its configuration",
            (None, Some(_)) => "the case names a chain and no configuration that holds it",
            _ => "the case names no chain",
        };
        self.findings.push(problem(node, missing).remedy(remedy));
        None
    }

    /// `expect`, `dropped` with `dropped_by`, or `error`: one of them, or none yet.
    fn expectation(&mut self, node: Node<'_>, as_target: bool) -> Option<Expectation> {
        let keys = ["expect", "dropped", "error"];
        // `expect:` with nothing behind it waits to be filled in.
        let is_written = |key: &&str| node.get(key).is_some_and(|value| !value.is_null());
        let written: Vec<&str> = keys.into_iter().filter(is_written).collect();
        if let [one, other, ..] = written[..] {
            let words = format!("the case has both `{one}` and `{other}`");
            let at = node.field(other).map_or(node, |field| field.key);
            self.findings.push(problem(at, words).remedy("keep one of them"));
            return None;
        }
        let by = self.dropped_by(node);
        if let Some(expect) = node.get("expect").filter(|expect| !expect.is_null()) {
            return self.labels(expect).map(Expectation::Labels);
        }
        if let Some(error) = node.get("error").filter(|error| !error.is_null()) {
            if !as_target {
                let remedy = "add `as_target: true`";
                let words = "`error` is what the server says of a target";
                self.findings.push(problem(error, words).remedy(remedy));
            }
            return Some(Expectation::Refused(error.text().to_owned()));
        }
        if !written.contains(&"dropped") {
            return None;
        }
        match self.boolean(node, "dropped") {
            Some(false) => Some(Expectation::Kept),
            Some(true) => Some(Expectation::Dropped { by }),
            None => None,
        }
    }

    /// `2` or `step 2`.
    fn dropped_by(&mut self, node: Node<'_>) -> Option<usize> {
        let by = node.get("dropped_by")?;
        let is_dropped = node.get("dropped").is_some_and(|it| it.resolve() == Resolved::Bool(true));
        if !is_dropped {
            let remedy = "add `dropped: true`";
            let words = "`dropped_by` stands without `dropped: true`";
            self.findings.push(problem(by, words).remedy(remedy));
        }
        let text = by.text();
        let number = text.strip_prefix("step").unwrap_or(text).trim().parse();
        if number.is_err() {
            let words = format!("`{text}` is no step");
            let remedy = "write `step 0`; steps count from 0 as in `relabel --trace`";
            self.findings.push(problem(by, words).remedy(remedy));
        }
        number.ok()
    }
}
