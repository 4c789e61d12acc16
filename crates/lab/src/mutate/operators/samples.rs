//! What only samples show: collisions, limits, labels without bounds, lists that match nothing.

use super::{Defect, Look, Operator};

/// Two pods that are told apart by one label alone.
macro_rules! collision {
    ($name:literal, $rows:expr, $label:literal, $bad:expr) => {
        Operator {
            name: $name,
            rows: $rows,
            rules: &["CA001"],
            also: &["ST009", "CA002", "CA008"],
            defect: Defect::Whole(
                Look::Pages,
                &[(
                    concat!(
                        "metric_relabel_configs:\n  - regex: never_there_.*\n    action: labeldrop\n---\n",
                        "# scrape app app:8080\n",
                        "@8 <M>_total{code=\"200\",",
                        $label,
                        "=\"<V>-<i>\"} <i>\n",
                        "<N>_total{",
                        $label,
                        "=\"<W>\"} 7"
                    ),
                    concat!(
                        "metric_relabel_configs:\n",
                        $bad,
                        "\n---\n",
                        "# scrape app app:8080\n",
                        "@8 <M>_total{code=\"200\",",
                        $label,
                        "=\"<V>-<i>\"} <i>\n",
                        "<N>_total{",
                        $label,
                        "=\"<W>\"} 7"
                    ),
                )],
            ),
        }
    };
}

