//! Configurations of any number of jobs, of the kinds of steps that most have.

use std::fmt::Write as _;

/// So many lines a job has.
pub const LINES: usize = 13;

/// A configuration of so many jobs. Each keeps its own pods, copies a label and drops metrics, so
/// that one step in three is like no other.
pub fn config(jobs: usize) -> String {
    let mut text = "global:\n  scrape_interval: 30s\nscrape_configs:\n".to_owned();
    for job in 0..jobs {
        write!(
            text,
            "  - job_name: service-{job}
    kubernetes_sd_configs:
      - role: pod
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_label_app]
        regex: service-{job}
        action: keep
      - source_labels: [__meta_kubernetes_namespace]
        target_label: namespace
    metric_relabel_configs:
      - source_labels: [__name__]
        regex: go_gc_.*
        action: drop
"
        )
        .expect("a string takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_as_many_lines_as_is_said() {
        assert_eq!(config(10).lines().count() - config(0).lines().count(), 10 * LINES);
    }
}
