//! Steps at a stage where what they read or write is not there.

use promsieve_core::config::ChainKind::{Metric, Target, Write};

use super::{Defect, Look, Operator};

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "labelkeep without the address",
        rows: &[25],
        rules: &["ST004"],
        also: &["SC001"],
        defect: Defect::Steps(
            Target,
            &[
                (
                    "- regex: __.*|job|instance|<L>\n  action: labelkeep",
                    "- regex: job|instance|__address__|<L> # error\n  action: labelkeep",
                ),
                (
                    "- regex: __.*|job|<L>\n  action: labelkeep",
                    "- regex: <L>|__meta_.+ # error\n  action: labelkeep",
                ),
            ],
        ),
    },
    Operator {
        name: "labelkeep without the name",
        rows: &[26],
        rules: &["ST003"],
        also: &["ST009"],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- regex: __name__|job|instance|le|quantile|<L>\n  action: labelkeep",
                    "- regex: job|instance|le|quantile|<L> # error\n  action: labelkeep",
                ),
                (
                    "- regex: __name__|job|instance|le|quantile|<L>.*\n  action: labelkeep",
                    "- regex: <L>.* # error\n  action: labelkeep",
                ),
            ],
        ),
    },
    Operator {
        name: "bound removed",
        rows: &[26, 28],
        rules: &["ST009"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- regex: <L>\n  action: labeldrop",
                    "- regex: <L>|le # error\n  action: labeldrop",
                ),
                (
                    "- regex: <L>|<K>\n  action: labeldrop",
                    "- regex: quantile|<K> # error\n  action: labeldrop",
                ),
                (
                    "- regex: __name__|job|instance|le|quantile|<L>\n  action: labelkeep",
                    "- regex: __name__|job|instance|<L> # error\n  action: labelkeep",
                ),
            ],
        ),
    },
    Operator {
        name: "infinite bucket dropped",
        rows: &[28],
        rules: &["ST010"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [__name__, le]\n  regex: <M>_seconds_bucket;(0\\.5|1\\.0|2\\.5)\n  action: drop",
                    "- source_labels: [__name__, le]\n  regex: <M>_seconds_bucket;(0\\.5|1\\.0|\\+Inf) # error\n  \
                     action: drop",
                ),
                (
                    "- source_labels: [le]\n  regex: 0\\.5|1\\.0|\\+Inf|\n  action: keep",
                    "- source_labels: [le]\n  regex: (0\\.5|1\\.0)? # error\n  action: keep",
                ),
            ],
        ),
    },
    Operator {
        name: "discovery labels after the scrape",
        rows: &[32],
        rules: &["ST001"],
        also: &["CA002", "RL002"],
        defect: Defect::Whole(
            Look::Chain(Metric),
            &[
                (
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: pod}]\n    \
                     metric_relabel_configs:\n      - source_labels: [<L>]\n        target_label: <K>",
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: pod}]\n    \
                     metric_relabel_configs:\n      - source_labels: [__meta_kubernetes_pod_label_<L>] # error\n        \
                     target_label: <K>",
                ),
                (
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: pod}]\n    \
                     metric_relabel_configs:\n      - source_labels: [<L>]\n        regex: <V>.*\n        \
                     action: keep",
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: pod}]\n    \
                     metric_relabel_configs:\n      - source_labels: [__meta_kubernetes_namespace] # error\n        \
                     regex: <V>.*\n        action: keep",
                ),
            ],
        ),
    },
    Operator {
        name: "sample labels before the scrape",
        rows: &[33],
        rules: &["ST005"],
        also: &["RL003"],
        defect: Defect::Steps(
            Target,
            &[
                ("", "- source_labels: [__name__] # error\n  regex: <M>_.*|<N>_.*\n  action: keep"),
                ("", "- source_labels: [le] # error\n  regex: 0\\.5|1\\.0\n  action: keep"),
            ],
        ),
    },
    Operator {
        name: "instance before it is set",
        rows: &[33],
        rules: &["ST007"],
        also: &[],
        defect: Defect::Steps(
            Target,
            &[
                (
                    "- source_labels: [__address__]\n  regex: ([^:]+).*\n  target_label: <L>",
                    "- source_labels: [instance] # error\n  regex: ([^:]+).*\n  target_label: <L>",
                ),
                (
                    "- source_labels: [__address__]\n  target_label: <L>",
                    "- source_labels: [instance] # error\n  target_label: <L>",
                ),
            ],
        ),
    },
    Operator {
        name: "series made after relabeling",
        rows: &[34, 35],
        rules: &["ST006"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Write),
            &[
                (
                    "write_relabel_configs:\n  - source_labels: [__name__]\n    regex: scrape_series_added|up\n    \
                     action: drop",
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: scrape_series_added|up # error\n    \
                     action: drop\n",
                ),
                (
                    "write_relabel_configs:\n  - source_labels: [__name__]\n    regex: ALERTS|ALERTS_FOR_STATE\n    \
                     action: drop",
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: ALERTS|ALERTS_FOR_STATE # error\n    \
                     action: drop\n",
                ),
            ],
        ),
    },
    Operator {
        name: "label that the role does not have",
        rows: &[27],
        rules: &["ST008"],
        also: &["RL011", "RL003"],
        defect: Defect::Whole(
            Look::Chain(Target),
            &[
                (
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: node}]\n    \
                     relabel_configs:\n      - source_labels: [__meta_kubernetes_node_name]\n        target_label: <L>",
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: node}]\n    \
                     relabel_configs:\n      - source_labels: [__meta_kubernetes_pod_name] # error\n        \
                     target_label: <L>",
                ),
                (
                    "scrape_configs:\n  - job_name: app\n    consul_sd_configs: [{server: 'consul:8500'}]\n    \
                     relabel_configs:\n      - source_labels: [__meta_consul_service]\n        target_label: <L>\n\
                     ---\n# native\nscrape_configs:\n  - job_name: app\n    static_configs: [{targets: [a]}]\n    \
                     relabel_configs:\n      - source_labels: [__meta_consul_service]\n        target_label: <L>",
                    "scrape_configs:\n  - job_name: app\n    consul_sd_configs: [{server: 'consul:8500'}]\n    \
                     relabel_configs:\n      - source_labels: [__meta_consul_service_name] # error\n        \
                     target_label: <L>\n---\n# native\nscrape_configs:\n  - job_name: app\n    \
                     static_configs: [{targets: [a]}]\n    relabel_configs:\n      \
                     - source_labels: [__meta_consul_service_name]\n        target_label: <L>",
                ),
                (
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: pod}]\n    \
                     relabel_configs:\n      - source_labels: [__meta_kubernetes_pod_uid]\n        target_label: <L>",
                    "scrape_configs:\n  - job_name: app\n    kubernetes_sd_configs: [{role: pod}]\n    \
                     relabel_configs:\n      - source_labels: [__meta_kubernetes_pod_uuid] # error\n        \
                     target_label: <L>",
                ),
            ],
        ),
    },
    Operator {
        name: "single underscores",
        rows: &[52],
        rules: &["RL020"],
        also: &["RL003"],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [__name__]\n  regex: <M>_.*|<N>_.*\n  action: drop",
                    "- source_labels: [_name_] # error\n  regex: <M>_.*|<N>_.*\n  action: drop",
                ),
                (
                    "- source_labels: [__name__, <L>]\n  regex: <M>_.*;<V>\n  action: drop",
                    "- source_labels: [_name_, <L>] # error\n  regex: <M>_.*;<V>\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "temporary label stored",
        rows: &[97],
        rules: &["ST002"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: (/[^/]+).*\n  target_label: __tmp_root\n\
                     - regex: __tmp_root\n  action: labeldrop",
                    "- source_labels: [<L>]\n  regex: (/[^/]+).*\n  target_label: __tmp_root # error",
                ),
                (
                    "- source_labels: [<L>]\n  modulus: 4\n  target_label: __tmp_part\n  action: hashmod\n\
                     - regex: __tmp_part\n  action: labeldrop",
                    "- source_labels: [<L>]\n  modulus: 4\n  target_label: __tmp_part # error\n  action: hashmod",
                ),
            ],
        ),
    },
    Operator {
        name: "labelmap onto one name",
        rows: &[79],
        rules: &["VE003"],
        also: &[],
        defect: Defect::Steps(
            Target,
            &[(
                "- regex: __meta_kubernetes_pod_label_(.+)\n  action: labelmap",
                "- regex: __meta_kubernetes_pod_(?:label|annotation)_(.+) # error\n  action: labelmap",
            )],
        ),
    },
    Operator {
        name: "dropped at the remotes only",
        rows: &[36, 37],
        rules: &["SC007"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Metric),
            &[(
                "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:80']}]\n    \
                 metric_relabel_configs:\n      - source_labels: [__name__]\n        regex: <M>_.*\n        \
                 action: drop\nremote_write:\n  - url: http://a/\n  - url: http://b/",
                "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:80']}]\n\
                 remote_write:\n  - url: http://a/\n    write_relabel_configs:\n      \
                 - source_labels: [__name__] # error\n        regex: <M>_.*\n        action: drop\n  \
                 - url: http://b/\n    write_relabel_configs:\n      - source_labels: [__name__]\n        \
                 regex: <M>_.*\n        action: drop",
            )],
        ),
    },
];
