//! Consumers as they are found in the wild, in miniature: what each asks, where it says so, and what
//! it makes of texts that are broken.

use super::*;
use crate::usage::{ConsumerKind, Usage, UsageOptions};

fn read(text: &str) -> (Usage, Vec<Note>, SourceText) {
    let source = SourceText::new("f", text);
    let mut consumers = Consumers::default();
    assert!(consumers.add(FileId::default(), &source), "nothing is read of {text}");
    let (queries, notes) = consumers.finish();
    (Usage::of(queries, UsageOptions::default()), notes, source)
}

/// Every metric in `used` is used, whoever is of `kind` asks, nothing is unknown, and each selector is
/// where it is said to be.
#[track_caller]
fn check(text: &str, kind: ConsumerKind, used: &[&str]) -> Usage {
    let (usage, _, source) = read(text);
    assert_eq!(usage.not_understood().len(), 0, "{:?}", usage.not_understood());
    assert!(usage.kinds_given().contains(&kind), "{:?}", usage.kinds_given());
    for metric in used {
        assert_eq!(usage.metric(metric).as_str(), "used", "{metric}");
    }
    assert!(usage.metric("nobody_asks").is_unused());
    for found in usage.selectors() {
        let query = &usage.queries()[found.query];
        let Some(place) = query.place(found.span, &source).filter(|_| query.is_scalar) else {
            continue;
        };
        let shown = &text[place.span.range()];
        let metric = found.metric().unwrap_or_default();
        assert!(shown.contains(metric) || metric.is_empty(), "{metric} is not in {shown}");
    }
    usage
}

const NEWEST: &str = r#"{"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard",
 "metadata": {"name": "d"}, "spec": {"title": "d", "layout": {"kind": "GridLayout"},
 "annotations": [{"kind": "AnnotationQuery", "spec": {"query": {"kind": "DataQuery",
   "group": "prometheus", "spec": {"expr": "annotated"}}}}],
 "variables": [
  {"kind": "QueryVariable", "spec": {"name": "v", "query": {"kind": "DataQuery",
   "group": "prometheus", "spec": {"query": "label_values(in_variable, x)"}}}},
  {"kind": "QueryVariable", "spec": {"name": "l", "query": {"kind": "DataQuery",
   "group": "loki", "spec": {"query": "label_values(app)"}}}},
  {"kind": "CustomVariable", "spec": {"name": "c", "query": "up : a_up, down : a_down"}}],
 "elements": {
  "a": {"kind": "Panel", "spec": {"title": "p", "data": {"kind": "QueryGroup", "spec": {"queries": [
   {"kind": "PanelQuery", "spec": {"refId": "A", "query": {"kind": "DataQuery",
    "group": "prometheus", "spec": {"expr": "rate(in_\"panel\"\n[$__rate_interval])"}}}},
   {"kind": "PanelQuery", "spec": {"refId": "B", "query": {"kind": "loki",
    "spec": {"expr": "rate({app=\"x\"}[5m])"}}}},
   {"kind": "PanelQuery", "spec": {"refId": "C", "query": {"kind": "prometheus",
    "spec": {"expr": "sum by (a) (older{x=~\"${v:regex}\"})"}}}}]}}}}}}}"#;

#[test]
fn the_newest_dashboards_are_read() {
    let text = NEWEST.replace(r#"in_\"panel\"\n"#, r"in_panel\n");
    let metrics = ["annotated", "in_variable", "in_panel", "older"];
    let usage = check(&text, ConsumerKind::Dashboards, &metrics);
    assert_eq!(usage.queries().len(), 4);
    assert_eq!(usage.label("older", "b").as_str(), "unused");
}

#[test]
fn datasources_decide_what_is_asked() {
    let text = r#"{"__inputs": [{"name": "DS_LOGS", "type": "datasource", "pluginId": "loki"}],
      "templating": {"list": [{"type": "datasource", "name": "ds", "query": "prometheus"},
        {"type": "datasource", "name": "logs", "query": "loki"}]},
      "panels": [
       {"title": "mixed", "datasource": {"type": "datasource", "uid": "-- Mixed --"}, "targets": [
         {"refId": "A", "expr": "in_mixed", "datasource": {"type": "prometheus", "uid": "$ds"}},
         {"refId": "B", "expr": "rate({a=\"b\"}[5m])", "datasource": {"uid": "${logs}"}},
         {"refId": "C", "expr": "$A > 1", "datasource": {"type": "__expr__", "uid": "__expr__"}}]},
       {"datasource": "${DS_LOGS}", "targets": [{"expr": "rate({c=\"d\"}[5m])"}]},
       {"datasource": "some name", "targets": [{"expr": "{e=\"f\"} |= `x`"}, {"expr": "named"}]},
       {"title": "new", "datasource": {"type": "acme-db", "uid": "u"}, "targets": [
         {"refId": "A", "rawSql": "select"}]}]}"#;
    let usage = check(text, ConsumerKind::Dashboards, &["in_mixed", "named"]);
    assert_eq!(usage.queries().len(), 2);
    let (_, notes, _) = read(text);
    assert_eq!(notes.len(), 1);
    assert!(notes[0].text.contains("acme-db"), "{notes:?}");
}

