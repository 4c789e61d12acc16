//! A pack: what is known of one exporter.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::Layer;

/// Declarative knowledge of one exporter, a file in `rules/packs`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its name, which is that of the file.
    pub exporter: String,
    /// The release or releases that the pack describes.
    pub version: String,
    /// Where the exporter's makers document its metrics.
    pub reference: String,
    /// What its names and labels were compared with.
    pub checked: Checked,
    /// The layer that most of its metrics watch.
    pub layer: Layer,
    /// Which cells it gives, and how; of several that give one cell the first stands first.
    pub signals: Vec<Measure>,
    /// Labels that every metric has besides its own.
    #[serde(default)]
    pub every_metric: Vec<String>,
    /// What its labels mean.
    pub labels: BTreeMap<String, LabelFacts>,
    /// Metrics, or prefixes that end with `*`, that can be lost without losing a signal, with the
    /// reason.
    pub spare_metrics: BTreeMap<String, String>,
    /// What is known to make series many.
    pub explosions: Vec<Explosion>,
    /// Family names, or prefixes that end with `*`, by type, each with its labels.
    pub metrics: BTreeMap<Kind, BTreeMap<String, Vec<String>>>,
}

/// What a pack was compared with: how far its names can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Checked {
    /// The exporter itself, run and scraped by a test.
    Running,
    /// The exporter's own source or documentation of the stated release, name by name.
    Source,
    /// Public scrapes, which may be of other releases and hold a part of the metrics.
    Scrapes,
    /// Nothing yet: it is written from general knowledge.
    Unchecked,
}

/// The type of a metric family, in the words of the text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A count that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// `_bucket`, `_sum` and `_count`.
    Histogram,
    /// Quantiles, `_sum` and `_count`.
    Summary,
    /// The exporter does not say.
    Untyped,
}

/// A query that gives a cell.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The cell, as row and signal: `cpu/utilisation`; `response_flags/*` stands for every flag.
    pub cell: String,
    /// The query. What it needs of the data is read off it; `{flag}` is each flag in turn.
    pub query: String,
    /// What must be there for the exporter to show it: a collector, a setting, hardware.
    #[serde(default)]
    pub needs: Option<String>,
    /// Label values that the query looks for and that are not there as long as all is well.
    #[serde(default)]
    pub example: BTreeMap<String, String>,
}

/// What a label means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LabelFacts {
    /// What its value says.
    pub meaning: String,
    /// How many values it usually has in one target.
    pub size: Size,
    /// What it is for.
    #[serde(default)]
    pub role: Role,
}

/// How many values a label usually has in one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// One.
    One,
    /// Up to ten.
    Few,
    /// Up to a hundred.
    Tens,
    /// Hundreds.
    Hundreds,
    /// As many as users, requests or statements make.
    Open,
}

/// What a label is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It tells series apart: without it they merge.
    Identity,
    /// It says something more of a series.
    #[default]
    Detail,
    /// It follows from others, or hardly anybody looks at it.
    Spare,
}

/// What is known to make series many.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Explosion {
    /// The metric, with the label if one is to blame: `kube_pod_*{uid}`.
    pub at: String,
    /// What happens.
    pub when: String,
    /// What to do about it at the source.
    pub fix: String,
}

/// Every pack, by name.
pub fn packs() -> &'static [Pack] {
    static PACKS: OnceLock<Vec<Pack>> = OnceLock::new();
    PACKS.get_or_init(|| {
        let read = |json: &&str| serde_json::from_str(json).expect("a test reads every pack");
        promsieve_rules::PACKS.iter().map(read).collect()
    })
}

impl Pack {
    /// Every family with its type and labels.
    pub fn families(&self) -> impl Iterator<Item = (&str, Kind, &[String])> {
        let of_kind = |(&kind, families)| {
            let families: &BTreeMap<String, Vec<String>> = families;
            families.iter().map(move |(name, labels)| (name.as_str(), kind, labels.as_slice()))
        };
        self.metrics.iter().flat_map(of_kind)
    }

