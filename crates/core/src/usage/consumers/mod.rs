//! Whatever reads series, told by its content and read into queries: dashboards, rules, and the
//! files of the programs that ask a server by themselves. One file each.
//!
//! To take one away, delete its file and the lines that name it here.

mod adapter;
mod alertmanager;
mod autoscaler;
mod dashboard;
mod datasource;
mod delivery;
mod federation;
mod kubernetes;
#[cfg(test)]
mod layouts;
mod managed_alerts;
mod perses;
mod programs;
mod query_log;
mod rules;
mod slo;
mod templates;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;

pub use dashboard::dashboard_queries;
pub use programs::{built_in, built_in_names};
pub use query_log::{QueryLog, is_query_log, moment};
pub use rules::rule_queries;

use super::query::{Origin, OriginKind, Query};
use crate::doc::{self, Node};
use crate::text::{FileId, Location, SourceText};

/// Reads one tree; whether it is of its kind.
type Reader = fn(Node<'_>, &mut Reading<'_>) -> bool;

/// Every reader. The first that knows a tree reads it; what wraps other files comes last.
const READERS: [Reader; 12] = [
    perses::read,
    dashboard::read,
    managed_alerts::read,
    slo::read,
    autoscaler::read,
    delivery::read,
    adapter::read,
    alertmanager::read,
    programs::read,
    rules::read,
    federation::read,
    kubernetes::read,
];

/// Something that was left out of the queries, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file, as the user knows it.
    pub file: String,
    /// Where in the file, if that is known.
    pub location: Option<Location>,
    /// What and why.
    pub text: String,
}

/// What files ask, put together: a library panel may stand in another file than the dashboard.
#[derive(Debug, Clone, Default)]
pub struct Consumers {
    queries: Vec<Query>,
    notes: Vec<Note>,
    /// Library panels that were read.
    library: BTreeSet<String>,
    /// Library panels that stand elsewhere, each with the query that it is until it is found.
    wanted: Vec<(String, Query)>,
}

impl Consumers {
    /// Reads a file; whether it is of any known kind. What cannot be read and looks like a consumer
    /// becomes a query that could touch anything.
    pub fn add(&mut self, file: FileId, source: &SourceText) -> bool {
        let place = Place::Nodes;
        Reading { source, file, place, is_own: false, depth: 0, consumers: self }.text()
    }

    /// Reads a file of the server itself that all this is about, like [`add`](Self::add): what it
    /// fetches from others is no use of its own series.
    pub fn add_own(&mut self, file: FileId, source: &SourceText) -> bool {
        let place = Place::Nodes;
        Reading { source, file, place, is_own: true, depth: 0, consumers: self }.text()
    }

    /// The queries, in the order of the files, and what was left out.
    pub fn finish(mut self) -> (Vec<Query>, Vec<Note>) {
        let library = self.library;
        let missing = self.wanted.into_iter().filter(|(uid, _)| !library.contains(uid));
        self.queries.extend(missing.map(|(_, query)| query));
        (self.queries, self.notes)
    }
}

/// Where what is found is said to be.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Where its node is.
    Nodes,
    /// At one place: the text stands in quotes of another file, or its places are lost.
    At(Option<Location>),
}

/// A file that is being read.
struct Reading<'a> {
    source: &'a SourceText,
    file: FileId,
    place: Place,
    /// Whether it is of the server that all this is about.
    is_own: bool,
    /// In how many texts of other files it stands.
    depth: usize,
    consumers: &'a mut Consumers,
}

/// Files in files in files: a dashboard in a `ConfigMap` in a chart's values is two deep.
const MOST_DEPTH: usize = 8;

/// What a file that cannot be read must hold to be taken for a consumer all the same.
const TELLING: [(&str, OriginKind); 4] = [
    ("\"panels\"", OriginKind::DashboardPanel),
    ("\"targets\"", OriginKind::DashboardPanel),
    ("\"expr\"", OriginKind::DashboardPanel),
    (" expr:", OriginKind::Alert),
];

/// A text without any of these asks nothing: whole trees of files are looked at.
const WORDS: [&str; 12] = [
    "expr",
    "uery",
    "panels",
    "elements",
    "match[]",
    "receivers",
    "define",
    "kind: Kiali",
    "kind: Canary",
    "metric:",
    "GrafanaDashboard",
    "libraryPanel",
];

