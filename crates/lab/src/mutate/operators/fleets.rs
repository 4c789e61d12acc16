//! Shards that do not share out their targets, and replicas that cannot be told apart.

use promsieve_core::config::ChainKind::{Alert, Target, Write};

use super::{Defect, Look, Operator};

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "hash without a keep",
        rows: &[90],
        rules: &["SH001"],
        also: &[],
        defect: Defect::Steps(
            Target,
            &[(
                "- source_labels: [__address__]\n  modulus: 2\n  target_label: __tmp_part\n  action: hashmod\n\
                 - source_labels: [__tmp_part]\n  regex: 1\n  action: keep",
                "- source_labels: [__address__]\n  modulus: 2\n  target_label: __tmp_part\n  action: hashmod # error",
            )],
        ),
    },
    Operator {
        name: "residue out of range",
        rows: &[99],
        rules: &["SH002"],
        also: &["RL003"],
        defect: Defect::Steps(
            Target,
            &[
                (
                    "- source_labels: [__address__]\n  modulus: 5\n  target_label: __tmp_part\n  action: hashmod\n\
                     - source_labels: [__tmp_part]\n  regex: 0|1|2|3|4\n  action: keep",
                    "- source_labels: [__address__]\n  modulus: 5\n  target_label: __tmp_part\n  action: hashmod\n\
                     - source_labels: [__tmp_part]\n  regex: 5 # error\n  action: keep",
                ),
                (
                    "- source_labels: [__address__]\n  modulus: 2\n  target_label: __tmp_part\n  action: hashmod\n\
                     - source_labels: [__tmp_part]\n  regex: 1\n  action: keep",
                    "- source_labels: [__address__]\n  modulus: 2\n  target_label: __tmp_part\n  action: hashmod\n\
                     - source_labels: [__tmp_part]\n  regex: 2 # error\n  action: keep",
                ),
            ],
        ),
    },
    Operator {
        name: "hash filtered twice",
        rows: &[93],
        rules: &["SH004"],
        also: &["RL003"],
        defect: Defect::Whole(
            Look::Chain(Target),
            &[(
                "relabel_configs:\n  - source_labels: [__address__]\n    modulus: 8\n    target_label: __tmp_a\n    \
                 action: hashmod\n  - source_labels: [__tmp_a]\n    regex: 5\n    action: keep\n  \
                 - target_label: shop\n    replacement: <V>",
                "relabel_configs:\n  - source_labels: [__address__]\n    modulus: 2\n    target_label: __tmp_a\n    \
                 action: hashmod\n  - source_labels: [__tmp_a]\n    regex: 0\n    action: keep\n  \
                 - source_labels: [__address__]\n    modulus: 4 # error\n    target_label: __tmp_b\n    \
                 action: hashmod\n  - source_labels: [__tmp_b]\n    regex: 1\n    action: keep\n  \
                 - target_label: shop\n    replacement: <V>",
            )],
        ),
    },
    Operator {
        name: "one residue on all shards",
        rows: &[89, 99],
        rules: &["SH005"],
        also: &["CA007"],
        defect: Defect::Whole(
            Look::Fleet,
            &[
                (
                    "global: {external_labels: {shard: '0'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 0, action: keep}\n---\n\
                     global: {external_labels: {shard: '1'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 1, action: keep}",
                    "global: {external_labels: {shard: '0'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 0, action: keep} # error\n---\n\
                     global: {external_labels: {shard: '1'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 0, action: keep}",
                ),
                (
                    "global: {external_labels: {shard: '0'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 0, action: keep}\n---\n\
                     global: {external_labels: {shard: '1'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 1, action: keep}",
                    "global: {external_labels: {shard: '0'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 1, action: keep} # error\n---\n\
                     global: {external_labels: {shard: '1'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 1, action: keep}",
                ),
            ],
        ),
    },
    Operator {
        name: "same external labels",
        rows: &[7, 96, 99],
        rules: &["SH006"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Write),
            &[(
                "global: {external_labels: {cluster: <V>, shard: '0'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 0, action: keep}\n---\n\
                     global: {external_labels: {cluster: <V>, shard: '1'}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 1, action: keep}",
                "global: {external_labels: {cluster: <V>}} # error\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 0, action: keep}\n---\n\
                     global: {external_labels: {cluster: <V>}}\n<FLEET>\n      \
                     - {source_labels: [__tmp_shard], regex: 1, action: keep}",
            )],
        ),
    },
    Operator {
        name: "replica label in alerts",
        rows: &[38],
        rules: &["SH007"],
        also: &[],
        defect: Defect::Whole(
            Look::Chain(Alert),
            &[(
                "global:\n  external_labels:\n    cluster: <V>\n    replica: a\nalerting:\n  \
                 alert_relabel_configs:\n    - regex: replica\n      action: labeldrop\n  alertmanagers:\n    \
                 - static_configs: [{targets: ['am:9093']}]",
                "global:\n  external_labels:\n    cluster: <V>\n    replica: a # error\nalerting:\n  \
                 alertmanagers:\n    - static_configs: [{targets: ['am:9093']}]",
            )],
        ),
    },
    Operator {
        name: "rule over all shards",
        rows: &[98],
        rules: &["SH008"],
        also: &[],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "<FLEET>\n      - {source_labels: [__tmp_shard], regex: 0, action: keep}\n---\ngroups:\n  \
                 - name: app\n    rules:\n      - alert: Idle\n        \
                 expr: sum by (instance) (<M>_total{job=\"app\"}) < 9\n---\n\
                 # query sum by (instance) (<M>_total{OWNER}) < 9\n---\n\
                 # scrape app 10.0.0.1:80\n<M>_total{code=\"200\"} 5\n<M>_total{code=\"500\"} 3",
                "<FLEET>\n      - {source_labels: [__tmp_shard], regex: 0, action: keep}\n---\ngroups:\n  \
                 - name: app\n    rules:\n      - alert: Idle\n        \
                 expr: sum(<M>_total{job=\"app\"}) < 9 # error\n---\n\
                 # query sum(<M>_total{OWNER}) < 9\n---\n\
                 # scrape app 10.0.0.1:80\n<M>_total{code=\"200\"} 5\n<M>_total{code=\"500\"} 3",
            )],
        ),
    },
];
