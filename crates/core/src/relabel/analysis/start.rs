//! What is known about every label set at the start of a chain.

use std::collections::BTreeMap;

use crate::regexp::language::{Language, Languages};
use crate::regexp::{Dialect, Pattern};
use crate::server::Server;

/// Names of Kubernetes objects are DNS subdomains, those of namespaces and containers DNS labels
/// (`apimachinery/pkg/util/validation`). Empty where the object has none.
const KUBERNETES: [(&str, &str); 10] = [
    ("__meta_kubernetes_namespace", "[a-z0-9-]*"),
    ("__meta_kubernetes_pod_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_service_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_endpoints_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_endpointslice_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_node_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_pod_node_name", "[a-z0-9.-]*"),
    ("__meta_kubernetes_pod_container_name", "[a-z0-9-]*"),
    ("__meta_kubernetes_pod_container_port_name", "[a-z0-9-]*"),
    ("__meta_kubernetes_pod_container_port_number", "[0-9]*"),
];

/// What a server sets for every target before its chain (`relabel::target::discover`).
const OF_TARGETS: [&str; 5] =
    ["__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__", "job"];

/// Names that label sets after target relabeling do not have: the server removes those that begin
/// with `__`. What an application exposes itself could have such a name; none does.
const GONE_AFTER_SCRAPE: &str = "__meta_.*|__param_.*|__tmp.*|__address__|__scheme__\
     |__metrics_path__|__scrape_interval__|__scrape_timeout__";

/// What every label set has in common where a chain starts.
#[derive(Debug, Clone)]
pub struct Start {
    /// The values of some labels; "" stands for no label.
    pub(super) labels: BTreeMap<String, Language>,
    /// Names of all other labels that may be there.
    pub(super) names: Language,
    /// Values that witnesses take where they may.
    pub(super) usual: Vec<(&'static str, &'static str)>,
}

impl Start {
    /// Any label set at all.
    pub fn any(languages: &Languages) -> Self {
        Self { labels: BTreeMap::new(), names: language(languages, ".+"), usual: Vec::new() }
    }

    /// Discovered targets, with what the server sets for each of them before their chain.
    pub fn target(languages: &Languages, server: Server) -> Self {
        let usual = vec![("__address__", "10.0.0.1:9100"), ("job", "app")];
        let start = Self { usual, ..Self::any(languages) };
        if !server.capabilities().sets_before_relabeling {
            // Processes and log files are targets there too, and have no address.
            return start;
        }
        start.having(languages, &["__address__"]).having(languages, &OF_TARGETS)
    }

    /// Discovered Alertmanagers.
    pub fn alertmanager(languages: &Languages) -> Self {
        let usual = vec![("__address__", "10.0.0.1:9093")];
        let set = ["__address__", "__scheme__", "__alerts_path__"];
        Self { usual, ..Self::any(languages) }.having(languages, &set)
    }

    /// Samples with the labels of their target.
    pub fn metric(languages: &Languages) -> Self {
        let usual = vec![("__name__", "up"), ("instance", "10.0.0.1:9100"), ("job", "app")];
        let start = Self { usual, ..Self::any(languages) }.having(languages, &["__name__"]);
        start.without(languages, GONE_AFTER_SCRAPE)
    }

    /// Stored series on their way to another store: as [`Start::metric`].
    pub fn write(languages: &Languages) -> Self {
        Self::metric(languages)
    }

    /// Alerts.
    pub fn alert(languages: &Languages) -> Self {
        let usual = vec![("alertname", "TargetDown"), ("job", "app")];
        let start = Self { usual, ..Self::any(languages) }.having(languages, &["alertname"]);
        start.without(languages, GONE_AFTER_SCRAPE)
    }

    /// The same, where what Kubernetes guarantees of the names that it discovers holds too. Labels of
    /// that name can come from elsewhere, from a file for instance.
    #[must_use]
    pub fn with_discovery(mut self, languages: &Languages) -> Self {
        for (name, values) in KUBERNETES {
            self = self.with_label(name, language(languages, values));
        }
        self
    }

    /// The same, where the label has one of these values; "" stands for no label.
    #[must_use]
    pub fn with_label(mut self, name: &str, values: Language) -> Self {
        self.labels.insert(name.to_owned(), values);
        self
    }

    /// The same, where labels of which nothing is said have one of these names.
    #[must_use]
    pub fn with_names(self, names: Language) -> Self {
        Self { names, ..self }
    }

    fn having(mut self, languages: &Languages, names: &[&str]) -> Self {
        for name in names {
            self = self.with_label(name, language(languages, ".+"));
        }
        self
    }

    fn without(self, languages: &Languages, names: &str) -> Self {
        let gone = language(languages, names);
        let names = languages.difference(&self.names, &gone).expect("these automata are small");
        Self { names, ..self }
    }

    /// Whether the label may have this value at the start; "" stands for no label.
    pub fn allows(&self, label: &str, value: &str) -> bool {
        match self.labels.get(label) {
            Some(values) => values.contains(value),
            None => value.is_empty() || self.names.contains(label),
        }
    }

    /// The values of a label at the start.
    pub(super) fn values(&self, languages: &Languages, name: &str) -> Language {
        match self.labels.get(name) {
            Some(values) => languages.keep(values),
            None if self.names.contains(name) => languages.all(),
            None => languages.literal(""),
        }
    }
}

/// The language of a small regex of our own, in which `.` matches a newline too.
pub(super) fn language(languages: &Languages, regex: &str) -> Language {
    let dialect = Dialect::of(Server::default());
    let pattern = Pattern::parse(regex, dialect).expect("it is one of ours");
    languages.of(&pattern).expect("it is small")
}