impl Reading<'_> {
    fn text(&mut self) -> bool {
        let text = self.source.text().as_bytes();
        if !WORDS.iter().any(|word| memchr::memmem::find(text, word.as_bytes()).is_some()) {
            return false;
        }
        if templates::is_notification(self.source.text()) {
            return alertmanager::template_file(self);
        }
        let parsed = doc::parse(self.source, self.file);
        if let Some(finding) = parsed.findings.first() {
            return self.compact_json() || self.broken(&finding.message);
        }
        let mut found = false;
        for root in parsed.documents.iter().filter_map(doc::Document::root) {
            found |= self.tree(root);
        }
        found
    }

    /// Reads a tree, or each of a list.
    fn tree(&mut self, root: Node<'_>) -> bool {
        let root = root.resolved();
        if READERS.iter().any(|read| read(root, self)) {
            return true;
        }
        let mut found = false;
        for item in root.items().filter(|item| item.is_mapping()) {
            found |= self.tree(item);
        }
        found
    }

    /// Reads a text that stands in quotes of this file.
    fn embedded(&mut self, node: Node<'_>) -> bool {
        let place = Place::At(self.place_of(node));
        self.within(&SourceText::new(self.source.name(), node.text()), place).text()
    }

    /// Reads JSON that is no YAML, without its places: tabs and rare characters make it so.
    fn compact_json(&mut self) -> bool {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(self.source.text()) else {
            return false;
        };
        let source = SourceText::new(self.source.name(), value.to_string());
        let place = match self.place {
            Place::Nodes => Place::At(None),
            known @ Place::At(_) => known,
        };
        let parsed = doc::parse(&source, self.file);
        let mut reading = self.within(&source, place);
        let roots = parsed.documents.iter().filter_map(doc::Document::root);
        roots.fold(false, |found, root| reading.tree(root) | found)
    }

    /// A text of this file that is read on its own.
    fn within<'t>(&'t mut self, source: &'t SourceText, place: Place) -> Reading<'t> {
        let Self { file, is_own, depth, .. } = *self;
        Reading { source, file, place, is_own, depth, consumers: self.consumers }
    }

    /// What could be asked by a file that cannot be read.
    fn broken(&mut self, why: &str) -> bool {
        let text = self.source.text();
        let telling = TELLING.iter().find(|(word, _)| text.contains(word));
        if let Some((_, kind)) = telling {
            self.unreadable(*kind, &format!("the file can't be read: {why}"));
        }
        telling.is_some()
    }

    /// Adds a query that could ask anything in place of the whole file.
    fn unreadable(&mut self, kind: OriginKind, why: &str) {
        let location = match self.place {
            Place::Nodes => None,
            Place::At(location) => location,
        };
        let name = self.source.name().to_owned();
        let mut query = Query::new("", Origin { kind, file: name.clone(), location, name });
        query.opaque = Some(why.to_owned());
        self.consumers.queries.push(query);
    }

    fn place_of(&self, node: Node<'_>) -> Option<Location> {
        match self.place {
            Place::Nodes => Some(node.resolved().location()),
            Place::At(location) => location,
        }
    }

    fn origin(&self, kind: OriginKind, name: &str, node: Node<'_>) -> Origin {
        Origin {
            kind,
            file: self.source.name().to_owned(),
            location: self.place_of(node),
            name: name.to_owned(),
        }
    }

    /// Adds what the scalar `node` asks, unless it is empty; the query, to say more of it.
    fn query(&mut self, kind: OriginKind, name: &str, node: Node<'_>) -> Option<&mut Query> {
        let text = node.resolved().text();
        if text.trim().is_empty() {
            return None;
        }
        let mut query = Query::new(text, self.origin(kind, name, node));
        query.is_scalar = matches!(self.place, Place::Nodes);
        self.consumers.queries.push(query);
        self.consumers.queries.last_mut()
    }

    /// Adds a query of which nothing is known.
    fn opaque(&mut self, kind: OriginKind, name: &str, node: Node<'_>, why: &str) {
        let mut query = Query::new("", self.origin(kind, name, node));
        query.opaque = Some(why.to_owned());
        self.consumers.queries.push(query);
    }

    fn note(&mut self, node: Node<'_>, text: String) {
        let note =
            Note { file: self.source.name().to_owned(), location: self.place_of(node), text };
        if !self.consumers.notes.contains(&note) {
            self.consumers.notes.push(note);
        }
    }
}
