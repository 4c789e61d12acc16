//! The coefficients of a server version, read from `rules/cost/`, each with its unit and source.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agent::{AGENT, AGENT_GARBAGE};
use super::beside::{BESIDE, BESIDE_RESIDENT};
use super::discovered::DISCOVERED;
use super::resident::{BLOCK_CUT, RESIDENT};
use super::start::{AGAIN, DECODED};
use super::terms::{ALLOCATED, LIVE_HEAP, PEAK};
use crate::server::Server;

/// A number with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficient {
    /// The number.
    pub value: f64,
    /// What it counts, for example `bytes per series`.
    pub unit: String,
    /// The struct of the server that it is the size of, or the measurement.
    pub source: String,
}

/// How far measured values were from the expected ones, as factors of the expected value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margin {
    /// Lowest measured over expected, at most 1.
    pub low: f64,
    /// Highest measured over expected, at least 1.
    pub high: f64,
}

/// The margins of an estimate, from what the runs left out of a fit came to: `docs/cost-model.md`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// Of the live heap.
    pub live_heap: Margin,
    /// Of the peak heap.
    pub memory: Margin,
    /// Of the anonymous resident memory.
    pub rss: Margin,
    /// Of the anonymous resident memory of a start over a log.
    pub start: Margin,
    /// Of the WAL.
    pub wal: Margin,
    /// Of the disk.
    pub disk: Margin,
}

/// The model of one server version and build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostModel {
    /// The version measured, `prometheus@3.5`.
    pub server: String,
    /// The build measured: how it keeps labels changes its cost.
    pub build: String,
    /// What a unit of each quantity costs, by the keys of the terms.
    pub coefficients: BTreeMap<String, Coefficient>,
    /// Measured error.
    pub errors: Errors,
}

impl CostModel {
    /// Reads a model file of `rules/cost/`.
    ///
    /// # Errors
    /// The YAML error with its line, a `server` that is none, or a coefficient that is missing or
    /// that no term has.
    pub fn read(text: &str) -> Result<Self, String> {
        let model: Self = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        model.server.parse::<Server>()?;
        let keys: Vec<&str> = keys().collect();
        if let Some(missing) = keys.iter().find(|&&key| !model.coefficients.contains_key(key)) {
            return Err(format!("no coefficient `{missing}`"));
        }
        match model.coefficients.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(unknown) => Err(format!("no term has the coefficient `{unknown}`")),
            None => Ok(model),
        }
    }

    /// What to say where it is taken for a server that is not of its release line.
    pub fn note_for(&self, server: &Server) -> Option<String> {
        let of: Server = self.server.parse().ok()?;
        let same_line = of.product == server.product
            && of.version.0 == server.version.0
            && of.version.1 == server.version.1;
        (!same_line).then(|| {
            format!("no cost model was measured for {server}: estimated with that of {of}")
        })
    }

    /// A coefficient; 0 where the model was not read and lacks it.
    pub fn value(&self, key: &str) -> f64 {
        self.coefficients.get(key).map_or(0.0, |coefficient| coefficient.value)
    }

    /// The embedded model for a server: its own or that of the nearest older version, else the
    /// oldest there is; with a note where it is not the server's own release line.
    pub fn embedded(server: &Server) -> (Self, Option<String>) {
        let mut models = embedded_models();
        let older = models.iter().rposition(|(of, _)| of.version <= server.prometheus_release());
        let (_, model) = models.swap_remove(older.unwrap_or(0));
        let note = model.note_for(server);
        (model, note)
    }
}

/// Coefficients of quantities that no fit finds: they are read off single runs, or documented.
pub(super) const OTHERS: [&str; 5] =
    ["chunk_sample", "gogc", "wal_sample", "wal_label_byte", "disk_sample"];

/// Keys of all coefficients.
fn keys() -> impl Iterator<Item = &'static str> {
    let terms = LIVE_HEAP.iter().chain(&BESIDE).chain(&PEAK).chain(&ALLOCATED).map(|term| term.key);
    let terms = terms.chain(AGENT.iter().chain(&DISCOVERED).map(|term| term.key));
    terms
        .chain(RESIDENT.iter().map(|(key, ..)| *key))
        .chain(BESIDE_RESIDENT.iter().map(|term| term.key))
        .chain([AGAIN.0, DECODED.0, AGENT_GARBAGE.0, BLOCK_CUT.0])
        .chain(OTHERS)
}

/// All embedded models, oldest first.
fn embedded_models() -> Vec<(Server, CostModel)> {
    let read = |text: &&str| {
        let model = CostModel::read(text).expect("embedded models are read by a test");
        let server = model.server.parse().expect("read has parsed it");
        (server, model)
    };
    let mut models: Vec<(Server, CostModel)> =
        promsieve_rules::cost::MODELS.iter().map(read).collect();
    models.sort_by_key(|(server, _)| *server);
    models
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_models_read_and_are_plausible() {
        let models = embedded_models();
        assert!(models.len() >= 2);
        for (server, model) in models {
            for (key, term) in &model.coefficients {
                assert!(term.value >= 0.0 && term.value.is_finite(), "{server} {key}");
                assert!(!term.source.is_empty() && !term.unit.is_empty(), "{server} {key}");
            }
            let of = |key| model.value(key);
            for byte in ["label_byte", "exposed_byte", "remote_write_byte"] {
                // Size classes of the allocator are up to an eighth apart, and maps have room.
                assert!((0.9..1.4).contains(&of(byte)), "{server}: {byte} {}", of(byte));
            }
            assert!((8.0..17.0 + 40.0).contains(&of("posting")), "{server} {}", of("posting"));
            assert!(of("series") >= 168.0 + 128.0, "{server}: memSeries and a chunk");
            for margin in [model.errors.live_heap, model.errors.memory, model.errors.rss] {
                assert!(margin.low <= 1.0 && margin.high >= 1.0, "{server} {margin:?}");
            }
        }
    }

    #[track_caller]
    fn check(server: &str, want: &str, noted: bool) {
        let (model, note) = CostModel::embedded(&server.parse().unwrap());
        assert_eq!((model.server.as_str(), note.is_some()), (want, noted), "{note:?}");
    }

    #[test]
    fn the_nearest_older_model_is_taken() {
        check("prometheus@3.5", "prometheus@3.5", false);
        check("prometheus@3.5.3", "prometheus@3.5", false);
        check("prometheus@3.14", "prometheus@3.5", true);
        check("prometheus@3.0", "prometheus@2.53", true);
        check("prometheus@2.53.3", "prometheus@2.53", false);
        check("prometheus@2.45", "prometheus@2.53", true);
        check("operator@0.85", "prometheus@3.5", true);
    }

    #[test]
    fn a_broken_model_says_where() {
        assert!(CostModel::read("server: prometheus@3.5\n").is_err());
        assert!(CostModel::read("[").is_err());
    }
}
