//! Programs that ask for metrics that nobody configured: consoles and cost reports, and the checks that
//! Flagger knows by name. What they ask is data (`rules/consumers.yml`).

use std::collections::BTreeMap;

use super::walk::text;
use super::{Query, Reading};
use crate::doc::Node;
use crate::usage::labels::LabelNeed;
use crate::usage::query::{Origin, OriginKind};

/// What one program asks: by the labels that it looks at, the selectors.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Asks {
    selectors: Vec<String>,
    /// Without them it looks at every label.
    labels: Option<Vec<String>>,
}

/// What a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Programs,
    Autoscalers,
    Delivery,
}

impl Kind {
    fn origin(self) -> OriginKind {
        match self {
            Self::Programs => OriginKind::Program,
            Self::Autoscalers => OriginKind::Autoscaler,
            Self::Delivery => OriginKind::Delivery,
        }
    }
}

fn known() -> BTreeMap<String, (OriginKind, Vec<Asks>)> {
    let by_kind: BTreeMap<Kind, BTreeMap<String, Vec<Asks>>> =
        serde_json::from_str(promsieve_rules::CONSUMERS).expect("a test reads the embedded file");
    let of_kind = |(kind, programs): (Kind, BTreeMap<String, Vec<Asks>>)| {
        programs.into_iter().map(move |(name, asks)| (name, (kind.origin(), asks)))
    };
    by_kind.into_iter().flat_map(of_kind).collect()
}

/// The programs whose queries are known.
pub fn built_in_names() -> Vec<String> {
    known().into_keys().collect()
}

/// What the program of this name asks; `None` where it is not known.
pub fn built_in(name: &str) -> Option<Vec<Query>> {
    let (kind, asks) = known().remove(name)?;
    let origin = Origin { kind, file: String::new(), location: None, name: name.to_owned() };
    Some(queries(asks, &origin))
}

fn queries(asks: Vec<Asks>, origin: &Origin) -> Vec<Query> {
    let of = |asks: Asks| {
        let demand = match &asks.labels {
            Some(labels) => LabelNeed::only(labels.iter().map(String::as_str)),
            None => LabelNeed::All,
        };
        let query = move |selector: String| Query {
            demand: demand.clone(),
            ..Query::new(selector, origin.clone())
        };
        asks.selectors.into_iter().map(query)
    };
    asks.into_iter().flat_map(of).collect()
}

/// Reads a resource that runs Kiali.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let is_kiali = text(root, "kind") == "Kiali";
    if is_kiali {
        add_built_in("kiali", OriginKind::Program, root, reading);
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
    match known().remove(name) {
        Some((_, asks)) => reading.consumers.queries.extend(queries(asks, &origin)),
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
