//! The queries of Grafana dashboards, in every layout of their JSON: rows, panels in panels, library
//! panels, the newer `spec.elements`; variables and annotations.
//!
//! Rather than follow each layout it looks at every object: whatever holds an `expr` is a query.

use serde_json::{Map, Value};

use super::query::{Origin, OriginKind, Query, Variables};

/// The queries of the dashboard in `json`, a file of that name. What is no JSON comes back as one
/// query that could touch anything.
pub fn dashboard_queries(file: &str, json: &str) -> Vec<Query> {
    let origin = |kind, name: &str| Origin {
        kind,
        file: file.to_owned(),
        location: None,
        name: name.to_owned(),
    };
    let root: Value = match serde_json::from_str(json) {
        Ok(root) => root,
        Err(error) => {
            let mut query = Query::new(json, origin(OriginKind::DashboardPanel, file));
            query.opaque = Some(format!("the dashboard is no JSON: {error}"));
            return vec![query];
        }
    };
    let mut variables = Variables::default();
    collect_variables(&root, &mut variables);
    let mut search = Search { origin: &origin, variables: &variables, found: Vec::new() };
    search.value(&root, "", OriginKind::DashboardPanel);
    search.found
}

/// Variables whose values the dashboard lists, and ad hoc filters.
fn collect_variables(value: &Value, variables: &mut Variables) {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(items) => {
            return items.iter().for_each(|item| collect_variables(item, variables));
        }
        _ => return,
    };
    match (text(object, "type"), text(object, "name")) {
        (Some("adhoc"), _) => variables.ad_hoc = true,
        (Some("custom" | "interval" | "constant" | "textbox"), Some(name)) => {
            let listed = text(object, "query").unwrap_or_default();
            let values = listed.split(',').map(|value| value.trim().to_owned());
            let values = values.filter(|value| !value.is_empty()).collect();
            variables.known.insert(name.to_owned(), values);
        }
        _ => {}
    }
    object.values().for_each(|value| collect_variables(value, variables));
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

struct Search<'a> {
    origin: &'a dyn Fn(OriginKind, &str) -> Origin,
    variables: &'a Variables,
    found: Vec<Query>,
}

impl Search<'_> {
    fn value(&mut self, value: &Value, name: &str, kind: OriginKind) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.value(item, name, kind)),
            Value::Object(object) => self.object(object, name, kind),
            _ => {}
        }
    }

    fn object(&mut self, object: &Map<String, Value>, outer: &str, kind: OriginKind) {
        if is_other_datasource(object) {
            return;
        }
        let name = text(object, "title").filter(|title| !title.is_empty()).unwrap_or(outer);
        if let Some(expr) = text(object, "expr").filter(|expr| !expr.trim().is_empty()) {
            self.push(expr, name, kind);
        }
        if text(object, "type") == Some("query") && kind != OriginKind::Annotation {
            self.variable(object);
        }
        let library = object.get("libraryPanel");
        let own = ["targets", "model"].iter().any(|key| object.contains_key(*key));
        let model = library.and_then(|panel| panel.get("model"));
        if library.is_some() && model.is_none() && !own {
            self.push("", name, kind);
            if let Some(query) = self.found.last_mut() {
                query.opaque = Some("a library panel stands in another file".to_owned());
            }
        }
        for (key, value) in object {
            let kind = if key == "annotations" { OriginKind::Annotation } else { kind };
            self.value(value, name, kind);
        }
    }

    fn variable(&mut self, object: &Map<String, Value>) {
        let name = text(object, "name").unwrap_or_default();
        let query = match object.get("query") {
            Some(Value::Object(query)) => text(query, "query"),
            Some(Value::String(query)) => Some(query.as_str()),
            _ => None,
        };
        let query = query.filter(|query| !query.trim().is_empty());
        if let Some(query) = query.or(text(object, "definition")) {
            self.push(query, name, OriginKind::DashboardVariable);
        }
    }

    fn push(&mut self, text: &str, name: &str, kind: OriginKind) {
        let mut query = Query::new(text, (self.origin)(kind, name));
        query.variables = Some(self.variables.clone());
        self.found.push(query);
    }
}

/// Logs and the like hold an `expr` too, in another language.
fn is_other_datasource(object: &Map<String, Value>) -> bool {
    let kind = object.get("datasource").and_then(|source| source.get("type"));
    kind.and_then(Value::as_str).is_some_and(|kind| kind.contains("loki") || kind.contains("logs"))
}
