//! Loads of targets from what was recorded of a running fleet, without its scrapes: a census by target,
//! the server's own count of each scrape, and the labels of its targets as they were discovered.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::TargetLoad;
use crate::cost::{CostModel, Load, ServerSettings};
use crate::series::REPORTS;

/// Labels of a series and bytes of a label (name, value and 2) where nobody has counted them: those
/// of the mesh in `fixtures`, which has node exporters, JVMs, Istio and kube-state-metrics.
const LABELS: u64 = 10;
const LABEL_BYTES: u64 = 28;

/// What is known of the targets of a fleet.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// By `job` and `instance`: targets may share both and differ in other labels.
    weights: HashMap<(String, String), Vec<Weight>>,
    found: Vec<Found>,
}

#[derive(Debug, Clone)]
struct Weight {
    labels: BTreeMap<String, String>,
    series: u64,
    label_bytes: Option<u64>,
}

/// A target as `/api/v1/targets` has it.
#[derive(Debug, Clone, Deserialize)]
struct Found {
    #[serde(rename = "discoveredLabels")]
    discovered: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
}

/// Everything that is read, of whichever answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    data: Option<Data>,
    by: Vec<By>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    #[serde(rename = "activeTargets")]
    active: Vec<Found>,
    result: Vec<Sample>,
}

#[derive(Debug, Deserialize)]
struct Sample {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

#[derive(Debug, Deserialize)]
struct By {
    dimension: String,
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    key: BTreeMap<String, String>,
    series: u64,
    label_bytes: Option<u64>,
}

impl Recorded {
    /// Adds what a text holds: `promsieve census --by target --format json`, an answer of
    /// `/api/v1/targets`, or one of `/api/v1/query` for `scrape_samples_post_metric_relabeling`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let answer: Answer = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let data = answer.data.unwrap_or_default();
        let before = (self.found.len(), self.weights.len());
        self.found.extend(data.active);
        for sample in data.result {
            let mut labels = sample.metric;
            labels.remove("__name__");
            let value: f64 = sample.value.1.parse().unwrap_or(0.0);
            #[expect(clippy::cast_sign_loss, reason = "clamped to what a count can be")]
            let series = value.max(0.0) as u64;
            self.weigh(Weight { labels, series, label_bytes: None });
        }
        for by in answer.by.into_iter().filter(|by| by.dimension == "target") {
            for Group { key: labels, series, label_bytes } in by.groups {
                self.weigh(Weight { labels, series, label_bytes });
            }
        }
        if before == (self.found.len(), self.weights.len()) {
            return Err("there are no targets in it: give a census by target, or answers of a \
                        server's `/api/v1/targets` or of its \
                        `/api/v1/query?query=scrape_samples_post_metric_relabeling`"
                .to_owned());
        }
        Ok(())
    }

    fn weigh(&mut self, weight: Weight) {
        self.weights.entry(key(&weight.labels)).or_default().push(weight);
    }

    /// The loads, with the report series of each scrape: of the discovered targets, or where none are
    /// known, of those that were counted, with `instance` for their address. A target that was not
    /// counted gets the mean of the others. Also how many those are.
    pub fn loads(&self, model: &CostModel, settings: &ServerSettings) -> (Vec<TargetLoad>, u64) {
        let pair = |(name, value): (&String, &String)| (name.clone(), value.clone());
        let pairs = |labels: &BTreeMap<String, String>| labels.iter().map(pair).collect::<Vec<_>>();
        let mut all: Vec<&Weight> = self.weights.values().flatten().collect();
        all.sort_by(|a, b| a.labels.cmp(&b.labels));
        let load = |discovered, stored: &BTreeMap<String, String>, weight: &Weight| TargetLoad {
            job: stored.get("job").cloned().unwrap_or_default(),
            labels: discovered,
            stored: pairs(stored),
            series: weight.series + REPORTS.len() as u64,
            bytes: model.marginal(&weight.load(), settings).0,
        };
        if self.found.is_empty() {
            let address = |weight: &Weight| vec![("__address__".to_owned(), key(&weight.labels).1)];
            let loads = all.iter().map(|weight| load(address(weight), &weight.labels, weight));
            return (loads.collect(), 0);
        }
        let mean = Weight {
            labels: BTreeMap::new(),
            series: all.iter().map(|weight| weight.series).sum::<u64>() / all.len().max(1) as u64,
            label_bytes: None,
        };
        let mut uncounted = 0;
        let loads = self.found.iter().map(|found| {
            let weight = self.weight(&found.labels).unwrap_or_else(|| {
                uncounted += 1;
                &mean
            });
            load(pairs(&found.discovered), &found.labels, weight)
        });
        (loads.collect(), uncounted)
    }

