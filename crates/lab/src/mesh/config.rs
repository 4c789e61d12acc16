//! The files beside the scrapes: configuration, rules, dashboards, and the list of planted mistakes.

use std::fmt::Write;

/// A target of one job: its address and the labels that discovery found.
pub(super) struct Target {
    pub(super) job: &'static str,
    pub(super) address: String,
    pub(super) discovered: Vec<(&'static str, String)>,
}

const CONFIG: &str = include_str!("templates/prometheus.yml");

/// The files that are the same for every mesh.
pub(super) const FIXED: [(&str, &str); 7] = [
    ("planted.yml", include_str!("templates/planted.yml")),
    ("rules/service.yml", include_str!("templates/rules/service.yml")),
    ("rules/jvm.yml", include_str!("templates/rules/jvm.yml")),
    ("rules/node.yml", include_str!("templates/rules/node.yml")),
    ("dashboards/mesh.json", include_str!("templates/dashboards/mesh.json")),
    ("dashboards/jvm.json", include_str!("templates/dashboards/jvm.json")),
    ("dashboards/nodes.json", include_str!("templates/dashboards/nodes.json")),
];

/// `prometheus.yml` with these targets in the place of each job's marker.
pub(super) fn prometheus_yml(targets: &[Target]) -> String {
    let mut out = String::new();
    for line in CONFIG.lines() {
        let marker = line.strip_prefix("@TARGETS ").and_then(|rest| rest.strip_suffix('@'));
        let result = match marker {
            None => writeln!(out, "{line}"),
            Some(job) => targets
                .iter()
                .filter(|target| target.job == job)
                .try_for_each(|target| static_config(&mut out, target)),
        };
        result.expect("a String takes everything");
    }
    out
}

fn static_config(out: &mut String, target: &Target) -> std::fmt::Result {
    writeln!(out, "      - targets: ['{}']", target.address)?;
    if !target.discovered.is_empty() {
        writeln!(out, "        labels:")?;
    }
    for (name, value) in &target.discovered {
        writeln!(out, "          {name}: {value}")?;
    }
    Ok(())
}
