//! Label sets in a test file: a mapping, or a series as promtool writes it.

use std::collections::BTreeMap;

use crate::doc::Node;
use crate::promql::{self, ExprKind, MatchOp};

/// Where, what is wrong, and the remedy.
type Problem<'d> = (Node<'d>, String, &'static str);

/// The labels of a mapping or of a text such as `up{job="app"}`; what is wrong, and where.
pub(super) fn read(node: Node<'_>) -> Result<BTreeMap<String, String>, Problem<'_>> {
    let remedy = "write a mapping of labels, or a series such as `'up{job=\"app\"}'`";
    if node.is_mapping() {
        return mapping(node);
    }
    if node.is_null() || !node.is_scalar() {
        return Err((node, "these are no labels".to_owned(), remedy));
    }
    series(node.resolved().text()).map_err(|words| (node, words, remedy))
}

fn mapping(node: Node<'_>) -> Result<BTreeMap<String, String>, Problem<'_>> {
    let mut labels = BTreeMap::new();
    let mut written: Vec<&str> = Vec::new();
    for field in node.fields() {
        let name = field.key.resolved().text();
        if field.merged_by.is_none() && written.contains(&name) {
            let words = format!("the label `{name}` is written twice");
            return Err((field.key, words, "keep one of them"));
        }
        if !field.value.is_scalar() || name.is_empty() {
            let words = format!("`{name}` is no label: its value is not one text");
            return Err((field.value, words, "write `name: value`"));
        }
        if field.merged_by.is_none() {
            written.push(name);
        }
        labels.insert(name.to_owned(), value(field.value));
    }
    Ok(labels)
}

/// The text as it is written, whatever YAML takes it for: `le: 0.5` is `0.5`. Nothing, or null, is
/// no label.
pub(super) fn value(node: Node<'_>) -> String {
    if node.is_null() { String::new() } else { node.resolved().text().to_owned() }
}

fn series(text: &str) -> Result<BTreeMap<String, String>, String> {
    let expr = promql::parse(text).map_err(|errors| {
        let words = errors.first().map_or("it cannot be read", |error| &error.message);
        format!("`{text}` is no series: {words}")
    })?;
    let ExprKind::Selector(selector) = &expr.kind else {
        return Err(format!("`{text}` is no series"));
    };
    if selector.modifiers != promql::Modifiers::default() {
        return Err(format!("`{text}` is no series: it has an offset or a time"));
    }
    let mut labels = BTreeMap::new();
    if let Some(name) = &selector.name {
        labels.insert("__name__".to_owned(), name.text.to_string());
    }
    for matcher in &selector.matchers {
        let label = matcher.label.text.to_string();
        if matcher.op != MatchOp::Equal {
            return Err(format!("`{text}` is no series: `{label}` has no `=`"));
        }
        if labels.insert(label.clone(), matcher.value.to_string()).is_some() {
            return Err(format!("`{text}` is no series: `{label}` is written twice"));
        }
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&[(&str, &str)], &str>) {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
        };
        match (series(text), expected) {
            (got, Ok(expected)) => assert_eq!(got, Ok(owned(expected)), "{text}"),
            (got, Err(words)) => assert!(got.clone().is_err_and(|e| e.contains(words)), "{got:?}"),
        }
    }

    #[test]
    fn series_are_read_as_promtool_writes_them() {
        check("up", Ok(&[("__name__", "up")]));
        check(r#"up{job="a",le='0.5'}"#, Ok(&[("__name__", "up"), ("job", "a"), ("le", "0.5")]));
        check(r#"{"a.b",x="1"}"#, Ok(&[("__name__", "a.b"), ("x", "1")]));
        check(r#"up{job=~"a"}"#, Err("has no `=`"));
        check(r#"up{a="1",a="2"}"#, Err("written twice"));
        check("up[5m]", Err("is no series"));
        check("up offset 5m", Err("offset"));
        check("rate(", Err("is no series: "));
    }
}
