//! Grafana Agent in static mode: `metrics.configs[]`, each with scrape configs and remote writes of
//! Prometheus's shape.

use super::Reading;
use super::native::read_list;
use crate::config::parse::read_remotes;
use crate::doc::Node;

/// Reads the instances of the agent's configuration.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_, '_>) {
    // Until 0.23 the section was called `prometheus`.
    for section in ["metrics", "prometheus"] {
        let Some(metrics) = root.get(section) else { continue };
        let configs = metrics.get("configs").into_iter().flat_map(Node::items);
        for (index, config) in configs.enumerate() {
            let prefix = format!("{section}.configs[{index}].");
            if let Some(list) = config.get("scrape_configs") {
                read_list(list, &prefix, reading);
            }
            read_writes(config, &prefix, reading);
        }
        if let Some(global) = metrics.get("global") {
            read_writes(global, &format!("{section}.global."), reading);
        }
    }
}

fn read_writes(holder: Node<'_>, prefix: &str, reading: &mut Reading<'_, '_>) {
    let outer = std::mem::replace(&mut reading.report.prefix, prefix.to_owned());
    read_remotes(reading.project, holder, reading.report);
    reading.report.prefix = outer;
}
