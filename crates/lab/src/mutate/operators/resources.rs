//! Resources of the Prometheus operator: what it drops or refuses, and what then reaches Prometheus.

use promsieve_core::config::ChainKind::{Metric, Target, Write};

use super::{Defect, Look, Operator};

/// A `ServiceMonitor`, right and wrong, and what Prometheus gets of both: what the resource's
/// definition does not know is not there any more.
macro_rules! monitor {
    ($name:literal, $rows:expr, $rules:expr, $also:expr, $kind:expr, $cases:expr) => {
        Operator {
            name: $name,
            rows: $rows,
            rules: $rules,
            also: $also,
            defect: Defect::Whole(Look::Chain($kind), $cases),
        }
    };
}

macro_rules! pair {
    ($good:expr, $good_native:expr, $bad:expr, $bad_native:expr) => {
        (
            concat!("apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: <V>, namespace: shop}\nspec:\n  selector: {matchLabels: {app: <V>}}\n  endpoints:\n    - port: metrics\n", $good, "\n---\n# native\n", $good_native),
            concat!("apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: <V>, namespace: shop}\nspec:\n  selector: {matchLabels: {app: <V>}}\n  endpoints:\n    - port: metrics\n", $bad, "\n---\n# native\n", $bad_native),
        )
    };
}

/// A collector, right and wrong, and what its receiver reads; where the collector of today refuses to
/// start, what it read before 0.104.
macro_rules! collector {
    ($good:literal, $good_native:literal, $bad:literal, $bad_native:literal) => {
        (
            concat!(
                collector!(),
                $good,
                "\n---\n# native\nmetric_relabel_configs:\n  - source_labels: [<L>]\n    ",
                "regex: (.+)-[0-9]+\n    target_label: short\n    replacement: '",
                $good_native,
                "'"
            ),
            concat!(
                collector!(),
                $bad,
                " # error\n---\n# native\nmetric_relabel_configs:\n  - source_labels: [<L>]\n    ",
                "regex: (.+)-[0-9]+\n    target_label: short\n    replacement: '",
                $bad_native,
                "'"
            ),
        )
    };
    () => {
        "receivers:\n  prometheus:\n    config:\n      scrape_configs:\n        - job_name: app\n          \
         static_configs: [{targets: ['app:8080']}]\n          metric_relabel_configs:\n            \
         - source_labels: [<L>]\n              regex: (.+)-[0-9]+\n              target_label: short\n              \
         replacement: "
    };
}

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    monitor!(
        "labeldrop with sources in a resource",
        &[20],
        &["RL001"],
        &[],
        Metric,
        &[pair!(
            "      metricRelabelings:\n        - regex: <L>\n          action: labeldrop",
            "metric_relabel_configs:\n  - regex: <L>\n    action: labeldrop",
            "      metricRelabelings:\n        - sourceLabels: [<L>] # error\n          action: labeldrop",
            "metric_relabel_configs:\n  - source_labels: [<L>]\n    action: labeldrop"
        )]
    ),
    monitor!(
        "snake case in a resource",
        &[41, 42],
        &["RL001"],
        &["RL011"],
        Metric,
        &[
            pair!(
                "      metricRelabelings:\n        - sourceLabels: [__name__]\n          regex: <M>_.*\n          action: keep",
                "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_.*\n    action: keep",
                "      metricRelabelings:\n        - source_labels: [__name__] # error\n          regex: <M>_.*\n          action: keep",
                "metric_relabel_configs:\n  - regex: <M>_.*\n    action: keep"
            ),
            pair!(
                "      metricRelabelings:\n        - sourceLabels: [<L>]\n          targetLabel: <K>",
                "metric_relabel_configs:\n  - source_labels: [<L>]\n    target_label: <K>",
                "      metricRelabelings:\n        - sourceLabels: [<L>]\n          target_label: <K> # error",
                "metric_relabel_configs:\n  - source_labels: [<L>]"
            )
        ]
    ),
    monitor!(
        "discovery labels after the scrape in a resource",
        &[32, 40],
        &["ST001"],
        &[],
        Metric,
        &[pair!(
            "      metricRelabelings:\n        - sourceLabels: [<L>]\n          targetLabel: <K>",
            "metric_relabel_configs:\n  - source_labels: [<L>]\n    target_label: <K>",
            "      metricRelabelings:\n        - sourceLabels: [__meta_kubernetes_pod_label_<L>] # error\n          targetLabel: <K>",
            "metric_relabel_configs:\n  - source_labels: [__meta_kubernetes_pod_label_<L>]\n    target_label: <K>"
        )]
    ),
    monitor!(
        "sample labels before the scrape in a resource",
        &[33, 40],
        &["ST005"],
        &[],
        Target,
        &[pair!(
            "      relabelings:\n        - sourceLabels: [__meta_kubernetes_pod_name]\n          targetLabel: <K>",
            "relabel_configs:\n  - source_labels: [__meta_kubernetes_pod_name]\n    target_label: <K>",
            "      relabelings:\n        - sourceLabels: [__name__] # error\n          regex: <M>_.*\n          action: keep",
            "relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_.*\n    action: keep"
        )]
    ),
    Operator {
        name: "steps as an endpoint of their own",
        rows: &[44],
        rules: &["ST012"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Metric),
            &[pair!(
                "      metricRelabelings:\n        - regex: <L>\n          action: labeldrop",
                "metric_relabel_configs:\n  - regex: <L>\n    action: labeldrop",
                "    - metricRelabelings: # error\n        - regex: <L>\n          action: labeldrop",
                "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:8080']}]"
            )],
        ),
    },
    Operator {
        name: "snake case under remoteWrite",
        rows: &[43],
        rules: &["SC001"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Write),
            &[(
                "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main}\nspec:\n  \
                 remoteWrite:\n    - url: http://store/\n      writeRelabelConfigs:\n        - regex: <L>\n          \
                 action: labeldrop\n---\n# native\nwrite_relabel_configs:\n  - regex: <L>\n    action: labeldrop",
                "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: main}\nspec:\n  \
                 remoteWrite:\n    - url: http://store/\n      write_relabel_configs: # error\n        - regex: <L>\n          \
                 action: labeldrop\n---\n# native\nscrape_configs: []\nremote_write:\n  - url: http://store/",
            )],
        ),
    },
    Operator {
        name: "single dollar in a collector",
        rows: &[86],
        rules: &["VE007"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Metric),
            &[
                collector!("$${1}", "${1}", "${1}", ""),
                collector!("<V>-$${1}", "<V>-${1}", "<V>-${1}", "<V>-"),
            ],
        ),
    },
];
