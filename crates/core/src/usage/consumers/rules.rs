//! Recording and alerting rules: of rule files, of resources that hold such groups, of namespaces of
//! a ruler, and as the HTTP API answers; with the queries in alerts' templates.

use super::datasource::is_logql;
use super::templates::queries_of;
use super::walk::{at, mappings, text};
use super::{Place, Reading};
use crate::config::{Located, Rule, RuleFile, RuleKind};
use crate::doc::Node;
use crate::text::Location;
use crate::usage::query::{Origin, OriginKind, Query, Recorded};

/// The queries of a rule file named `name`. All labels of an alert's expression are looked at: they
/// identify the alert to Alertmanager.
pub fn rule_queries(name: &str, file: &RuleFile) -> Vec<Query> {
    let rules = file.groups.iter().flat_map(|group| &group.rules);
    rules.filter(|rule| !is_logql(&rule.expr.value)).flat_map(|rule| of_rule(name, rule)).collect()
}

fn of_rule(file: &str, rule: &Rule) -> Vec<Query> {
    let (kind, name) = match &rule.kind {
        RuleKind::Record(name) => (OriginKind::Rule, name),
        RuleKind::Alert(name) => (OriginKind::Alert, name),
    };
    let part = |part: &Located<String>| (part.value.clone(), Some(part.location));
    let texts = rule.labels.iter().chain(&rule.annotations);
    let found = Found {
        kind,
        name: &name.value,
        expr: part(&rule.expr),
        is_scalar: true,
        sets: rule
            .labels
            .iter()
            .map(|(name, text)| (name.value.clone(), text.value.clone()))
            .collect(),
        templates: texts.map(|(_, text)| part(text)).collect(),
    };
    found.queries(file)
}

/// A text and where it is.
type Text = (String, Option<Location>);

/// A rule, wherever it was read.
struct Found<'a> {
    kind: OriginKind,
    name: &'a str,
    expr: Text,
    /// Whether the expression's location is that of its scalar.
    is_scalar: bool,
    sets: Vec<(String, String)>,
    templates: Vec<Text>,
}

impl Found<'_> {
    fn queries(self, file: &str) -> Vec<Query> {
        let (expr, location) = self.expr;
        let (kind, name) = (self.kind, self.name.to_owned());
        let origin = Origin { kind, file: file.to_owned(), location, name };
        let mut query = Query::new(expr, origin.clone());
        query.is_scalar = self.is_scalar;
        if kind == OriginKind::Rule {
            query.records = Some(Recorded { name: self.name.to_owned(), sets: self.sets });
            return vec![query];
        }
        query.raises_alerts = true;
        let templated = self
            .templates
            .into_iter()
            .flat_map(|(text, location)| queries_of(&text, &Origin { location, ..origin.clone() }));
        std::iter::once(query).chain(templated).collect()
    }
}

/// Reads groups of rules, wherever a document holds them.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let wrapped: [&[&str]; 3] = [&[], &["spec"], &["data"]];
    let holders = wrapped.iter().filter_map(|path| at(root, path));
    let mut groups: Vec<Node<'_>> = holders
        .flat_map(|holder| mappings(holder, "groups"))
        .filter(|node| is_group(*node))
        .collect();
    if groups.is_empty() {
        // A ruler's namespaces, each with its groups.
        let lists = root.entries().flat_map(|(_, value)| value.items());
        groups = lists.map(Node::resolved).filter(|node| is_group(*node)).collect();
    }
    for group in &groups {
        let language = text(*group, "type");
        if matches!(language, "graphite" | "vlogs") {
            let name = text(*group, "name");
            reading.note(*group, format!("group `{name}` is written in {language}: not counted"));
            continue;
        }
        mappings(*group, "rules").for_each(|rule| read_rule(rule, reading));
    }
    !groups.is_empty()
}

fn is_group(node: Node<'_>) -> bool {
    let is_rule = |rule: Node<'_>| {
        let asks = rule.get("expr").is_some() || rule.get("query").is_some();
        asks && ["record", "alert", "type"].iter().any(|key| rule.get(key).is_some())
    };
    node.get("rules").is_some() && mappings(node, "rules").any(is_rule)
}

fn read_rule(rule: Node<'_>, reading: &mut Reading<'_>) {
    let Some(expr) = rule.get("expr").or(rule.get("query")) else { return };
    let named = |key: &str| Some(text(rule, key)).filter(|name| !name.is_empty());
    let (kind, name) = match (named("record"), named("alert"), text(rule, "type")) {
        (Some(name), _, _) => (OriginKind::Rule, name),
        (None, Some(name), _) => (OriginKind::Alert, name),
        (None, None, "recording") => (OriginKind::Rule, text(rule, "name")),
        _ => (OriginKind::Alert, text(rule, "name")),
    };
    if is_logql(expr.text()) {
        return reading.note(expr, format!("`{name}` asks for logs: it is not counted"));
    }
    let fields = |key: &str| rule.get(key).into_iter().flat_map(Node::entries);
    let part = |node: Node<'_>| (node.resolved().text().to_owned(), reading.place_of(node));
    let found = Found {
        kind,
        name,
        expr: part(expr),
        is_scalar: matches!(reading.place, Place::Nodes),
        sets: fields("labels")
            .map(|(name, text)| (name.text().to_owned(), text.resolved().text().to_owned()))
            .collect(),
        templates: fields("labels").chain(fields("annotations")).map(|(_, it)| part(it)).collect(),
    };
    let queries = found.queries(reading.source.name());
    reading.consumers.queries.extend(queries);
}