#[test]
fn library_panels_are_found_in_other_files() {
    let dashboard = r#"{"panels": [{"libraryPanel": {"uid": "u", "name": "n"}}]}"#;
    let panel = r#"{"result": {"uid": "u", "kind": 1, "model": {"targets": [{"expr": "m"}]}}}"#;
    assert_eq!(read(dashboard).0.metric("n").as_str(), "unknown");
    let mut consumers = Consumers::default();
    for text in [dashboard, panel] {
        assert!(consumers.add(FileId::default(), &SourceText::new("f", text)));
    }
    let usage = Usage::of(consumers.finish().0, UsageOptions::default());
    assert_eq!((usage.metric("m").as_str(), usage.metric("n").as_str()), ("used", "unused"));
}

#[test]
fn dashboards_are_found_in_resources() {
    let dashboard = r#"{"panels": [{"targets": [{"expr": "m"}]}]}"#;
    for text in [
        format!("{{\"dashboard\": {dashboard}, \"meta\": {{}}}}"),
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  d.json: |\n    {dashboard}\n"),
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  d.json: '{dashboard}'\n"),
        format!(
            "kind: List\nitems:\n- kind: ConfigMap\n  data:\n    d.json: |-\n      {dashboard}\n"
        ),
        format!("kind: GrafanaDashboard\nspec:\n  json: >\n    {dashboard}\n"),
        format!(
            "grafana:\n  dashboards:\n    default:\n      d:\n        json: |\n          {dashboard}\n"
        ),
        format!("\t{dashboard}"),
    ] {
        check(&text, ConsumerKind::Dashboards, &["m"]);
    }
    let (usage, ..) = read("kind: GrafanaDashboard\nspec:\n  url: https://example.org/d.json\n");
    assert_eq!(usage.metric("m").as_str(), "unknown");
}

#[test]
fn a_variable_of_names_touches_those_names_alone() {
    let text = r#"{"panels": [{"targets": [{"expr": "rate($metric[5m])"}, {"expr": "${c}_total"}]}],
      "templating": {"list": [
       {"type": "query", "name": "metric", "query": {"query": "metrics(node_)", "refId": "x"}},
       {"type": "custom", "name": "c", "query": "good,bad"}]}}"#;
    let (usage, ..) = read(text);
    let of = |metric: &str| usage.metric(metric).as_str();
    assert_eq!([of("node_x"), of("good_total")], ["used", "unknown"]);
    assert_eq!([of("m"), of("other_total")], ["unused", "unused"]);
}

#[test]
fn perses_is_read() {
    let text = "kind: Dashboard\nmetadata: {name: d}\nspec:\n  variables:\n  - kind: ListVariable\n    \
        spec:\n      plugin:\n        kind: PrometheusLabelValuesVariable\n        \
        spec: {labelName: x, matchers: ['in_variable{a=\"b\"}']}\n  panels:\n    p:\n      \
        kind: Panel\n      spec:\n        queries:\n        - kind: TimeSeriesQuery\n          \
        spec:\n            plugin:\n              kind: PrometheusTimeSeriesQuery\n              \
        spec: {query: 'sum by (c) (in_panel{x=\"$x\"})'}\n        - kind: LogQuery\n          \
        spec:\n            plugin:\n              kind: LokiLogQuery\n              \
        spec: {query: '{a=\"b\"}'}\n";
    let usage = check(text, ConsumerKind::Dashboards, &["in_variable", "in_panel"]);
    assert_eq!(usage.label("in_variable", "y").as_str(), "unused");
    assert_eq!(usage.label("in_panel", "y").as_str(), "unused");
    let resource =
        format!("apiVersion: perses.dev/v1alpha2\n{}", text.replace("kind: D", "kind: PersesD"));
    check(&resource, ConsumerKind::Dashboards, &["in_panel"]);
}

