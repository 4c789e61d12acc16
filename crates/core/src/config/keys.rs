//! Keys of a mapping: a duplicate is refused, whatever its value.

use std::collections::HashMap;

use super::report::Report;
use crate::doc::Node;

/// Up to how many keys a mapping is searched without a table.
const FEW: usize = 16;

/// Refuses every key that the mapping itself writes twice. Keys that come in by `<<` do not count.
pub(super) fn check_duplicates(
    mapping: Node<'_>,
    go_type: impl Fn() -> String,
    report: &mut Report<'_>,
) {
    let count = mapping.entries().len();
    let mut few: Vec<Node<'_>> = Vec::with_capacity(count.min(FEW));
    let mut many: HashMap<&str, Node<'_>> = HashMap::new();
    for (key, _) in mapping.entries().filter(|(key, _)| !key.is_merge()) {
        let name = key.resolved().text();
        let first = if count > FEW {
            many.insert(name, key)
        } else {
            let first = few.iter().find(|seen| seen.resolved().text() == name).copied();
            few.push(key);
            first
        };
        if let Some(first) = first {
            refuse(key, first, &go_type(), report);
        }
    }
}

fn refuse(key: Node<'_>, first: Node<'_>, go_type: &str, report: &mut Report<'_>) {
    let name = key.resolved().text();
    let words = format!("field {name} already set in type {go_type}");
    let finding = report.type_error(key, format!("`{name}` is written twice"), &words);
    finding.remedy = Some(format!("keep one `{name}`"));
    let label = "first written here".to_owned();
    finding.related.push(crate::finding::Related { location: first.location(), label });
}
