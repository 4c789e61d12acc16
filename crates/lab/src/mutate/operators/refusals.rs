//! What the server refuses.

use promsieve_core::config::ChainKind::{Metric, Target};

use super::{Defect, Look, Operator};

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "labeldrop with sources",
        rows: &[19],
        rules: &["RL001"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- regex: <L>\n  action: labeldrop",
                    "- source_labels: [<L>] # error\n  action: labeldrop",
                ),
                (
                    "- regex: <L>\n  action: labeldrop",
                    "- source_labels: [__name__] # error\n  regex: <L>\n  action: labeldrop",
                ),
            ],
        ),
    },
    Operator {
        name: "duplicate key",
        rows: &[30],
        rules: &["RL001", "SC001"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[(
                "- source_labels: [__name__]\n  regex: <M>_.*|<N>_.*\n  action: drop",
                "- source_labels: [__name__]\n  regex: <M>_.*\n  regex: <N>_.* # error\n  action: drop",
            )],
        ),
    },
    Operator {
        name: "misspelt key",
        rows: &[51],
        rules: &["RL001"],
        also: &["RL011"],
        defect: Defect::Steps(
            Target,
            &[
                (
                    "- source_labels: [__address__]\n  target_label: <L>",
                    "- soure_labels: [__address__] # error\n  target_label: <L>",
                ),
                (
                    "- source_labels: [__address__]\n  target_label: <L>",
                    "- source_label: [__address__] # error\n  target_label: <L>",
                ),
                (
                    "- source_labels: [__address__]\n  target_label: <L>",
                    "- sourceLabels: [__address__] # error\n  target_label: <L>",
                ),
                (
                    "- source_labels: [__address__]\n  target_label: <L>",
                    "- source_labels: [__address__]\n  targetLabel: <L> # error",
                ),
            ],
        ),
    },
    Operator {
        name: "lookahead",
        rows: &[77],
        rules: &["RL001"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>.*\n  action: drop",
                    "- source_labels: [<L>]\n  regex: (?!<V>).* # error\n  action: keep",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>.*\n  action: drop",
                    "- source_labels: [<L>]\n  regex: .*(?<!<V>) # error\n  action: keep",
                ),
            ],
        ),
    },
    Operator {
        name: "steps at a wrong level",
        rows: &[50],
        rules: &["SC001"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Target),
            &[
                (
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs:\n      - role: pod\n    \
                     relabel_configs:\n      - source_labels: [__meta_kubernetes_namespace]\n        \
                     target_label: <L>",
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs:\n      - role: pod\n        \
                     relabel_configs: # error\n          - source_labels: [__meta_kubernetes_namespace]\n            \
                     target_label: <L>",
                ),
                (
                    "scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: ['<V>:80']\n    \
                     relabel_configs:\n      - source_labels: [__address__]\n        target_label: <L>",
                    "scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: ['<V>:80']\n        \
                     relabel_configs: # error\n          - source_labels: [__address__]\n            \
                     target_label: <L>",
                ),
            ],
        ),
    },
    Operator {
        name: "value of a wrong shape",
        rows: &[49],
        rules: &["SC001", "RL001"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Metric),
            &[
                (
                    "metric_relabel_configs:\n  - regex: <L>\n    action: labeldrop",
                    "metric_relabel_configs:\n    regex: <L> # error\n    action: labeldrop",
                ),
                (
                    "scrape_configs:\n  - job_name: app\n    scrape_interval: 30s\n    static_configs:\n      \
                     - targets: ['<V>:80']",
                    "scrape_configs:\n  - job_name: app\n    scrape_interval: 30 # error\n    static_configs:\n      \
                     - targets: ['<V>:80']",
                ),
                (
                    "scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: ['<V>:80']",
                    "scrape_configs:\n  - job_name: app\n    static_configs:\n      - targets: <V>:80 # error",
                ),
            ],
        ),
    },
];
