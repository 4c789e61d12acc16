//! Programs that ask for metrics that nobody configured: Kiali, and the checks that Flagger knows by
//! name. What they ask is data (`rules/consumers.yml`).

use std::collections::BTreeMap;

use super::walk::text;
use super::{Query, Reading};
use crate::doc::Node;
use crate::usage::labels::LabelNeed;
use crate::usage::query::{Origin, OriginKind};

/// What one program asks: by the labels that it looks at, the selectors.
#[derive(Debug, serde::Deserialize)]
struct Asks {
    selectors: Vec<String>,
    labels: Vec<String>,
}

fn known() -> BTreeMap<String, Vec<Asks>> {
    serde_json::from_str(promsieve_rules::CONSUMERS).expect("a test reads the embedded file")
}

/// The programs whose queries are known.
pub fn built_in_names() -> Vec<String> {
    known().into_keys().collect()
}

/// What the program of this name asks; `None` where it is not known.
pub fn built_in(name: &str) -> Option<Vec<Query>> {
    let origin = |kind| Origin { kind, file: String::new(), location: None, name: name.to_owned() };
    let kind = if name.starts_with("flagger") { OriginKind::Delivery } else { OriginKind::Console };
    queries(name, &origin(kind))
}

fn queries(name: &str, origin: &Origin) -> Option<Vec<Query>> {
    let asks = known().remove(name)?;
    let query = |selector: String, labels: &[String]| Query {
        demand: LabelNeed::only(labels.iter().map(String::as_str)),
        ..Query::new(selector, origin.clone())
    };
    let all = asks.into_iter().flat_map(|asks| {
        let labels = asks.labels;
        let queries = asks.selectors.into_iter().map(move |selector| query(selector, &labels));
        queries.collect::<Vec<_>>()
    });
    Some(all.collect())
}

/// Reads a resource that runs Kiali.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let is_kiali = text(root, "kind") == "Kiali";
    if is_kiali {
        add_built_in("kiali", OriginKind::Console, root, reading);
    }
    is_kiali
}

/// Adds what a program asks that `node` names; one that is not known could ask anything.
pub(super) fn add_built_in(
    name: &str,
    kind: OriginKind,
    node: Node<'_>,
    reading: &mut Reading<'_>,
) {
    let origin = reading.origin(kind, name, node);
    match queries(name, &origin) {
        Some(queries) => reading.consumers.queries.extend(queries),
        None => reading.opaque(kind, name, node, "it is not known what this check asks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::UsageOptions;

    #[test]
    fn every_built_in_query_is_understood() {
        for name in built_in_names() {
            let usage = crate::usage::Usage::of(built_in(&name).unwrap(), UsageOptions::default());
            assert_eq!(usage.not_understood().len(), 0, "{name}");
            assert!(!usage.selectors().is_empty(), "{name}");
        }
    }
}
