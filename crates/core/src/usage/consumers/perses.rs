//! Perses dashboards, as files and as resources of its operator: whatever plugin of Prometheus asks.

use super::Reading;
use super::walk::{every_mapping, resource_name, text};
use crate::doc::Node;
use crate::usage::labels::LabelNeed;
use crate::usage::query::{OriginKind, Variables};

/// Kinds of plugins that ask other servers, or nobody.
const OTHER: [&str; 9] =
    ["Loki", "Tempo", "Pyroscope", "ClickHouse", "Victoria", "Static", "Jaeger", "SQL", "Open"];

/// Reads a dashboard.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    let is_ours = match text(root, "kind") {
        "PersesDashboard" => true,
        "Dashboard" => root.get("spec").is_some_and(is_perses),
        _ => false,
    };
    if !is_ours {
        return false;
    }
    let mut name = resource_name(root);
    every_mapping(root, &mut |node| {
        let title = node.get("display").map_or("", |display| text(display, "name"));
        if !title.is_empty() {
            name = title;
        }
        if let Some(spec) = node.get("spec").filter(|spec| spec.is_mapping()) {
            plugin(node, text(node, "kind"), spec, name, reading);
        }
    });
    true
}

/// Grafana's resources are called dashboards, too.
fn is_perses(spec: Node<'_>) -> bool {
    let panels = spec.get("panels").filter(|panels| panels.is_mapping());
    panels.is_some_and(|panels| panels.entries().all(|(_, panel)| text(panel, "kind") == "Panel"))
}

fn plugin(node: Node<'_>, kind: &str, spec: Node<'_>, name: &str, reading: &mut Reading<'_>) {
    if !kind.starts_with("Prometheus") {
        let asks = kind.ends_with("Query") && !kind.ends_with("DataQuery") && kind.len() > 10;
        let is_plugin = asks && !kind.starts_with("TimeSeries");
        if is_plugin && !OTHER.iter().any(|other| kind.starts_with(other)) {
            let left = format!("`{name}` asks by the unknown plugin `{kind}`: it is not counted");
            reading.note(node, left);
        }
        return;
    }
    let panel = OriginKind::DashboardPanel;
    let variable = OriginKind::DashboardVariable;
    if let Some(query) = spec.get("query").filter(|query| query.is_scalar()) {
        ask(panel, name, query, None, reading);
    }
    if let Some(expr) = spec.get("expr").filter(|expr| expr.is_scalar()) {
        ask(variable, name, expr, None, reading);
    }
    let label = text(spec, "labelName");
    let mut matchers = spec.get("matchers").into_iter().flat_map(Node::items).peekable();
    if matchers.peek().is_none() && kind.ends_with("LabelValuesVariable") {
        let location = reading.origin(variable, name, node);
        reading
            .consumers
            .queries
            .push(super::Query::new(format!("label_values({label})"), location));
    }
    for matcher in matchers {
        let need = (!label.is_empty() && !label.contains('$')).then(|| LabelNeed::only([label]));
        ask(variable, name, matcher, need, reading);
    }
}

fn ask(
    kind: OriginKind,
    name: &str,
    node: Node<'_>,
    demand: Option<LabelNeed>,
    reading: &mut Reading<'_>,
) {
    let Some(query) = reading.query(kind, name, node) else { return };
    query.variables = Some(Variables::default());
    query.demand = demand.unwrap_or(LabelNeed::All);
}
