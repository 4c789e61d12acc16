//! The `global` section: defaults, and what its own code refuses (config/config.go).

use super::model::{ClassicHistograms, Global, Limits, Located, Project};
use super::report::{Report, quoted};
use super::values;
use crate::doc::Node;
use crate::server::{NameScheme, Server};

/// Reads the section, or its defaults where it is not written.
pub(super) fn read_global(project: &mut Project, root: Node<'_>, report: &mut Report<'_>) {
    let mut global = Global {
        scrape_interval: 60_000,
        scrape_timeout: 10_000,
        evaluation_interval: 60_000,
        ..Global::default()
    };
    if !project.server.at_least(3, 0) {
        global.name_scheme = NameScheme::Legacy;
    }
    let Some(node) = root.get("global").filter(|node| node.is_mapping()) else {
        project.global = global;
        return;
    };
    global.location = Some(node.location());
    let set = |key: &str| milliseconds(node, key).filter(|&value| value > 0);
    global.scrape_interval = set("scrape_interval").unwrap_or(global.scrape_interval);
    global.evaluation_interval = set("evaluation_interval").unwrap_or(global.evaluation_interval);
    let timeout = set("scrape_timeout");
    if let (Some(timeout), Some(value)) = (timeout, node.get("scrape_timeout"))
        && timeout > global.scrape_interval
    {
        report.refuse(value.location(), "global scrape timeout greater than scrape interval");
    }
    global.scrape_timeout = timeout.unwrap_or(global.scrape_timeout.min(global.scrape_interval));
    global.external_labels = pairs(node.get("external_labels"));
    global.limits = limits(node);
    global.classic_histograms = classic_histograms(node, ClassicHistograms::default());
    if let Some(words) = protocols(node, project.server) {
        report.refuse(words.location, format!("{} for global config", words.value));
    }
    read_schemes(node, &mut global, project, report);
    project.global = global;
}

fn read_schemes(node: Node<'_>, global: &mut Global, project: &Project, report: &mut Report<'_>) {
    if let Some(value) = node.get("metric_name_validation_scheme") {
        match values::choice(value) {
            "legacy" => global.name_scheme = NameScheme::Legacy,
            "utf8" | "" => {}
            other => {
                let message = format!(
                    "unknown global name validation method specified, must be either 'legacy' or \
                     'utf8', got {other}"
                );
                // Before 3.7 it is the jobs that look at it.
                if project.server.at_least(3, 7) || has_jobs(node) {
                    report.refuse(value.location(), message);
                }
            }
        }
    }
    if let Some(value) = node.get("metric_name_escaping_scheme")
        && !values::choice(value).is_empty()
        && !ESCAPING.contains(&value.text())
        && has_jobs(node)
    {
        report.refuse(value.location(), unknown_escaping("global", value.text()));
    }
}

fn has_jobs(global: Node<'_>) -> bool {
    let root = global.document().root();
    root.and_then(|root| root.get("scrape_configs")).is_some_and(|jobs| jobs.items().len() > 0)
}

/// What `metric_name_escaping_scheme` takes.
pub(super) const ESCAPING: [&str; 4] = ["allow-utf-8", "underscores", "dots", "values"];

/// The server's words for another escaping scheme, in a global or `scrape config` section.
pub(super) fn unknown_escaping(section: &str, got: &str) -> String {
    format!(
        "unknown {section} name escaping method specified, must be one of 'allow-utf-8', \
         'underscores', 'dots', or 'values', got {got}"
    )
}

/// A duration field that is written and fits.
pub(super) fn milliseconds(node: Node<'_>, key: &str) -> Option<u64> {
    values::duration(node.get(key)?.text()).ok()
}

/// The pairs of a mapping of texts.
pub(super) fn pairs(node: Option<Node<'_>>) -> Vec<(Located<String>, Located<String>)> {
    let located = |node: Node<'_>| {
        let node = node.resolved();
        let text = values::string(node, "string").ok().flatten().unwrap_or_default();
        Located::new(text, node.location())
    };
    let fields = node.map(Node::fields).unwrap_or_default();
    fields.iter().map(|field| (located(field.key), located(field.value))).collect()
}

/// What `node` says about classic histograms, or else `otherwise`.
pub(super) fn classic_histograms(
    node: Node<'_>,
    otherwise: ClassicHistograms,
) -> ClassicHistograms {
    let flag = |key: &str, otherwise: bool| {
        let written = node.get(key).and_then(|value| values::boolean(value).ok());
        written.flatten().unwrap_or(otherwise)
    };
    ClassicHistograms {
        to_nhcb: flag("convert_classic_histograms_to_nhcb", otherwise.to_nhcb),
        keep: flag("always_scrape_classic_histograms", otherwise.keep),
    }
}

/// The limits that `node` writes.
pub(super) fn limits(node: Node<'_>) -> Limits {
    limits_as(node, str::to_owned)
}

/// The limits that `node` writes under keys that `name` spells.
pub(super) fn limits_as(node: Node<'_>, name: impl Fn(&str) -> String) -> Limits {
    let field = |key: &str, read: fn(Node<'_>) -> Option<u64>| {
        let value = node.get(&name(key))?;
        read(value).map(|number| Located::new(number, value.location()))
    };
    let count = |key: &str| field(key, |value| values::unsigned(value, "uint").ok().flatten());
    Limits {
        sample: count("sample_limit"),
        label: count("label_limit"),
        label_name_length: count("label_name_length_limit"),
        label_value_length: count("label_value_length_limit"),
        target: count("target_limit"),
        body_size: field("body_size_limit", |value| values::size(value.text()).ok()),
        keep_dropped: count("keep_dropped_targets"),
    }
}

/// What is wrong with `scrape_protocols`, without the name of the section.
pub(super) fn protocols(node: Node<'_>, server: Server) -> Option<Located<String>> {
    let list = node.get("scrape_protocols").filter(|list| list.is_sequence())?;
    let wrong = |node: Node<'_>, words: String| Some(Located::new(words, node.location()));
    if list.items().len() == 0 {
        return wrong(list, "scrape_protocols cannot be empty".to_owned());
    }
    let mut seen: Vec<String> = Vec::new();
    for item in list.items().map(Node::resolved) {
        let lower = item.text().to_ascii_lowercase();
        if seen.contains(&lower) {
            let all: Vec<_> = list.items().map(|item| item.resolved().text()).collect();
            let all = all.join(" ");
            return wrong(item, format!("duplicated protocol in scrape_protocols, got [{all}]"));
        }
        if let Some(words) = unknown_protocol(item.text(), server) {
            return wrong(item, format!("scrape_protocols: {words}"));
        }
        seen.push(lower);
    }
    None
}

/// The server's words for a scrape protocol that it does not know.
pub(super) fn unknown_protocol(name: &str, server: Server) -> Option<String> {
    const ALL: [&str; 5] = [
        "OpenMetricsText0.0.1",
        "OpenMetricsText1.0.0",
        "PrometheusProto",
        "PrometheusText0.0.4",
        "PrometheusText1.0.0",
    ];
    // The last one came with 3.0.
    let known = if server.at_least(3, 0) { &ALL[..] } else { &ALL[..4] };
    let words = || {
        format!(
            "unknown scrape protocol {}, supported: [{}]",
            quoted(name).trim_matches('"'),
            known.join(" ")
        )
    };
    (!known.contains(&name)).then(words)
}
