//! The coefficients of a server version, read from `rules/cost/`, each with its unit and source.

use serde::Deserialize;

use crate::server::Server;

/// A number with where it comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficient {
    /// The number.
    pub value: f64,
    /// What it counts, for example `bytes per series`.
    pub unit: String,
    /// The struct of the server that it is the size of, or the measurement.
    pub source: String,
}

/// The terms of the model. Live heap is their sum over a load; the rest turns that into memory,
/// WAL and disk.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficients {
    /// The process without series.
    pub base: Coefficient,
    /// A series, without what grows with its labels.
    pub series: Coefficient,
    /// A label of a series.
    pub label_pair: Coefficient,
    /// A byte of a series' labels.
    pub label_byte: Coefficient,
    /// A byte of exposed text of a kept series.
    pub exposed_byte: Coefficient,
    /// A distinct label pair.
    pub unique_pair: Coefficient,
    /// A byte of the distinct label pairs.
    pub unique_pair_byte: Coefficient,
    /// A full chunk, mapped from its file.
    pub mapped_chunk: Coefficient,
    /// Bytes of a chunk a sample, which make the open chunk's buffer grow.
    pub chunk_sample: Coefficient,
    /// A series dropped by metric relabeling.
    pub dropped_series: Coefficient,
    /// A byte of exposed text of a dropped series.
    pub dropped_byte: Coefficient,
    /// A target with its report series.
    pub target: Coefficient,
    /// A metric family of a target.
    pub metric_family: Coefficient,
    /// Seconds that the buffer of a scrape's body stays in use or pooled.
    pub scrape_buffer: Coefficient,
    /// A series in a remote-write queue.
    pub remote_write_series: Coefficient,
    /// A label byte in a remote-write queue.
    pub remote_write_byte: Coefficient,
    /// Growth of the heap until the next collection, in percent, where GOGC is not set.
    pub gogc: Coefficient,
    /// Anonymous resident bytes a byte of peak heap.
    pub resident_heap: Coefficient,
    /// Anonymous resident bytes beside the heap.
    pub resident_base: Coefficient,
    /// Anonymous resident bytes a target beside the heap: stacks of its goroutines.
    pub resident_target: Coefficient,
    /// Bytes of WAL a sample.
    pub wal_sample: Coefficient,
    /// Bytes of WAL a byte of a new series' labels.
    pub wal_label_byte: Coefficient,
    /// Bytes of a block a sample, index and chunks.
    pub disk_sample: Coefficient,
}

/// How far measured values were from the expected ones, as factors of the expected value.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margin {
    /// Lowest measured over expected, at most 1.
    pub low: f64,
    /// Highest measured over expected, at least 1.
    pub high: f64,
}

/// The margins of an estimate, from the runs in `docs/decisions/0005-first-cost-model.md`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// Of the live heap.
    pub live_heap: Margin,
    /// Of the peak heap.
    pub memory: Margin,
    /// Of the anonymous resident memory.
    pub rss: Margin,
    /// Of the WAL.
    pub wal: Margin,
    /// Of the disk.
    pub disk: Margin,
}

/// The model of one server version and build.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostModel {
    /// The version measured, `prometheus@3.5`.
    pub server: String,
    /// The build measured: how it keeps labels changes its cost.
    pub build: String,
    /// The terms.
    pub coefficients: Coefficients,
    /// Measured error.
    pub errors: Errors,
}

impl CostModel {
    /// Reads a model file of `rules/cost/`.
    ///
    /// # Errors
    /// The YAML error with its line, or a `server` that is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let model: Self = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        model.server.parse::<Server>()?;
        Ok(model)
    }

    /// The embedded model for a server: its own or that of the nearest older version, else the
    /// oldest there is; with a note where it is not the server's own release line.
    pub fn embedded(server: &Server) -> (Self, Option<String>) {
        let mut models = embedded_models();
        let older = models.iter().rposition(|(of, _)| of.version <= server.prometheus_release());
        let (of, model) = models.swap_remove(older.unwrap_or(0));
        let same_line = of.product == server.product
            && of.version.0 == server.version.0
            && of.version.1 == server.version.1;
        let note = (!same_line).then(|| {
            format!("no cost model was measured for {server}: estimated with that of {of}")
        });
        (model, note)
    }
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
            let terms = &model.coefficients;
            for term in [&terms.base, &terms.series, &terms.label_pair, &terms.exposed_byte] {
                assert!(term.value > 0.0, "{server} {term:?}");
                assert!(!term.source.is_empty(), "{server} {term:?}");
            }
            let text = terms.label_byte.value + terms.exposed_byte.value;
            assert!((1.0..3.5).contains(&text), "{server}: a text byte costs about a byte: {text}");
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
