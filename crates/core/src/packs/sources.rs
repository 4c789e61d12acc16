//! How series are spared where they are made: the setting of the exporter by the metric's name.

use std::sync::OnceLock;

/// A setting of whoever shows metrics of some prefixes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Who has the setting.
    pub who: String,
    prefixes: Vec<String>,
    /// Whether it turns off every metric of a prefix.
    #[serde(default)]
    pub whole: bool,
    metrics: String,
    labels: Option<String>,
}

impl Source {
    /// The prefixes that the setting reaches: that of the metric alone where the text names it.
    pub fn reach<'s>(&'s self, prefix: &'s str) -> Vec<&'s str> {
        if self.metrics.contains("{prefix}") {
            return vec![prefix];
        }
        self.prefixes.iter().map(String::as_str).collect()
    }

    /// What turns off these metrics of a prefix.
    pub fn without_metrics(&self, prefix: &str, metrics: &[String]) -> String {
        let stem = prefix.trim_end_matches('_');
        self.metrics.replace("{list}", &metrics.join(",")).replace("{prefix}", stem)
    }

    /// What takes labels away, where that can be set.
    pub fn without_labels(&self, labels: &[&str]) -> Option<String> {
        self.labels.as_ref().map(|text| text.replace("{labels}", &labels.join(", ")))
    }
}

/// The setting for a metric, by the longest known prefix of its name, and the prefix.
pub fn source_of(metric: &str) -> Option<(&'static Source, &'static str)> {
    let pairs =
        sources().iter().flat_map(|it| it.prefixes.iter().map(move |prefix| (it, prefix.as_str())));
    let matching = pairs.filter(|(_, prefix)| metric.starts_with(prefix));
    matching.max_by_key(|(_, prefix)| prefix.len())
}

fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        serde_json::from_str(promsieve_rules::SOURCES).expect("a test reads the embedded file")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_has_the_setting() {
        let metrics = ["a".to_owned(), "b".to_owned()];
        let (source, prefix) = source_of("kube_pod_info").unwrap();
        assert_eq!(source.without_metrics(prefix, &metrics), "`--metric-denylist=a,b`");
        let (source, prefix) = source_of("jvm_threads").unwrap();
        assert_eq!(source.without_metrics(prefix, &[]), "`management.metrics.enable.jvm=false`");
        assert!(source.whole && source.without_labels(&["x"]).is_none());
        let (source, _) = source_of("istio_requests_total").unwrap();
        let wanted =
            "in a Telemetry resource, `tagOverrides` with `operation: REMOVE` for pod, app";
        assert_eq!(source.without_labels(&["pod", "app"]).as_deref(), Some(wanted));
        assert_eq!(source_of("orders_total"), None);
    }

    #[test]
    fn a_setting_reaches_what_its_collector_shows_and_no_prefix_has_two() {
        let reach = |metric| source_of(metric).map(|(source, prefix)| source.reach(prefix));
        assert_eq!(reach("jvm_threads"), Some(vec!["jvm_"]));
        let thermal = reach("node_thermal_zone_temp").unwrap();
        assert!(thermal.contains(&"node_cooling_device_"), "{thermal:?}");
        let netdev = reach("node_network_receive_bytes_total");
        assert_ne!(netdev, reach("node_network_mtu_bytes"));
        assert_ne!(netdev, reach("node_network_transmit_queue_length"));
        let all = sources().iter().flat_map(|source| &source.prefixes);
        let distinct: std::collections::BTreeSet<_> = all.clone().collect();
        assert_eq!(distinct.len(), all.count());
    }
}
