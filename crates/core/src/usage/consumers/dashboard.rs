//! Grafana dashboards and library panels, in every layout of their JSON: rows, panels in panels,
//! the newest schema's elements, variables, annotations, and what the HTTP API wraps around them.
//!
//! Rather than follow each layout it looks at every mapping: whatever holds an `expr` is a query.

use super::datasource::{Datasources, Language, is_logql};
use super::walk::{at, every_mapping, mappings, text};
use super::{Consumers, Place, Reading};
use crate::doc::Node;
use crate::text::{FileId, SourceText};
use crate::usage::query::{OriginKind, Query, Variables};
use crate::usage::variables::names_of;

/// The queries of the dashboard in `json`, a file of that name, without their places. What is no
/// dashboard comes back as one query that could touch anything.
pub fn dashboard_queries(file: &str, json: &str) -> Vec<Query> {
    let mut consumers = Consumers::default();
    let source = SourceText::new(file, json);
    let (file, place) = (FileId::default(), Place::At(None));
    let is_own = false;
    let mut reading =
        Reading { source: &source, file, place, is_own, depth: 0, consumers: &mut consumers };
    if !reading.text() {
        reading.unreadable(OriginKind::DashboardPanel, "it is no dashboard");
    }
    consumers.finish().0
}

/// Reads a dashboard, a library panel, or an answer of the API that holds some.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let wrapped = [&[][..], &["dashboard"], &["spec"], &["result"], &["spec", "dashboard"]];
    let known = |node: &Node<'_>| is_dashboard(*node) || is_library(*node);
    let Some(found) = wrapped.iter().filter_map(|path| at(root, path)).find(known) else {
        return false;
    };
    search(found, reading);
    true
}

fn is_dashboard(node: Node<'_>) -> bool {
    let within = |key: &str, inner: &str| at(node, &[key, inner]).is_some();
    let has_rows = || mappings(node, "rows").any(|row| row.get("panels").is_some());
    node.get("panels").is_some_and(Node::is_sequence)
        || has_rows()
        || within("templating", "list")
        || node.get("elements").is_some_and(Node::is_mapping) && node.get("layout").is_some()
}

/// A library panel, or a list of them.
fn is_library(node: Node<'_>) -> bool {
    let is_element = |node: Node<'_>| {
        node.get("uid").is_some() && node.get("model").is_some_and(Node::is_mapping)
    };
    is_element(node) || mappings(node, "elements").any(is_element)
}

fn search(root: Node<'_>, reading: &mut Reading<'_>) {
    let variables = variables(root);
    every_mapping(root, &mut |node| {
        if node.get("model").is_some_and(Node::is_mapping) {
            let uid = text(node, "uid");
            reading.consumers.library.insert(uid.to_owned());
        }
    });
    let datasources = Datasources::of(root);
    let around = Around { name: "", kind: OriginKind::DashboardPanel, language: Language::PromQl };
    Search { variables, datasources, reading }.node(root, around);
}

/// What the variables of a dashboard are known to stand for.
fn variables(root: Node<'_>) -> Variables {
    let mut variables = Variables::default();
    every_mapping(root, &mut |node| {
        let (kind, spec) = match node.get("spec") {
            Some(spec) if text(node, "kind").ends_with("Variable") => (text(node, "kind"), spec),
            _ => (text(node, "type"), node),
        };
        match kind {
            "adhoc" | "groupby" | "AdhocVariable" | "GroupByVariable" => variables.ad_hoc = true,
            "custom" | "interval" | "constant" | "textbox" | "CustomVariable"
            | "IntervalVariable" | "ConstantVariable" | "TextVariable" => {
                let values = listed(text(spec, "query"));
                if !values.is_empty() && !text(spec, "name").is_empty() {
                    variables.known.insert(text(spec, "name").to_owned(), values);
                }
            }
            "query" | "QueryVariable" => {
                if let Some(names) = asked(spec).and_then(|asked| names_of(asked.text())) {
                    variables.names.insert(text(spec, "name").to_owned(), names);
                }
            }
            _ => {}
        }
    });
    variables
}

