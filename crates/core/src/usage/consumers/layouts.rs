//! Every layout of every consumer against the bare query: whatever stands around an expression, it
//! needs the same, and each of its selectors is found where it is written.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::*;
use crate::usage::brute_force::{LABELS, METRICS, config, expressions, usage_of};
use crate::usage::{Usage, UsageOptions, parse};

/// What stands around an expression: `EXPR` is a JSON text, which YAML has, too.
const LAYOUTS: [(&str, &str); 28] = [
    ("panel", r#"{"panels": [{"title": "p", "targets": [{"expr": EXPR}]}]}"#),
    ("row", r#"{"panels": [{"type": "row", "panels": [{"targets": [{"expr": EXPR}]}]}]}"#),
    ("old row", r#"{"rows": [{"panels": [{"type": "graph", "targets": [{"expr": EXPR}]}]}]}"#),
    (
        "panel of a panel",
        r#"{"panels": [{"panels": [{"panels": [{"targets": [{"expr": EXPR}]}]}]}]}"#,
    ),
    (
        "library panel",
        r#"{"panels": [{"libraryPanel": {"uid": "u", "model": {"targets": [{"expr": EXPR}]}}}]}"#,
    ),
    (
        "library file",
        r#"{"result": {"uid": "u", "kind": 1, "model": {"targets": [{"expr": EXPR}]}}}"#,
    ),
    (
        "exported library",
        r#"{"__elements": {"u": {"uid": "u", "model": {"targets": [{"expr": EXPR}]}}}, "panels": [{"libraryPanel": {"uid": "u"}}]}"#,
    ),
    (
        "repeated panel",
        r#"{"panels": [{"repeat": "x", "repeatDirection": "h", "targets": [{"expr": EXPR}]}]}"#,
    ),
    (
        "mixed panel",
        r#"{"panels": [{"datasource": "-- Mixed --", "targets": [{"datasource": {"type": "loki"}, "expr": "x"}, {"datasource": {"type": "prometheus"}, "expr": EXPR}]}]}"#,
    ),
    (
        "table",
        r#"{"panels": [{"type": "table", "transformations": [{"id": "organize", "options": {"indexByName": {"x": 0}}}], "targets": [{"format": "table", "instant": true, "expr": EXPR}]}]}"#,
    ),
    (
        "legend",
        r#"{"panels": [{"targets": [{"legendFormat": "{{x}}", "expr": EXPR}], "links": [{"url": "/d/x?var-y=${__field.labels.y}"}]}]}"#,
    ),
    (
        "annotation",
        r#"{"annotations": {"list": [{"expr": EXPR, "titleFormat": "{{x}}"}]}, "panels": []}"#,
    ),
    (
        "wrapped by the API",
        r#"{"meta": {"slug": "x"}, "dashboard": {"panels": [{"targets": [{"expr": EXPR}]}]}}"#,
    ),
    (
        "newest panel",
        r#"{"elements": {"p": {"kind": "Panel", "spec": {"data": {"spec": {"queries": [{"kind": "PanelQuery", "spec": {"query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": EXPR}}}}]}}}}}, "layout": {"kind": "GridLayout"}}"#,
    ),
    (
        "newest annotation",
        r#"{"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": {"elements": {}, "layout": {}, "annotations": [{"kind": "AnnotationQuery", "spec": {"query": {"kind": "prometheus", "spec": {"expr": EXPR}}}}]}}"#,
    ),
    (
        "ConfigMap",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  d.json: |-\n    {\n      \"panels\": [{\"targets\": [{\"expr\": EXPR}]}]\n    }\n",
    ),
    (
        "resource",
        "kind: GrafanaDashboard\nspec:\n  json: |\n    {\"panels\": [{\"targets\": [{\"expr\": EXPR}]}]}\n",
    ),
    (
        "Perses",
        "kind: Dashboard\nspec:\n  panels:\n    p:\n      kind: Panel\n      spec:\n        queries:\n        - spec:\n            plugin: {kind: PrometheusTimeSeriesQuery, spec: {query: EXPR}}\n",
    ),
    ("rule file", "groups:\n- name: g\n  rules:\n  - record: r\n    expr: EXPR\n"),
    (
        "alert",
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: EXPR\n    annotations: {s: '{{ $labels.x }}'}\n",
    ),
    (
        "resource of rules",
        "kind: PrometheusRule\nspec:\n  groups:\n  - name: g\n    rules:\n    - record: r\n      expr: EXPR\n",
    ),
    ("ruler", "namespace:\n- name: g\n  rules:\n  - record: r\n    expr: EXPR\n"),
    (
        "rules of the API",
        r#"{"data": {"groups": [{"rules": [{"name": "r", "query": EXPR, "type": "recording"}]}]}}"#,
    ),
    (
        "Grafana alert",
        "groups:\n- rules:\n  - title: t\n    data:\n    - refId: A\n      model: {expr: EXPR}\n",
    ),
    (
        "KEDA",
        "kind: ScaledObject\nspec:\n  triggers:\n  - type: prometheus\n    metadata: {query: EXPR}\n",
    ),
    (
        "Argo Rollouts",
        "kind: AnalysisTemplate\nspec:\n  metrics:\n  - provider: {prometheus: {query: EXPR}}\n",
    ),
    ("Flagger", "kind: MetricTemplate\nspec:\n  provider: {type: prometheus}\n  query: EXPR\n"),
    ("Sloth", "version: prometheus/v1\nslos:\n- sli: {raw: {error_ratio_query: EXPR}}\n"),
];

/// What is needed of each metric and label.
fn needs(usage: &Usage) -> Vec<&'static str> {
    let labels = |metric| LABELS.into_iter().map(move |label| (metric, label));
    let of_label = |(metric, label)| usage.label(metric, label).as_str();
    let of_metrics = METRICS.into_iter().map(|metric| usage.metric(metric).as_str());
    of_metrics.chain(METRICS.into_iter().flat_map(labels).map(of_label)).collect()
}

#[test]
fn what_stands_around_an_expression_changes_nothing() {
    let mut runner = TestRunner::new(config());
    let texts = expressions();
    for (name, layout) in LAYOUTS {
        let mut cases = 0;
        while cases < 200 {
            let expr = texts.new_tree(&mut runner).unwrap().current();
            if parse(&expr).is_err() {
                continue;
            }
            cases += 1;
            let quoted = serde_json::to_string(&expr).unwrap();
            let source = SourceText::new("f", layout.replace("EXPR", &quoted));
            let mut consumers = Consumers::default();
            assert!(consumers.add(FileId::default(), &source), "{name}");
            let usage = Usage::of(consumers.finish().0, UsageOptions::default());
            assert_eq!(usage.not_understood().len(), 0, "{name}: {:?}", usage.not_understood());
            assert_eq!(needs(&usage), needs(&usage_of(&expr)), "{name}: {expr}");
            for found in usage.selectors() {
                let query = &usage.queries()[found.query];
                let place = query.place(found.span, &source).expect("it is in a file");
                let written = source.text()[place.span.range()].replace('\\', "");
                assert_eq!(written, expr[found.span.range()], "{name}: {expr}");
            }
        }
    }
}
