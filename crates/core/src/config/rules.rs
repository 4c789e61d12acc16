//! Rule files: groups and rules with their places, and what the server refuses of them except in
//! the expressions themselves (model/rulefmt/rulefmt.go).

use super::global::{milliseconds, pairs};
use super::model::{Located, Rule, RuleFile, RuleGroup, RuleKind};
use super::report::{Report, quoted};
use crate::doc::Node;
use crate::server::{NameScheme, Server};

/// Reads the groups of a rule file.
pub(super) fn read_rule_file(root: Node<'_>, server: Server, report: &mut Report<'_>) -> RuleFile {
    let names = if server.at_least(3, 0) { NameScheme::Utf8 } else { NameScheme::Legacy };
    let mut groups: Vec<RuleGroup> = Vec::new();
    for item in root.get("groups").into_iter().flat_map(Node::items).filter(|i| i.is_mapping()) {
        let name = located(item.get("name"), item);
        if name.value.is_empty() {
            report.refuse(item.location(), "Groupname must not be empty");
        } else if groups.iter().any(|group| group.name.value == name.value) {
            let message = format!("groupname: \"{}\" is repeated in the same file", name.value);
            report.refuse(name.location, message).remedy =
                Some("give each group a name of its own".to_owned());
        }
        check_labels(item, names, report);
        let rules = item.get("rules").into_iter().flat_map(Node::items);
        let rules = rules.filter(|rule| rule.is_mapping());
        let rules = rules.filter_map(|rule| read_rule(rule.resolved(), names, report)).collect();
        groups.push(RuleGroup { name, interval: milliseconds(item, "interval"), rules });
    }
    RuleFile { groups }
}

fn located(node: Option<Node<'_>>, otherwise: Node<'_>) -> Located<String> {
    match node {
        Some(node) if !node.is_null() => Located::new(node.text().to_owned(), node.location()),
        _ => Located::new(String::new(), node.unwrap_or(otherwise).location()),
    }
}

/// Reads one rule; `None` when it is neither a recording nor an alerting rule.
fn read_rule(node: Node<'_>, names: NameScheme, report: &mut Report<'_>) -> Option<Rule> {
    let record = located(node.get("record"), node);
    let alert = located(node.get("alert"), node);
    let expr_node = node.get("expr").unwrap_or(node);
    let expr = located(node.get("expr"), node);
    if expr.value.is_empty() {
        report.refuse(expr.location, "field 'expr' must be set in rule");
    }
    check_labels(node, names, report);
    for (name, _) in pairs(node.get("annotations")) {
        if !names.is_label_name(&name.value) {
            report.refuse(name.location, format!("invalid annotation name: {}", name.value));
        }
    }
    let kind = match (record.value.is_empty(), alert.value.is_empty()) {
        (true, true) => {
            report.refuse(node.location(), "one of 'record' or 'alert' must be set");
            return None;
        }
        (true, false) => RuleKind::Alert(alert),
        (false, both) => {
            if !both {
                let message = "only one of 'record' and 'alert' must be set";
                report.refuse(alert.location, message);
            }
            check_record(node, &record, names, report);
            RuleKind::Record(record)
        }
    };
    Some(Rule {
        location: node.location(),
        kind,
        expr,
        expr_node: expr_node.id(),
        for_duration: milliseconds(node, "for").unwrap_or(0),
        labels: pairs(node.get("labels")),
        annotations: pairs(node.get("annotations")),
    })
}

fn check_record(
    node: Node<'_>,
    record: &Located<String>,
    names: NameScheme,
    report: &mut Report<'_>,
) {
    for key in ["annotations", "for", "keep_firing_for"] {
        let Some(field) = node.field(key) else { continue };
        let value = field.value.resolved();
        let set = value.entries().len() > 0 || milliseconds(node, key).is_some_and(|ms| ms > 0);
        if set {
            let message = format!("invalid field '{key}' in recording rule");
            report.refuse(field.key.location(), message).remedy = Some(format!("delete `{key}`"));
        }
    }
    let name = &record.value;
    if !names.is_metric_name(name) {
        report.refuse(record.location, format!("invalid recording rule name: {name}"));
    }
    if name.contains(['{', '}']) {
        let message =
            format!("braces present in the recording rule name; should it be in expr?: {name}");
        report.refuse(record.location, message);
    }
}

fn check_labels(node: Node<'_>, names: NameScheme, report: &mut Report<'_>) {
    for (name, _) in pairs(node.get("labels")) {
        if !names.is_label_name(&name.value) || name.value == "__name__" {
            report.refuse(name.location, format!("invalid label name: {}", name.value)).remedy =
                Some(format!("choose another name than {}", quoted(&name.value)));
        }
    }
}