/// What a variable asks: a text, or one in what the datasource's editor saves.
fn asked(variable: Node<'_>) -> Option<Node<'_>> {
    let query = variable.get("query").filter(|query| !query.is_null());
    let inner = query.map(|query| query.get("spec").unwrap_or(query));
    let texts = inner.into_iter().flat_map(|it| [Some(it), it.get("query"), it.get("expr")]);
    let mut texts = texts.flatten().chain(variable.get("definition"));
    texts.find(|text| !text.text().trim().is_empty())
}

/// The values of `a, b`, and of `shown : a, shown : b`.
fn listed(text: &str) -> Vec<String> {
    let value = |item: &str| {
        let value = item.split_once(" : ").map_or(item, |(_, value)| value);
        value.trim().to_owned()
    };
    text.split(',').map(value).filter(|value| !value.is_empty()).collect()
}

/// What an outer mapping says of the inner ones.
#[derive(Clone, Copy)]
struct Around<'d> {
    name: &'d str,
    kind: OriginKind,
    language: Language<'d>,
}

struct Search<'d, 'r, 'a> {
    variables: Variables,
    datasources: Datasources<'d>,
    reading: &'r mut Reading<'a>,
}

impl<'d> Search<'d, '_, '_> {
    fn node(&mut self, node: Node<'d>, around: Around<'d>) {
        if node.is_mapping() {
            return self.mapping(node, around);
        }
        node.items().for_each(|item| self.node(item, around));
    }

    fn mapping(&mut self, node: Node<'d>, mut around: Around<'d>) {
        if let Some(language) = self.datasources.named_by(node) {
            around.language = language;
        }
        if !text(node, "title").is_empty() {
            around.name = text(node, "title");
        }
        self.asks(node, around);
        self.variable(node, around);
        self.library(node, around);
        for (key, value) in node.entries() {
            let kind = match key.text() {
                "annotations" => OriginKind::Annotation,
                _ => around.kind,
            };
            self.node(value, Around { kind, ..around });
        }
    }

    /// A target: whatever has an `expr`.
    fn asks(&mut self, node: Node<'d>, around: Around<'d>) {
        if let Language::Unknown(kind) = around.language
            && node.get("refId").is_some()
        {
            let holds = match node.get("expr") {
                Some(_) => "its queries are taken for PromQL",
                None => "its queries are not counted",
            };
            let name = around.name;
            self.reading.note(
                node,
                format!("`{name}` asks a datasource of the unknown kind `{kind}`: {holds}"),
            );
        }
        let Some(expr) = node.get("expr").filter(|expr| expr.is_scalar()) else { return };
        if around.language != Language::Other && !is_logql(expr.text()) {
            self.push(around.kind, around.name, expr);
        }
    }

    /// A variable whose values a query gives.
    fn variable(&mut self, node: Node<'d>, around: Around<'d>) {
        let spec = match (text(node, "type"), text(node, "kind")) {
            ("query", _) if around.kind != OriginKind::Annotation => Some(node),
            (_, "QueryVariable") => node.get("spec"),
            _ => None,
        };
        let Some(spec) = spec else { return };
        let query = spec.get("query").filter(|query| !query.is_null());
        let own = query.and_then(|query| self.datasources.named_by(query));
        if own.unwrap_or(around.language) == Language::Other {
            return;
        }
        if let Some(asked) = asked(spec) {
            self.push(OriginKind::DashboardVariable, text(spec, "name"), asked);
        }
    }

    /// A library panel of which only the name is here.
    fn library(&mut self, node: Node<'d>, around: Around<'d>) {
        let Some(panel) = node.get("libraryPanel").filter(|panel| panel.is_mapping()) else {
            return;
        };
        let has_own = node.get("targets").is_some() || node.get("model").is_some();
        if has_own || panel.get("model").is_some() {
            return;
        }
        let origin = self.reading.origin(around.kind, around.name, panel);
        let mut query = Query::new("", origin);
        query.opaque =
            Some("a library panel stands in another file, which is not given".to_owned());
        self.reading.consumers.wanted.push((text(panel, "uid").to_owned(), query));
    }

    fn push(&mut self, kind: OriginKind, name: &str, node: Node<'d>) {
        let variables = self.variables.clone();
        if let Some(query) = self.reading.query(kind, name, node) {
            query.variables = Some(variables);
        }
    }
}
