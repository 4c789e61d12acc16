//! Helm values, and anything else that carries relabel rules under keys that charts agree on, such
//! as `serviceMonitor.metricRelabelings` or `additionalScrapeConfigs`.

use super::native::read_list;
use super::{Reading, embedded, sniff};
use crate::config::crd::camel;
use crate::config::model::{Alertmanager, ChainKind, RemoteWrite};
use crate::config::parse::read_rules;
use crate::doc::{Node, NodeKind, Style};
use crate::relabel::StepField;
use crate::server::KeyCase;

/// Finds the rules wherever they are.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_, '_>) {
    // Aliases are not followed: what they point to is visited where it stands.
    match root.kind() {
        NodeKind::Sequence => root.items().for_each(|item| read(item, reading)),
        NodeKind::Mapping => read_mapping(root, reading),
        NodeKind::Scalar if root.style() == Style::Literal && is_ours(root.text()) => {
            embedded::read_yaml(root, reading);
        }
        NodeKind::Scalar | NodeKind::Alias => {}
    }
}

fn is_ours(text: &str) -> bool {
    !sniff(text).is_empty()
}

/// The chains of one exporter: `cAdvisorRelabelings` and `cAdvisorMetricRelabelings`.
#[derive(Default)]
struct Pair<'d> {
    prefix: String,
    keys: Option<KeyCase>,
    target: Option<Node<'d>>,
    metric: Option<Node<'d>>,
}

fn read_mapping(mapping: Node<'_>, reading: &mut Reading<'_, '_>) {
    if is_rule_file(mapping) {
        return read_rules(reading.project, mapping, reading.report);
    }
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for (key, value) in mapping.entries() {
        let name = key.resolved().text();
        match chain_key(name).filter(|_| value.is_sequence()) {
            Some((prefix, kind)) if is_chain(value) => {
                let keys = key_case(name, value);
                match kind {
                    ChainKind::Target | ChainKind::Metric => {
                        let pair = pair_of(&mut pairs, prefix);
                        let other = pair.keys.filter(|before| *before != keys);
                        pair.keys = Some(other.map_or(keys, |_| KeyCase::Either));
                        let place = if kind == ChainKind::Target {
                            &mut pair.target
                        } else {
                            &mut pair.metric
                        };
                        *place = Some(value);
                    }
                    _ => other_chain(mapping, value, kind, keys, reading),
                }
            }
            _ if is_job_list(name, value) => {
                read_list(value, &format!("{}{}: ", reading.report.prefix, value.path()), reading);
            }
            _ => read(value, reading),
        }
    }
    for pair in pairs {
        let path = format!("{}{}", reading.report.prefix, mapping.path());
        let name = match (pair.prefix.as_str(), path.as_str()) {
            ("", _) => path,
            (prefix, "") => prefix.to_owned(),
            (prefix, _) => format!("{path}.{prefix}"),
        };
        let keys = pair.keys.unwrap_or(KeyCase::Camel);
        reading.fragment(name, mapping, keys, pair.target, pair.metric);
    }
}

fn pair_of<'p, 'd>(pairs: &'p mut Vec<Pair<'d>>, prefix: &str) -> &'p mut Pair<'d> {
    let at = pairs.iter().position(|pair| pair.prefix == prefix).unwrap_or(pairs.len());
    if at == pairs.len() {
        pairs.push(Pair { prefix: prefix.to_owned(), ..Pair::default() });
    }
    &mut pairs[at]
}

fn other_chain(
    holder: Node<'_>,
    list: Node<'_>,
    kind: ChainKind,
    keys: KeyCase,
    reading: &mut Reading<'_, '_>,
) {
    let chain = reading.chain(kind, keys, None, holder, Some(list));
    let location = holder.location();
    if kind == ChainKind::Write {
        let url = holder.get("url").map_or("", Node::text).to_owned();
        let write = RemoteWrite { name: None, location, url, write_chain: chain };
        reading.project.remote_writes.push(write);
    } else {
        let manager = Alertmanager { location, alert_chain: chain, ..Alertmanager::default() };
        reading.project.alerting.alertmanagers.push(manager);
    }
}

