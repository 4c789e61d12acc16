//! Alertmanager: the labels of alerts that its routes, inhibitions and templates go by. What it
//! asks for are labels of alerts, not series.

use super::templates::labels_of;
use super::walk::{at, every_mapping, every_text, mappings, text};
use super::{Query, Reading};
use crate::doc::Node;
use crate::usage::query::OriginKind;

/// Keys whose values are lists of labels.
const LISTS: [&str; 3] = ["group_by", "groupBy", "equal"];

/// Keys whose values are lists of matchers.
const MATCHERS: [&str; 5] =
    ["matchers", "source_matchers", "target_matchers", "sourceMatch", "targetMatch"];

/// Keys whose values are mappings by label.
const MAPPINGS: [&str; 6] =
    ["match", "match_re", "source_match", "source_match_re", "target_match", "target_match_re"];

/// Reads a configuration, or a resource of the operator that becomes a part of one.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let holder = match text(root, "kind") {
        "AlertmanagerConfig" => root.get("spec"),
        _ => Some(root),
    };
    let Some(holder) = holder.filter(|holder| {
        at(*holder, &["route", "receiver"]).is_some() && holder.get("receivers").is_some()
    }) else {
        return false;
    };
    every_mapping(holder, &mut |node| {
        for (key, value) in node.entries() {
            let key = key.text();
            if LISTS.contains(&key) {
                value.items().for_each(|item| label(item, item.resolved().text(), reading));
            } else if MATCHERS.contains(&key) {
                matchers(node, key, reading);
            } else if MAPPINGS.contains(&key) {
                value.entries().for_each(|(name, _)| label(name, name.text(), reading));
            }
        }
    });
    every_text(holder, &mut |node| {
        for name in labels_of(node.text()) {
            label(node, &name, reading);
        }
    });
    true
}

/// `[a="b", c=~"d"]`, in one text or several, or mappings with a `name`.
fn matchers(holder: Node<'_>, key: &str, reading: &mut Reading<'_>) {
    mappings(holder, key).for_each(|item| {
        label(item, text(item, "name"), reading);
    });
    let items = holder.get(key).into_iter().flat_map(Node::items);
    for item in items.filter(|item| item.is_scalar()) {
        let inside = item.resolved().text().trim().trim_start_matches('{').trim_end_matches('}');
        // A comma inside of a value gives a part without an operator, or one label more.
        for part in inside.split(',') {
            if let Some((name, _)) = part.split_once(['=', '!']) {
                label(item, name.trim().trim_matches('"'), reading);
            }
        }
    }
}

/// Reads a file of templates.
pub(super) fn template_file(reading: &mut Reading<'_>) -> bool {
    let name = reading.source.name().to_owned();
    for shown in labels_of(reading.source.text()) {
        let origin = crate::usage::Origin {
            kind: OriginKind::AlertRoute,
            file: name.clone(),
            location: None,
            name: "template".to_owned(),
        };
        reading.consumers.queries.push(Query::new(shown, origin));
    }
    true
}

fn label(node: Node<'_>, name: &str, reading: &mut Reading<'_>) {
    // The alert's own name, and `...` for all labels.
    if matches!(name, "" | "alertname" | "...") {
        return;
    }
    let origin = reading.origin(OriginKind::AlertRoute, "route", node);
    reading.consumers.queries.push(Query::new(name, origin));
}
