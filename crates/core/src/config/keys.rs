//! Keys of a mapping: a duplicate is refused, whatever its value.

use std::collections::HashMap;

use super::report::Report;
use crate::doc::Node;

/// Refuses every key that the mapping itself writes twice. Keys that come in by `<<` do not count.
pub(super) fn check_duplicates(mapping: Node<'_>, go_type: &str, report: &mut Report<'_>) {
    let mut seen: HashMap<&str, Node<'_>> = HashMap::with_capacity(mapping.entries().len());
    for (key, _) in mapping.entries() {
        let name = key.resolved().text();
        if key.is_merge() {
            continue;
        }
        if let Some(first) = seen.insert(name, key) {
            let words = format!("field {name} already set in type {go_type}");
            let finding = report.type_error(key, format!("`{name}` is written twice"), &words);
            finding.remedy = Some(format!("keep one `{name}`"));
            finding.related.push(crate::finding::Related {
                location: first.location(),
                label: "first written here".to_owned(),
            });
        }
    }
}