/// The prefix and the kind of chain that a key tells.
fn chain_key(key: &str) -> Option<(&str, ChainKind)> {
    const ENDS: [(&str, ChainKind); 11] = [
        ("metric_relabel_configs", ChainKind::Metric),
        ("write_relabel_configs", ChainKind::Write),
        ("alert_relabel_configs", ChainKind::Alert),
        ("relabel_configs", ChainKind::Target),
        ("etricRelabelings", ChainKind::Metric),
        ("etricRelabelConfigs", ChainKind::Metric),
        ("riteRelabelConfigs", ChainKind::Write),
        ("lertRelabelConfigs", ChainKind::Alert),
        ("elabelings", ChainKind::Target),
        ("elabelConfigs", ChainKind::Target),
        ("elabelingConfigs", ChainKind::Target),
    ];
    let (end, kind) = ENDS.into_iter().find(|(end, _)| key.ends_with(end))?;
    let mut prefix = key[..key.len() - end.len()].chars();
    if end.starts_with(['e', 'r', 'l']) && !end.contains('_') {
        prefix.next_back();
    }
    Some((prefix.as_str(), kind))
}

/// Whether every item has a field of a relabel config, however it is spelt.
fn is_chain(list: Node<'_>) -> bool {
    let is_field = |key: &str| {
        let named = |field: StepField| key == field.key() || key == camel(field.key());
        StepField::ALL.into_iter().any(named) || key == "if"
    };
    let is_step = |item: Node<'_>| {
        item.is_mapping() && item.fields().iter().any(|field| is_field(field.key.resolved().text()))
    };
    list.items().len() > 0 && list.items().all(is_step)
}

/// Charts hand `…abelings` to the operator, and `…abelConfigs` to that of `VictoriaMetrics`, which
/// reads both spellings; the rest is spelt as its steps are.
fn key_case(key: &str, list: Node<'_>) -> KeyCase {
    let any = |is: fn(char) -> bool| {
        let mut keys = list.items().flat_map(Node::fields).map(|field| field.key.resolved());
        keys.any(|key| key.text().contains(is))
    };
    let is_snake = || any(|letter| letter == '_');
    if key.ends_with("abelings") || key == "writeRelabelConfigs" {
        KeyCase::Camel
    } else if key.contains('_') || key.starts_with("additional") {
        KeyCase::Snake
    } else if is_snake() {
        if any(char::is_uppercase) { KeyCase::Either } else { KeyCase::Snake }
    } else {
        KeyCase::Camel
    }
}

fn is_job_list(key: &str, value: Node<'_>) -> bool {
    let named = matches!(
        key,
        "additionalScrapeConfigs" | "extraScrapeConfigs" | "scrape_configs" | "scrapeConfigs"
    );
    let is_job = |item: Node<'_>| item.get("job_name").is_some() && !sniff::gathers_logs(item);
    named && value.items().len() > 0 && value.items().all(is_job)
}

fn is_rule_file(mapping: Node<'_>) -> bool {
    let Some(groups) = mapping.get("groups").filter(|_| mapping.entries().len() == 1) else {
        return false;
    };
    let is_group = |item: Node<'_>| item.get("name").is_some() && item.get("rules").is_some();
    groups.items().len() > 0 && groups.items().all(is_group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, expected: impl Into<Option<(&'static str, ChainKind)>>) {
        assert_eq!(chain_key(key), expected.into(), "{key}");
    }

    #[test]
    fn keys_tell_chains() {
        check("metricRelabelings", ("", ChainKind::Metric));
        check("relabelings", ("", ChainKind::Target));
        check("cAdvisorMetricRelabelings", ("cAdvisor", ChainKind::Metric));
        check("cAdvisorRelabelings", ("cAdvisor", ChainKind::Target));
        check("relabelingConfigs", ("", ChainKind::Target));
        check("writeRelabelConfigs", ("", ChainKind::Write));
        check("additionalAlertRelabelConfigs", ("additional", ChainKind::Alert));
        check("metric_relabel_configs", ("", ChainKind::Metric));
        check("relabel", None);
        check("elabelings", ("", ChainKind::Target));
        check("write\u{fffd}elabelConfigs", ("write", ChainKind::Target));
    }
}
