//! Federation: what other servers fetch from `/federate`.

use super::Reading;
use super::walk::{every_mapping, text};
use crate::doc::Node;
use crate::usage::query::OriginKind;

/// Keys that say which page of a target is fetched.
const PATHS: [&str; 3] = ["metrics_path", "metricsPath", "path"];

/// Reads the jobs of another server that fetch series; whether there are some.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_>) -> bool {
    if reading.is_own {
        return false;
    }
    let mut found = false;
    every_mapping(root, &mut |node| {
        let fetches = PATHS.iter().any(|key| text(node, key).ends_with("/federate"));
        let Some(selectors) = node.get("params").and_then(|params| params.get("match[]")) else {
            return;
        };
        if !fetches {
            return;
        }
        found = true;
        let job = match text(node, "job_name") {
            "" => "federation",
            name => name,
        };
        for selector in selectors.items() {
            reading.query(OriginKind::Federation, job, selector);
        }
    });
    found
}
