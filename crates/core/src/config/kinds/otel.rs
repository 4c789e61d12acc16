//! An OpenTelemetry collector: the configuration of Prometheus in each of its Prometheus receivers,
//! and the target allocator's.

use super::native::{read as read_native, read_list};
use super::{Reading, embedded};
use crate::doc::{Node, Style};

/// Whether the collector expands `$` in the tree: everywhere but in the allocator's own file.
pub(super) fn is_expanded(root: Node<'_>) -> bool {
    root.is_sequence() || root.get("spec").is_some() || collector(root).is_some()
}

/// The collector's configuration, which a chart's values hold under `config`.
fn collector(root: Node<'_>) -> Option<Node<'_>> {
    let is_it = |node: &Node<'_>| node.get("receivers").is_some();
    Some(root).filter(is_it).or_else(|| root.get("config").filter(is_it))
}

/// Reads a collector's configuration, its custom resource, its target allocator's file, or a list
/// of scrape configs that a chart puts into one.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_, '_>) {
    if root.is_sequence() {
        read_list(root, "", reading);
    } else if let Some(spec) = root.get("spec") {
        if let Some(list) = spec.get("scrapeConfigs") {
            read_list(list, "spec.", reading);
        }
        match spec.get("config") {
            Some(config) if config.style() == Style::Literal => {
                embedded::read_block(config, reading);
            }
            Some(config) => receivers(config, reading),
            None => {}
        }
    } else if let Some(config) = collector(root) {
        receivers(config, reading);
    } else if let Some(config) = root.get("config") {
        native(config, reading);
    }
}

fn receivers(config: Node<'_>, reading: &mut Reading<'_, '_>) {
    let receivers = config.get("receivers").map(Node::fields).unwrap_or_default();
    for receiver in receivers {
        let name = receiver.key.resolved().text();
        if !matches!(name.split('/').next(), Some("prometheus" | "prometheus_simple")) {
            continue;
        }
        if let Some(config) = receiver.value.get("config").filter(|config| config.is_mapping()) {
            native(config, reading);
        }
        let allocator = receiver.value.get("target_allocator");
        if let Some(list) = allocator.and_then(|allocator| allocator.get("scrape_configs")) {
            read_list(list, &format!("receivers.{name}.target_allocator."), reading);
        }
    }
}

fn native(config: Node<'_>, reading: &mut Reading<'_, '_>) {
    let outer = reading.report.prefix.clone();
    reading.report.prefix = format!("{outer}{}.", config.path());
    read_native(config, reading);
    reading.report.prefix = outer;
}