#[test]
fn groups_of_rules_are_read_wherever_they_are() {
    let group = "- name: g\n  rules:\n  - record: r\n    expr: sum(m)\n  - alert: A\n    expr: |\n      n > 1\n";
    let deeper = group.replace('\n', "\n  ");
    for text in [
        format!("groups:\n{group}"),
        format!("namespace: x\ngroups:\n{group}"),
        format!("kind: PrometheusRule\nspec:\n  groups:\n  {deeper}\n"),
        format!("ns:\n{group}"),
        r#"{"status": "success", "data": {"groups": [{"name": "g", "rules": [
            {"name": "r", "query": "sum(m)", "type": "recording"},
            {"name": "A", "query": "n > 1", "type": "alerting"}]}]}}"#
            .to_owned(),
    ] {
        let usage = check(&text, ConsumerKind::Rules, &["m", "n"]);
        assert_eq!(usage.queries()[0].records.as_ref().unwrap().name, "r");
        assert_eq!(usage.queries()[1].origin.kind, OriginKind::Alert);
    }
    let logs =
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: 'rate({a=\"b\"} |= `x` [5m]) > 1'\n";
    let (usage, notes, _) = read(logs);
    assert_eq!((usage.queries().len(), notes.len()), (0, 1));
}

#[test]
fn managed_alerts_are_read() {
    let text = "apiVersion: 1\ngroups:\n- name: g\n  rules:\n  - title: t\n    data:\n    - refId: A\n      \
        datasourceUid: p\n      model: {expr: 'm > 1', refId: A}\n    - refId: B\n      \
        datasourceUid: __expr__\n      model: {expression: A, type: threshold}\n";
    check(text, ConsumerKind::GrafanaAlerts, &["m"]);
}

#[test]
fn alertmanager_goes_by_labels_of_alerts() {
    let text = "route:\n  receiver: r\n  group_by: [job, '...']\n  routes:\n  - matchers: ['team=\"x\"']\n  \
        - match: {zone: a}\ninhibit_rules:\n- equal: [pod]\nreceivers:\n- name: r\n  slack_configs:\n  \
        - text: '{{ .CommonLabels.host }}'\n";
    let rules = "groups:\n- rules:\n  - alert: A\n    expr: m\n";
    let mut consumers = Consumers::default();
    for text in [text, rules] {
        assert!(consumers.add(FileId::default(), &SourceText::new("f", text)));
    }
    let usage = Usage::of(consumers.finish().0, UsageOptions::default());
    let named = usage.queries().iter().filter(|it| it.origin.kind == OriginKind::AlertRoute);
    let named: Vec<&str> = named.map(|query| query.text.as_str()).collect();
    assert_eq!(named, ["job", "team", "zone", "pod", "host"]);
    let uses = |metric: &str| match usage.label(metric, "pod") {
        crate::usage::Verdict::Used(uses) => uses.len(),
        _ => 0,
    };
    assert_eq!((uses("m"), uses("n")), (2, 0));
    let template = "{{ define \"t\" }}{{ .Labels.pod }}{{ end }}";
    check(template, ConsumerKind::AlertmanagerRoutes, &[]);
}

#[test]
fn autoscalers_are_read() {
    let keda = "kind: ScaledObject\nmetadata: {name: s}\nspec:\n  triggers:\n  - type: prometheus\n    \
        metadata: {query: 'sum(rate(m[2m]))', threshold: '1'}\n  - type: cpu\n    metadata: {value: '5'}\n";
    check(keda, ConsumerKind::Autoscalers, &["m"]);
    let adapter = "rules:\n- seriesQuery: 'm{namespace!=\"\"}'\n  resources: {template: <<.Resource>>}\n  \
        metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>) / scalar(n)\n\
        resourceRules:\n  cpu:\n    containerQuery: sum by (<<.GroupBy>>) (c{<<.LabelMatchers>>})\n";
    let usage = check(adapter, ConsumerKind::Autoscalers, &["m", "n", "c"]);
    assert_eq!(usage.label("m", "any").as_str(), "used");
}