    /// What was counted of a target: all that is known of it there are labels of it.
    fn weight(&self, labels: &BTreeMap<String, String>) -> Option<&Weight> {
        let own = |weight: &&Weight| {
            weight.labels.iter().all(|(name, value)| labels.get(name) == Some(value))
        };
        self.weights.get(&key(labels))?.iter().find(own)
    }
}

impl Weight {
    fn load(&self) -> Load {
        let series = self.series + REPORTS.len() as u64;
        let label_bytes = self.label_bytes.unwrap_or(self.series * LABELS * LABEL_BYTES);
        let label_bytes = label_bytes * series / self.series.max(1);
        let label_pairs = label_bytes / LABEL_BYTES;
        Load { series, label_pairs, label_bytes, targets: 1, ..Load::default() }
    }
}

fn key(labels: &BTreeMap<String, String>) -> (String, String) {
    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    (label("job"), label("instance"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Server;

    fn loads(texts: &[&str]) -> (Vec<TargetLoad>, u64) {
        let mut recorded = Recorded::default();
        for text in texts {
            recorded.add(text).unwrap();
        }
        let (model, _) = CostModel::embedded(&Server::default());
        recorded.loads(&model, &ServerSettings::default())
    }

    const TARGETS: &str = r#"{"status":"success","data":{"activeTargets":[
        {"discoveredLabels":{"__address__":"a:1","__meta_kubernetes_pod_name":"p"},
         "labels":{"instance":"x","job":"j","port":"1"},"health":"up"},
        {"discoveredLabels":{"__address__":"a:2"},"labels":{"instance":"x","job":"j","port":"2"}},
        {"discoveredLabels":{"__address__":"b:1"},"labels":{"instance":"y","job":"j"}}]}}"#;

    const SAMPLES: &str = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"__name__":"scrape_samples_post_metric_relabeling","instance":"x","job":"j",
         "port":"2"},"value":[1,"200"]},
        {"metric":{"__name__":"scrape_samples_post_metric_relabeling","instance":"x","job":"j",
         "port":"1"},"value":[1,"100"]}]}}"#;

    #[test]
    fn a_servers_answers_weigh_its_targets() {
        let (found, uncounted) = loads(&[TARGETS, SAMPLES]);
        let series: Vec<u64> = found.iter().map(|load| load.series).collect();
        assert_eq!((series, uncounted), (vec![105, 205, 155], 1));
        assert_eq!(found[0].label("__meta_kubernetes_pod_name"), "p");
        assert_eq!(found[0].job, "j");
        assert!(found[0].bytes > 100 * 300 && found[1].bytes > found[0].bytes);
        let (counted, _) = loads(&[SAMPLES]);
        assert_eq!((counted.len(), counted[0].label("__address__")), (2, "x"));
    }

    #[test]
    fn a_census_by_target_is_enough() {
        let census = r#"{"schema":1,"series":30,"by":[
            {"dimension":"job","groups":[{"key":{"job":"j"},"series":30}]},
            {"dimension":"target","groups":[
             {"key":{"instance":"a:1","job":"j"},"series":20,"samples":20,"label_bytes":3000},
             {"key":{"instance":"b:1","job":"j"},"series":10,"samples":10,"label_bytes":900}]}]}"#;
        let (found, _) = loads(&[census]);
        let told: Vec<_> = found.iter().map(|it| (it.label("__address__"), it.series)).collect();
        assert_eq!(told, [("a:1", 25), ("b:1", 15)]);
        assert!(found[0].bytes > found[1].bytes);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "[]", "{}", r#"{"data":{"activeTargets":[]}}"#, r#"{"data":3}"#] {
            assert!(Recorded::default().add(text).is_err(), "{text}");
        }
    }
}