/// A label whose values are identifiers.
macro_rules! unbounded {
    ($name:literal, $rows:expr, $label:literal, $value:literal) => {
        Operator {
            name: $name,
            rows: $rows,
            rules: &["CA006"],
            also: &[],
            defect: Defect::Whole(
                Look::Pages,
                &[(
                    "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:8080']}]\n---\n\
                     # scrape app app:8080\n<M>_total{code=\"200\"} 40",
                    concat!(
                        "scrape_configs:\n  - job_name: app # error\n    static_configs: [{targets: ['app:8080']}]\n---\n",
                        "# scrape app app:8080\n@40 <M>_total{code=\"200\",",
                        $label,
                        "=\"",
                        $value,
                        "\"} 1"
                    ),
                )],
            ),
        }
    };
}

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    collision!(
        "identity label dropped",
        &[2, 5, 8, 10, 11, 14, 17, 18],
        "pod",
        "  - regex: pod # error\n    action: labeldrop"
    ),
    collision!(
        "container id dropped",
        &[3, 13],
        "id",
        "  - regex: id|name # error\n    action: labeldrop"
    ),
    collision!(
        "result id dropped",
        &[4, 6],
        "uid",
        "  - regex: uid|result_.+ # error\n    action: labeldrop"
    ),
    collision!("path dropped", &[9], "path", "  - regex: path # error\n    action: labeldrop"),
    collision!(
        "paths made one",
        &[12],
        "path",
        "  - source_labels: [path]\n    regex: (<V>).*\n    target_label: path # error\n    replacement: $1"
    ),
    collision!(
        "label overwritten",
        &[15],
        "instance_id",
        "  - target_label: instance_id # error\n    replacement: all"
    ),
    collision!(
        "clean-up drops more",
        &[82],
        "label_shop",
        "  - regex: label_.+ # error\n    action: labeldrop"
    ),
    Operator {
        name: "renamed onto another metric",
        rows: &[70],
        rules: &["CA001"],
        also: &[],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_old\n    \
                 target_label: __name__\n    replacement: <M>_older\n---\n# scrape app app:8080\n\
                 <M>_old{code=\"200\"} 1\n<M>_new{code=\"200\"} 2",
                "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_old\n    \
                 target_label: __name__ # error\n    replacement: <M>_new\n---\n# scrape app app:8080\n\
                 <M>_old{code=\"200\"} 1\n<M>_new{code=\"200\"} 2",
            )],
        ),
    },
    Operator {
        name: "names for values",
        rows: &[21, 24],
        rules: &["CA009"],
        also: &["CA002"],
        defect: Defect::Whole(
            Look::Pages,
            &[
                (
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_.*\n    action: drop\n\
                     ---\n# scrape app app:8080\n<M>_total{code=\"200\"} 1\n<N>_total{code=\"200\"} 2",
                    "metric_relabel_configs:\n  - regex: <M>_.* # error\n    action: labeldrop\n\
                     ---\n# scrape app app:8080\n<M>_total{code=\"200\"} 1\n<N>_total{code=\"200\"} 2",
                ),
                (
                    "metric_relabel_configs:\n  - regex: <L>\n    action: labeldrop\n\
                     ---\n# scrape app app:8080\n<M>_total{<L>=\"<V>\"} 1\n<N>_total{code=\"200\"} 2",
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <L> # error\n    action: drop\n\
                     ---\n# scrape app app:8080\n<M>_total{<L>=\"<V>\"} 1\n<N>_total{code=\"200\"} 2",
                ),
            ],
        ),
    },
    Operator {
        name: "wildcard forgotten",
        rows: &[58],
        rules: &["CA004"],
        also: &["CA002", "CA005"],
        defect: Defect::Whole(
            Look::Pages,
            &[
                (
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>.*\n    action: drop\n\
                     ---\n# scrape app app:8080\n<M>_total{code=\"200\"} 1\n<M>_failed 3\n<N>_total{code=\"200\"} 2",
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M> # error\n    action: drop\n\
                     ---\n# scrape app app:8080\n<M>_total{code=\"200\"} 1\n<M>_failed 3\n<N>_total{code=\"200\"} 2",
                ),
                (
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: go_threads|<M>.*\n    action: drop\n\
                     ---\n# scrape app app:8080\ngo_threads 1\n<M>_total{code=\"200\"} 1\n<M>_failed 3",
                    "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: go_threads|<M> # error\n    \
                     action: drop\n\
                     ---\n# scrape app app:8080\ngo_threads 1\n<M>_total{code=\"200\"} 1\n<M>_failed 3",
                ),
            ],
        ),
    },
    Operator {
        name: "list outlived a rename",
        rows: &[105],
        rules: &["CA005"],
        also: &["CA002"],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_total|<N>_total\n    \
                 action: drop\n---\n# scrape app app:8080\n<M>_total 1\n<N>_total 3\ngo_threads 2",
                "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_total|<N>_slo_old # error\n    \
                 action: drop\n---\n# scrape app app:8080\n<M>_total 1\n<N>_total 3\ngo_threads 2",
            )],
        ),
    },
    Operator {
        name: "limit of samples exceeded",
        rows: &[100],
        rules: &["CA003"],
        also: &[],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "scrape_configs:\n  - job_name: app\n    sample_limit: 500\n    \
                 static_configs: [{targets: ['app:8080']}]\n---\n# scrape app app:8080\n@30 <M>_total{shop=\"<i>\"} 1",
                "scrape_configs:\n  - job_name: app\n    sample_limit: 20 # error\n    \
                 static_configs: [{targets: ['app:8080']}]\n---\n# scrape app app:8080\n@30 <M>_total{shop=\"<i>\"} 1",
            )],
        ),
    },
    Operator {
        name: "limits of labels exceeded",
        rows: &[81, 101],
        rules: &["CA003"],
        also: &[],
        defect: Defect::Whole(
            Look::Pages,
            &[
                (
                    "scrape_configs:\n  - job_name: app\n    label_limit: 20\n    \
                     static_configs: [{targets: ['app:8080']}]\n    metric_relabel_configs:\n      \
                     - regex: annotation_(.+)\n        action: labelmap\n---\n# scrape app app:8080\n\
                     <M>_total{annotation_a=\"1\",annotation_b=\"1\",annotation_c=\"1\"} 1",
                    "scrape_configs:\n  - job_name: app\n    label_limit: 7 # error\n    \
                     static_configs: [{targets: ['app:8080']}]\n    metric_relabel_configs:\n      \
                     - regex: annotation_(.+)\n        action: labelmap\n---\n# scrape app app:8080\n\
                     <M>_total{annotation_a=\"1\",annotation_b=\"1\",annotation_c=\"1\"} 1",
                ),
                (
                    "scrape_configs:\n  - job_name: app\n    label_value_length_limit: 200\n    \
                     static_configs: [{targets: ['app:8080']}]\n---\n# scrape app app:8080\n\
                     <M>_total{<L>=\"<V>/<W>/<V>/<W>/<V>/<W>\"} 1",
                    "scrape_configs:\n  - job_name: app\n    label_value_length_limit: 20 # error\n    \
                     static_configs: [{targets: ['app:8080']}]\n---\n# scrape app app:8080\n\
                     <M>_total{<L>=\"<V>/<W>/<V>/<W>/<V>/<W>\"} 1",
                ),
            ],
        ),
    },
    Operator {
        name: "limit below what all have",
        rows: &[101],
        rules: &["SC006"],
        also: &["CA003"],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "scrape_configs:\n  - job_name: app\n    label_limit: 20\n    \
                 static_configs: [{targets: ['app:8080']}]\n---\n# scrape app app:8080\n<M>_total 1",
                "scrape_configs:\n  - job_name: app\n    label_limit: 2 # error\n    \
                 static_configs: [{targets: ['app:8080']}]\n---\n# scrape app app:8080\n<M>_total 1",
            )],
        ),
    },
    Operator {
        name: "target in two jobs",
        rows: &[55, 91, 92],
        rules: &["CA007"],
        also: &[],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:8080']}]\n---\n\
                 # scrape app app:8080\n<M>_total{code=\"200\"} 5\n<M>_total{code=\"500\"} 1\n<N>_open 7",
                "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:8080']}]\n  \
                 - job_name: <V> # error\n    static_configs: [{targets: ['app:8080']}]\n---\n\
                 # scrape app app:8080\n<M>_total{code=\"200\"} 5\n<M>_total{code=\"500\"} 1\n<N>_open 7\n---\n\
                 # scrape <V> app:8080\n<M>_total{code=\"200\"} 5\n<M>_total{code=\"500\"} 1\n<N>_open 7",
            )],
        ),
    },
    Operator {
        name: "labels not honored",
        rows: &[83],
        rules: &["CA008"],
        also: &[],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "scrape_configs:\n  - job_name: app\n    honor_labels: true\n    \
                 static_configs: [{targets: ['app:9091']}]\n---\n# scrape app app:9091\n<M>_last{job=\"<V>\"} 1",
                "scrape_configs:\n  - job_name: app # error\n    \
                 static_configs: [{targets: ['app:9091']}]\n---\n# scrape app app:9091\n<M>_last{job=\"<V>\"} 1",
            )],
        ),
    },
    Operator {
        name: "federation not honored",
        rows: &[83],
        rules: &["SC005"],
        also: &["CA008"],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "scrape_configs:\n  - job_name: app\n    honor_labels: true\n    metrics_path: /federate\n    \
                 params: {'match[]': ['{job=\"<V>\"}']}\n    static_configs: [{targets: ['app:9091']}]\n---\n\
                 # scrape app app:9091\n<M>_last{job=\"<V>\"} 1",
                "scrape_configs:\n  - job_name: app # error\n    metrics_path: /federate\n    \
                 params: {'match[]': ['{job=\"<V>\"}']}\n    static_configs: [{targets: ['app:9091']}]\n---\n\
                 # scrape app app:9091\n<M>_last{job=\"<V>\"} 1",
            )],
        ),
    },
    unbounded!("path for each object", &[111], "path", "/shop/<id>"),
    unbounded!("raw path as a label", &[115, 116], "path", "/orders/1<i>7<i>/items"),
    unbounded!("session as a label", &[117, 122], "session", "<id>"),
    unbounded!("request as a label", &[118, 120], "request_id", "<id>"),
    unbounded!("mail address as a label", &[119], "user", "person<i>@example.com"),
    unbounded!("serial as a label", &[121, 123], "serial", "31748<i>3<i>911278204<i>"),
];
