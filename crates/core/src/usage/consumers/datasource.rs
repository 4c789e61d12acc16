//! Which language a Grafana datasource speaks, by its kind.

use std::collections::BTreeMap;

use super::walk::{every_mapping, text};
use crate::doc::Node;

/// What the queries of a datasource are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language<'d> {
    /// `PromQL`, or nothing else is known.
    PromQl,
    /// Another language: its queries ask for no series here.
    Other,
    /// A datasource of this kind, of which nothing is known.
    Unknown(&'d str),
}

/// Kinds that speak `PromQL`, or a language that `PromQL` is a part of.
const PROMQL: [&str; 6] = [
    "prometheus",
    "grafana-amazonprometheus-datasource",
    "grafana-azureprometheus-datasource",
    "victoriametrics-datasource",
    "victoriametrics-metrics-datasource",
    "mimir",
];

/// Parts of the names of kinds that speak other languages, those of logs, traces, profiles and
/// databases.
const OTHER: [&str; 45] = [
    "alertmanager",
    "athena",
    "azure-monitor",
    "azuremonitor",
    "bigquery",
    "clickhouse",
    "cloudwatch",
    "csv",
    "databricks",
    "datadog",
    "dynatrace",
    "elasticsearch",
    "falconlogscale",
    "github",
    "gitlab",
    "googlesheets",
    "grafana-iot",
    "graphite",
    "infinity",
    "influxdb",
    "jaeger",
    "jira",
    "json",
    "kusto",
    "logs",
    "loki",
    "mongodb",
    "mssql",
    "mysql",
    "newrelic",
    "opensearch",
    "opentsdb",
    "oracle",
    "parca",
    "phlare",
    "postgres",
    "pyroscope",
    "snowflake",
    "splunk",
    "sqlite",
    "stackdriver",
    "tempo",
    "testdata",
    "zabbix",
    "zipkin",
];

/// Grafana's own: results of other queries, the built-in ones, and panels of mixed datasources, where
/// each query names its own.
const OWN: [&str; 6] =
    ["__expr__", "grafana", "-- grafana --", "-- dashboard --", "dashboard", "datasource"];

/// The language of a kind of datasource.
pub(super) fn language(kind: &str) -> Language<'_> {
    let lower = kind.to_ascii_lowercase();
    if lower.is_empty() || PROMQL.contains(&lower.as_str()) || lower.contains("prometheus") {
        Language::PromQl
    } else if OWN.contains(&lower.as_str()) || OTHER.iter().any(|part| lower.contains(part)) {
        Language::Other
    } else {
        Language::Unknown(kind)
    }
}

/// What the variables of a dashboard stand for that choose a datasource.
#[derive(Debug, Default)]
pub(super) struct Datasources<'d>(BTreeMap<&'d str, &'d str>);

impl<'d> Datasources<'d> {
    /// Those of a dashboard: its variables, and the inputs that an exported one asks for.
    pub(super) fn of(root: Node<'d>) -> Self {
        let mut kinds = BTreeMap::new();
        every_mapping(root, &mut |node| match (text(node, "type"), text(node, "kind")) {
            ("datasource", _) if node.get("pluginId").is_some() => {
                kinds.insert(text(node, "name"), text(node, "pluginId"));
            }
            ("datasource", _) if node.get("query").is_some() => {
                kinds.insert(text(node, "name"), text(node, "query"));
            }
            (_, "DatasourceVariable") => {
                if let Some(spec) = node.get("spec") {
                    kinds.insert(text(spec, "name"), text(spec, "pluginId"));
                }
            }
            _ => {}
        });
        Self(kinds)
    }

    /// The language of the datasource that `node` names itself; `None` where it names none.
    pub(super) fn named_by(&self, node: Node<'d>) -> Option<Language<'d>> {
        if let Some(source) = node.get("datasource").filter(|source| !source.is_null()) {
            return Some(self.of_reference(source));
        }
        // The newest schema names the kind beside `spec`, and plugins' kinds begin in lower case.
        node.get("spec")?;
        let kinds = [text(node, "group"), text(node, "kind")];
        let kind = kinds.into_iter().find(|kind| kind.starts_with(|c: char| c.is_lowercase()))?;
        Some(language(kind))
    }

    fn of_reference(&self, source: Node<'d>) -> Language<'d> {
        let kind = text(source, "type");
        let name = [source.text(), text(source, "uid"), text(source, "name")];
        let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        if name == "-- Mixed --" {
            return Language::PromQl;
        }
        if !kind.is_empty() {
            return language(kind);
        }
        if language(name) == Language::Other {
            return Language::Other;
        }
        let variable = name.trim_start_matches(['$', '{', '[']).trim_end_matches(['}', ']']);
        // The name of a datasource says nothing of its kind.
        self.0.get(variable).map_or(Language::PromQl, |kind| language(kind))
    }
}

/// Whether `expr` is a query of logs: a selector without a name, and a pipe or a filter of lines
/// behind it, which `PromQL` has not.
pub(super) fn is_logql(expr: &str) -> bool {
    let (mut quote, mut last, mut after_braces) = (None, ' ', false);
    let mut nameless = false;
    let mut chars = expr.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('"' | '\''), '\\') => drop(chars.next()),
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '{') => nameless = !(last.is_alphanumeric() || matches!(last, '_' | ':' | '}')),
            (None, '}') => after_braces = nameless,
            (None, '|') if after_braces => return true,
            (None, '!') if after_braces && last == '}' => {
                let rest: String = chars.clone().skip(1).collect();
                let rest = rest.trim_start();
                return rest.starts_with(['"', '`']);
            }
            _ => {}
        }
        if !c.is_whitespace() {
            last = c;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_told_from_series() {
        for logs in [
            "{app=\"x\"} |= `y`",
            "sum by (a) (count_over_time({app=\"x\"} | json | a=\"b\" [5m]))",
            "rate({app=\"|\"} |~ \"x\" [1m])",
            "{app=\"x\"} != \"y\"",
        ] {
            assert!(is_logql(logs), "{logs}");
        }
        for series in
            ["m{a=~\"x|y\"}", "{__name__=~\"a|b\"} != 1", "m{a=\"b\"} |", "sum({a=\"|\"})"]
        {
            assert!(!is_logql(series), "{series}");
        }
    }

    #[test]
    fn kinds_have_a_language() {
        assert_eq!(language("grafana-amazonprometheus-datasource"), Language::PromQl);
        assert_eq!(language("grafana-clickhouse-datasource"), Language::Other);
        assert_eq!(language("acme-datasource"), Language::Unknown("acme-datasource"));
    }
}
