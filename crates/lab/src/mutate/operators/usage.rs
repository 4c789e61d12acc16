//! Steps that drop what rules need.

use super::{Defect, Look, Operator};

/// A chain, right and wrong, beside a rule whose query is asked of the server too.
macro_rules! used {
    ($name:literal, $rows:expr, $rules:expr, $also:expr, $good:expr, $bad:expr, $expr:expr, $query:expr, $page:expr) => {
        Operator {
            name: $name,
            rows: $rows,
            rules: $rules,
            also: $also,
            defect: Defect::Whole(
                Look::Pages,
                &[(
                    concat!($good, "\n---\ngroups:\n  - name: app\n    rules:\n      - record: app:used\n        expr: ", $expr, "\n---\n# query ", $query, "\n---\n# scrape app app:8080\n", $page),
                    concat!($bad, "\n---\ngroups:\n  - name: app\n    rules:\n      - record: app:used\n        expr: ", $expr, "\n---\n# query ", $query, "\n---\n# scrape app app:8080\n", $page),
                )],
            ),
        }
    };
}

/// The group.
pub(super) const OPERATORS: &[Operator] = &[
    used!(
        "used metric dropped",
        &[65, 103],
        &["US001"],
        &[],
        "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <N>_total\n    action: drop",
        "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <N>_total|<M>_.+ # error\n    action: drop",
        "sum(<M>_total{job=\"app\"})",
        "sum(<M>_total{OWNER})",
        "<M>_total{code=\"200\"} 1\n<N>_total{code=\"200\"} 2\ngo_threads 3"
    ),
    used!(
        "used metric not kept",
        &[31],
        &["US001"],
        &[],
        "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <M>_total|<N>_.+\n    action: keep",
        "metric_relabel_configs:\n  - source_labels: [__name__]\n    regex: <N>_.+ # error\n    action: keep",
        "sum(<M>_total{job=\"app\"})",
        "sum(<M>_total{OWNER})",
        "<M>_total{code=\"200\"} 1\n<N>_total{code=\"200\"} 2\ngo_threads 3"
    ),
    used!(
        "used label dropped",
        &[14, 18, 82, 104, 107],
        &["US002"],
        &["CA001"],
        "metric_relabel_configs:\n  - regex: <K>\n    action: labeldrop",
        "metric_relabel_configs:\n  - regex: <K>|<L> # error\n    action: labeldrop",
        "sum by (<L>) (<M>_total{job=\"app\"})",
        "sum by (<L>) (<M>_total{OWNER})",
        "<M>_total{<L>=\"<V>\",<K>=\"1\"} 1\n<M>_total{<L>=\"<W>\",<K>=\"1\"} 2"
    ),
    used!(
        "used bucket dropped",
        &[106],
        &["US003"],
        &[],
        "metric_relabel_configs:\n  - source_labels: [__name__, le]\n    regex: <M>_seconds_bucket;(0\\.1|0\\.2)\n    action: drop",
        "metric_relabel_configs:\n  - source_labels: [__name__, le]\n    regex: <M>_seconds_bucket;(0\\.1|0\\.3) # error\n    action: drop",
        "sum(<M>_seconds_bucket{job=\"app\",le=\"0.3\"})",
        "sum(<M>_seconds_bucket{OWNER,le=\"0.3\"})",
        "# TYPE <M>_seconds histogram\n<M>_seconds_bucket{le=\"0.1\"} 1\n<M>_seconds_bucket{le=\"0.2\"} 2\n<M>_seconds_bucket{le=\"0.3\"} 3\n<M>_seconds_bucket{le=\"+Inf\"} 4\n<M>_seconds_sum 1\n<M>_seconds_count 4"
    ),
    Operator {
        name: "bound of Prometheus 2 in a query",
        rows: &[1],
        rules: &["VE006"],
        also: &[],
        defect: Defect::Whole(
            Look::Pages,
            &[(
                "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:8080']}]\n---\ngroups:\n  \
                 - name: app\n    rules:\n      - alert: TooSlow\n        \
                 expr: <M>_seconds_bucket{job=\"app\",le=\"1.0\"} < 10\n---\n\
                 # query <M>_seconds_bucket{OWNER,le=\"1.0\"} < 10\n---\n# scrape app app:8080\n\
                 # TYPE <M>_seconds histogram\n<M>_seconds_bucket{le=\"1\"} 1\n<M>_seconds_bucket{le=\"+Inf\"} 4\n\
                 <M>_seconds_sum 1\n<M>_seconds_count 4",
                "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['app:8080']}]\n---\ngroups:\n  \
                 - name: app\n    rules:\n      - alert: TooSlow\n        \
                 expr: <M>_seconds_bucket{job=\"app\",le=\"1\"} < 10 # error\n---\n\
                 # query <M>_seconds_bucket{OWNER,le=\"1\"} < 10\n---\n# scrape app app:8080\n\
                 # TYPE <M>_seconds histogram\n<M>_seconds_bucket{le=\"1\"} 1\n<M>_seconds_bucket{le=\"+Inf\"} 4\n\
                 <M>_seconds_sum 1\n<M>_seconds_count 4",
            )],
        ),
    },
];
