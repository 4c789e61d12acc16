//! Patterns and templates that do not say what was meant.

use promsieve_core::config::ChainKind::{Metric, Target};

use super::{Defect, Operator};

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "glob",
        rows: &[22],
        rules: &["RL012"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [__name__]\n  regex: <M>_.*\n  action: drop",
                    "- source_labels: [__name__]\n  regex: <M>_* # error\n  action: drop",
                ),
                (
                    "- source_labels: [__name__]\n  regex: <M>_.*|<N>_total\n  action: drop",
                    "- source_labels: [__name__]\n  regex: <M>_*|<N>_total # error\n  action: drop",
                ),
                (
                    "- regex: <L>_.*\n  action: labeldrop",
                    "- regex: <L>_* # error\n  action: labeldrop",
                ),
            ],
        ),
    },
    Operator {
        name: "typographic quotes",
        rows: &[23],
        rules: &["RL015"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>\n  action: drop",
                    "- source_labels: [<L>]\n  regex: ‘<V>’ # error\n  action: drop",
                ),
                (
                    "- source_labels: [__name__]\n  regex: <M>_total\n  action: drop",
                    "- source_labels: [__name__]\n  regex: “<M>_total” # error\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "contradictory keeps",
        rows: &[60],
        rules: &["RL003"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>|<W>\n  action: keep",
                    "- source_labels: [<L>]\n  regex: <V>\n  action: keep\n- source_labels: [<L>]\n  \
                     regex: <W> # error\n  action: keep",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>.+|<W>-[0-9]+\n  action: keep",
                    "- source_labels: [<L>]\n  regex: <V>.+\n  action: keep\n- source_labels: [<L>]\n  \
                     regex: <W>-[0-9]+ # error\n  action: keep",
                ),
            ],
        ),
    },
    Operator {
        name: "keep after a drop of all",
        rows: &[61],
        rules: &["RL002"],
        also: &["RL003"],
        defect: Defect::Steps(
            Metric,
            &[(
                "- source_labels: [<L>]\n  regex: <V>.*\n  action: keep",
                "- source_labels: [__name__]\n  regex: .+\n  action: drop\n- source_labels: [<L>] # error\n  \
                 regex: <V>.*\n  action: keep",
            )],
        ),
    },
    Operator {
        name: "filter without sources",
        rows: &[41, 62],
        rules: &["RL011"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [__name__]\n  regex: <M>_.*|<N>_.*\n  action: keep",
                    "- regex: <M>_.*|<N>_.* # error\n  action: keep",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>.*\n  action: drop",
                    "- regex: <V>.* # error\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "loose alternation",
        rows: &[63],
        rules: &["RL013"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>, <K>]\n  regex: (<V>|<W>);edge\n  action: drop",
                    "- source_labels: [<L>, <K>]\n  regex: <V>|<W>;edge # error\n  action: drop",
                ),
                (
                    "- source_labels: [__name__, <L>]\n  regex: (<M>_total|<N>_total);<V>.*\n  action: drop",
                    "- source_labels: [__name__, <L>]\n  regex: <M>_total|<N>_total;<V>.* # error\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "separator forgotten",
        rows: &[64],
        rules: &["RL006"],
        also: &["RL003"],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>, <K>]\n  regex: ([a-z]+);([a-z]+)\n  target_label: joined\n  \
                     replacement: $1.$2",
                    "- source_labels: [<L>, <K>]\n  regex: ([a-z]+)/([a-z]+) # error\n  target_label: joined\n  \
                     replacement: $1.$2",
                ),
                (
                    "- source_labels: [__name__, <L>]\n  regex: <M>_total;<V>\n  action: drop",
                    "- source_labels: [__name__, <L>]\n  regex: <M>_total<V> # error\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "folded white space",
        rows: &[65],
        rules: &["RL016"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [__name__]\n  regex: <M>_total|<N>_total\n  action: drop",
                    "- source_labels: [__name__]\n  regex: <M>_total| # error\n    <N>_total\n  action: drop",
                ),
                (
                    "- source_labels: [__name__]\n  regex: <M>_total|<N>_total|<N>_sum\n  action: drop",
                    "- source_labels: [__name__]\n  regex: >- # error\n    <M>_total|\n    <N>_total|<N>_sum\n  \
                     action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "text behind a group number",
        rows: &[66],
        rules: &["RL004"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: (.+)\n  target_label: team\n  replacement: ${1}_<V>",
                    "- source_labels: [<L>]\n  regex: (.+)\n  target_label: team\n  replacement: $1_<V> # error",
                ),
                (
                    "- source_labels: [<L>]\n  regex: ([a-z]+)-([a-z]+)\n  target_label: zone\n  \
                     replacement: ${1}x$2",
                    "- source_labels: [<L>]\n  regex: ([a-z]+)-([a-z]+)\n  target_label: zone\n  \
                     replacement: $1x$2 # error",
                ),
            ],
        ),
    },
    Operator {
        name: "group that does not exist",
        rows: &[67],
        rules: &["RL005"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: (.+)-[0-9]+\n  target_label: kind\n  replacement: $1",
                    "- source_labels: [<L>]\n  regex: (.+)-[0-9]+\n  target_label: kind\n  replacement: $2 # error",
                ),
                (
                    "- source_labels: [<L>]\n  regex: (?:<V>|<W>)-(.+)\n  target_label: kind\n  replacement: $1",
                    "- source_labels: [<L>]\n  regex: (?:<V>|<W>)-(.+)\n  target_label: kind\n  \
                     replacement: ${2} # error",
                ),
            ],
        ),
    },
    Operator {
        name: "default template without a group",
        rows: &[69],
        rules: &["RL005"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[(
                "- source_labels: [<L>]\n  regex: <V>-.+\n  target_label: <K>\n  replacement: 'yes'",
                "- source_labels: [<L>]\n  regex: <V>-.+ # error\n  target_label: <K>",
            )],
        ),
    },
    Operator {
        name: "setting deleted",
        rows: &[68],
        rules: &["RL024"],
        also: &[],
        defect: Defect::Steps(
            Target,
            &[
                (
                    "- source_labels: [__meta_kubernetes_pod_label_<L>]\n  regex: (.+)\n  target_label: job",
                    "- source_labels: [__meta_kubernetes_pod_label_<L>]\n  target_label: job # error",
                ),
                (
                    "- source_labels: [__meta_kubernetes_pod_annotation_<L>]\n  regex: (.+)\n  \
                     target_label: __metrics_path__",
                    "- source_labels: [__meta_kubernetes_pod_annotation_<L>]\n  \
                     target_label: __metrics_path__ # error",
                ),
            ],
        ),
    },
    Operator {
        name: "port behind a port",
        rows: &[72],
        rules: &["RL022"],
        also: &[],
        defect: Defect::Steps(
            Target,
            &[
                (
                    "- source_labels: [__address__, __meta_kubernetes_pod_annotation_<L>]\n  \
                     regex: ([^:]+)(?::\\d+)?;(\\d+)\n  target_label: __address__\n  replacement: $1:$2",
                    "- source_labels: [__address__, __meta_kubernetes_pod_annotation_<L>]\n  \
                     regex: (.+)(?::\\d+)?;(\\d+)\n  target_label: __address__\n  replacement: $1:$2 # error",
                ),
                (
                    "- source_labels: [__address__]\n  regex: ([^:]+)(?::\\d+)?\n  \
                     target_label: __address__\n  replacement: $1:9102",
                    "- source_labels: [__address__]\n  target_label: __address__\n  replacement: $1:9102 # error",
                ),
            ],
        ),
    },
    Operator {
        name: "port lost",
        rows: &[72],
        rules: &["RL023"],
        also: &[],
        defect: Defect::Steps(
            Target,
            &[
                (
                    "- source_labels: [__address__]\n  regex: ([^:]+):\\d+\n  target_label: instance",
                    "- source_labels: [__address__]\n  regex: ([^:]+):\\d+\n  target_label: __address__ # error",
                ),
                (
                    "- source_labels: [__address__]\n  regex: (.+):.*\n  target_label: node\n  replacement: $1",
                    "- source_labels: [__address__]\n  regex: (.+):.*\n  target_label: __address__ # error\n  \
                     replacement: $1",
                ),
            ],
        ),
    },
    Operator {
        name: "blank pattern",
        rows: &[73],
        rules: &["RL018"],
        also: &["RL005"],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>.*\n  action: drop",
                    "- source_labels: [<L>]\n  regex: # error\n  action: drop",
                ),
                (
                    "- source_labels: [<L>]\n  target_label: <K>",
                    "- source_labels: [<L>]\n  regex: # error\n  target_label: <K>",
                ),
            ],
        ),
    },
    Operator {
        name: "word in brackets",
        rows: &[77],
        rules: &["RL021", "RL001"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>-<W>\n  action: drop",
                    "- source_labels: [<L>]\n  regex: '[^<V>-<W>]' # error\n  action: keep",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>|<W>\n  action: drop",
                    "- source_labels: [<L>]\n  regex: '[<V>|<W>]' # error\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "empty alternative",
        rows: &[35],
        rules: &["RL014"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>|<W>\n  action: drop",
                    "- source_labels: [<L>]\n  regex: <V>|<W>| # error\n  action: drop",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>|<W>\n  action: drop",
                    "- source_labels: [<L>]\n  regex: '|<V>|<W>' # error\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "variable of a deployment tool",
        rows: &[57, 87],
        rules: &["RL019", "RL005"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>\n  action: keep",
                    "- source_labels: [<L>]\n  regex: '{{ .Values.<L> }}' # error\n  action: keep",
                ),
                (
                    "- target_label: app\n  replacement: <V>",
                    "- target_label: app\n  replacement: $ARGOCD_APP_NAME # error",
                ),
                (
                    "- target_label: app\n  replacement: <V>",
                    "- target_label: app\n  replacement: ${APP_NAME} # error",
                ),
            ],
        ),
    },
    Operator {
        name: "template ate the group",
        rows: &[85],
        rules: &["RL019", "RL005"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>, <K>]\n  regex: (.+);(.+)\n  target_label: joined\n  \
                     replacement: $1:$2",
                    "- source_labels: [<L>, <K>]\n  regex: (.+);(.+)\n  target_label: joined\n  \
                     replacement: ':' # error",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>-(.+)\n  target_label: short\n  replacement: $1",
                    "- source_labels: [<L>]\n  regex: <V>-(.+)\n  target_label: short\n  replacement: '' # error",
                ),
            ],
        ),
    },
    Operator {
        name: "doubled dollar",
        rows: &[88],
        rules: &["RL019"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: <V>-(.+)\n  target_label: short\n  replacement: $1",
                    "- source_labels: [<L>]\n  regex: <V>-(.+)\n  target_label: short\n  replacement: $$1 # error",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>-(.+)\n  target_label: short\n  replacement: ${1}",
                    "- source_labels: [<L>]\n  regex: <V>-(.+)\n  target_label: short\n  \
                     replacement: $${1} # error",
                ),
            ],
        ),
    },
    Operator {
        name: "bound of Prometheus 2",
        rows: &[1],
        rules: &["VE001"],
        also: &[],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [__name__, le]\n  regex: <M>_seconds_bucket;(0\\.5|1\\.0|5\\.0)\n  action: drop",
                    "- source_labels: [__name__, le]\n  regex: <M>_seconds_bucket;(0\\.5|1|5) # error\n  \
                     action: drop",
                ),
                (
                    "- source_labels: [le]\n  regex: 1\\.0|10\\.0\n  action: drop",
                    "- source_labels: [le]\n  regex: 1|10 # error\n  action: drop",
                ),
            ],
        ),
    },
    Operator {
        name: "read after removal",
        rows: &[27],
        rules: &["RL017"],
        also: &["RL010"],
        defect: Defect::Steps(
            Metric,
            &[
                (
                    "- source_labels: [<L>]\n  regex: (.{4}).*\n  target_label: short\n- regex: <L>|<K>\n  \
                     action: labeldrop",
                    "- regex: <L>|<K>\n  action: labeldrop\n- source_labels: [<L>] # error\n  regex: (.{4}).*\n  \
                     target_label: short",
                ),
                (
                    "- source_labels: [<L>]\n  regex: <V>.*\n  action: drop\n- regex: <L>\n  action: labeldrop",
                    "- regex: <L>\n  action: labeldrop\n- source_labels: [<L>] # error\n  regex: <V>.*\n  \
                     action: drop",
                ),
            ],
        ),
    },
];