#[test]
fn progressive_delivery_is_read() {
    let canary = "kind: Canary\nmetadata: {name: c}\nspec:\n  analysis:\n    metrics:\n    \
        - name: request-success-rate\n    - name: own\n      query: 'm{a=\"{{ namespace }}\"}'\n";
    check(canary, ConsumerKind::ProgressiveDelivery, &["m", "istio_requests_total"]);
    for (provider, metric) in [
        ("linkerd", "response_total"),
        ("gatewayapi:v1", "http_request_duration_seconds_count"),
        ("knative", "envoy_cluster_upstream_rq"),
    ] {
        let canary = format!(
            "kind: Canary\nspec:\n  provider: {provider}\n  analysis:\n    metrics: \
             [{{name: request-success-rate}}]\n"
        );
        check(&canary, ConsumerKind::ProgressiveDelivery, &[metric]);
    }
    let template = "kind: MetricTemplate\nspec:\n  provider: {type: prometheus}\n  query: |\n    \
        sum(rate(m{a=\"{{ target }}\"}[{{ interval }}]))\n";
    check(template, ConsumerKind::ProgressiveDelivery, &["m"]);
    let rollout = "kind: AnalysisTemplate\nspec:\n  metrics:\n  - name: x\n    provider:\n      prometheus:\n        \
        query: 'sum(m{a=\"{{args.a}}\"})'\n";
    check(rollout, ConsumerKind::ProgressiveDelivery, &["m"]);
    let unknown = "kind: Canary\nspec:\n  analysis:\n    metrics: [{name: unheard-of}]\n";
    assert_eq!(read(unknown).0.metric("m").as_str(), "unknown");
}

#[test]
fn objectives_are_read() {
    let sloth = "version: prometheus/v1\nservice: s\nslos:\n- name: o\n  sli:\n    events:\n      \
        error_query: sum(rate(m{code=~\"5..\"}[{{.window}}]))\n      total_query: sum(rate(n[{{.window}}]))\n";
    check(sloth, ConsumerKind::ServiceLevelObjectives, &["m", "n"]);
    let pyrra = "kind: ServiceLevelObjective\nmetadata: {name: p}\nspec:\n  indicator:\n    ratio:\n      \
        errors: {metric: 'm{code=~\"5..\"}'}\n      total: {metric: n}\n      grouping: [job]\n";
    let usage = check(pyrra, ConsumerKind::ServiceLevelObjectives, &["m", "n"]);
    assert_eq!(usage.label("n", "pod").as_str(), "unused");
}

#[test]
fn federation_is_read() {
    let text = "scrape_configs:\n- job_name: f\n  metrics_path: /federate\n  params:\n    'match[]':\n    \
        - '{__name__=~\"job:.*\"}'\n    - m\n";
    let mut own = Consumers::default();
    assert!(!own.add_own(FileId::default(), &SourceText::new("f", text)));
    let usage = check(text, ConsumerKind::Federation, &["m", "job:x"]);
    assert_eq!(usage.label("m", "any").as_str(), "used");
}

#[test]
fn what_is_broken_could_ask_anything() {
    for text in
        ["{\"panels\": [", "groups:\n- rules:\n  - alert: A\n    {{- if x }}\n    expr: m\n"]
    {
        assert_eq!(read(text).0.metric("m").as_str(), "unknown", "{text}");
    }
    // As YAML this is one scalar, whose text is the file again.
    assert_eq!(read("$\"panels\":[{\"expr\":m}]").0.metric("m").as_str(), "unknown");
    let mut consumers = Consumers::default();
    for text in ["a: b\n", "", "{", "- 1\n", "kind: Service\nspec: {ports: []}\n"] {
        assert!(!consumers.add(FileId::default(), &SourceText::new("f", text)), "{text}");
    }
    assert!(consumers.finish().0.is_empty());
}