    /// The type and labels of a metric's family, the labels of every metric left out.
    pub fn family(&self, metric: &str) -> Option<(Kind, &[String])> {
        let known = |name: &str| {
            self.metrics.iter().find_map(|(&kind, names)| Some((kind, names.get(name)?.as_slice())))
        };
        known(metric)
            .or_else(|| {
                let suffixes = ["_bucket", "_sum", "_count", "_total", "_info"];
                let families = suffixes.iter().filter_map(|suffix| metric.strip_suffix(suffix));
                families.into_iter().find_map(known)
            })
            .or_else(|| {
                let prefixed = |name: &str| {
                    name.strip_suffix('*').is_some_and(|start| metric.starts_with(start))
                };
                let mut families = self.families().filter(|(name, ..)| prefixed(name));
                families.next().map(|(_, kind, labels)| (kind, labels))
            })
    }

    /// Why a metric can be lost without losing a signal, if it can.
    pub fn spare(&self, metric: &str) -> Option<&str> {
        let matches = |name: &str| match name.strip_suffix('*') {
            Some(start) => metric.starts_with(start),
            None => metric
                .strip_prefix(name)
                .is_some_and(|rest| ["", "_bucket", "_sum", "_count"].contains(&rest)),
        };
        self.spare_metrics.iter().find(|(name, _)| matches(name)).map(|(_, why)| why.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::packs::{cell, layer_of};

    #[test]
    fn every_pack_can_be_read_and_says_what_it_describes() {
        assert!(packs().len() >= 20, "{}", packs().len());
        assert!(packs().is_sorted_by_key(|pack| &pack.exporter));
        for pack in packs() {
            let name = &pack.exporter;
            assert!(!pack.version.is_empty() && pack.reference.starts_with("https://"), "{name}");
            for (metric, _, labels) in pack.families() {
                for label in labels.iter().chain(&pack.every_metric) {
                    assert!(pack.labels.contains_key(label), "{name}: {metric} has {label}");
                }
                assert!(layer_of(metric).is_some(), "{name}: {metric} has a layer");
            }
            let used = |label: &String| {
                pack.every_metric.contains(label)
                    || pack.families().any(|(_, _, labels)| labels.contains(label))
            };
            assert!(pack.labels.keys().all(used), "{name}: a label is of no metric");
            for spare in pack.spare_metrics.keys() {
                let start = spare.trim_end_matches('*');
                let known = pack.families().any(|(metric, ..)| metric.starts_with(start))
                    || pack.family(start).is_some();
                assert!(known, "{name}: there is no {spare}");
            }
        }
    }

    #[test]
    fn every_measure_gives_a_cell_and_every_cell_has_a_measure_or_no_pack_can() {
        for pack in packs() {
            for measure in &pack.signals {
                let id = measure.cell.replace('*', "UO");
                let found = cell(&id).unwrap_or_else(|| panic!("{}: {id}", pack.exporter));
                assert!(found.is_flag() || !measure.query.contains("{flag}"));
            }
        }
        let measured = |id: &str| packs().iter().flat_map(|p| &p.signals).any(|m| m.cell == id);
        let without: Vec<String> = crate::packs::cells()
            .iter()
            .filter(|cell| !cell.is_flag())
            .map(crate::packs::Cell::id)
            .filter(|id| !measured(id))
            .collect();
        assert_eq!(without, [] as [String; 0]);
    }

    #[test]
    fn families_are_found_by_name_suffix_and_prefix() {
        let istio = packs().iter().find(|pack| pack.exporter == "istio").unwrap();
        let kind = |metric| istio.family(metric).map(|(kind, _)| kind);
        assert_eq!(kind("istio_requests_total"), Some(Kind::Counter));
        assert_eq!(kind("istio_request_bytes_bucket"), Some(Kind::Histogram));
        assert_eq!(kind("istio_agent_scrapes_total"), Some(Kind::Counter));
        assert_eq!(kind("envoy_server_live"), None);
        assert!(istio.spare("istio_request_bytes_bucket").is_some());
        assert!(istio.spare("istio_requests_total").is_none());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the schema is a file beside the packs")]
    fn generated_pack_schema_is_current() {
        let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<Pack>();
        schema.insert("title".to_owned(), "a pack in rules/packs".into());
        let wanted = schema.to_value();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/pack.json");
        let read = || std::fs::read_to_string(&path).unwrap_or_default();
        // Compared as values: whether keys are sorted hangs on what else is built.
        let is_current = || serde_json::from_str(&read()).ok().as_ref() == Some(&wanted);
        if std::env::var_os("UPDATE").is_some() && !is_current() {
            std::fs::write(&path, format!("{wanted:#}\n")).unwrap();
        }
        assert!(is_current(), "schema/pack.json is stale: run `cargo xtask bless`");
    }
}
