//! Usage as a whole: what each construct needs, and that doubt never becomes "unused".

use super::*;

fn origin(kind: OriginKind) -> Origin {
    Origin { kind, file: "f".to_owned(), location: None, name: "n".to_owned() }
}

fn query(text: &str) -> Query {
    Query::new(text, origin(OriginKind::List))
}

fn panel(text: &str) -> Query {
    let variables = Some(Variables::default());
    Query { variables, ..Query::new(text, origin(OriginKind::DashboardPanel)) }
}

fn picker(text: &str) -> Query {
    let variables = Some(Variables::default());
    Query { variables, ..Query::new(text, origin(OriginKind::DashboardVariable)) }
}

fn of(queries: impl IntoIterator<Item = Query>) -> Usage {
    Usage::of(queries.into_iter().collect(), UsageOptions::default())
}

/// What the first selector of `m` in `text` needs.
#[track_caller]
fn needs(text: &str, expected: &str) {
    let usage = of([query(text)]);
    let selectors = usage.selectors_of("m");
    let need = selectors.first().unwrap_or_else(|| panic!("{:?}", usage.not_understood())).0;
    assert_eq!(need.need.to_string(), expected, "{text}: {}", need.reason);
}

#[test]
fn each_construct_needs_what_it_reads() {
    needs("m", "all labels");
    needs("sum(m)", "no label");
    needs("sum by (a, b) (rate(m{c=\"x\", d!~\"y\"}[5m]))", "a, b, c, d");
    needs("sum(m) by (a)", "a");
    needs("sum without (a) (m)", "all labels but a");
    needs("max by (x) (sum by (a) (m))", "a");
    needs("topk(3, m)", "all labels");
    needs("sum(topk by (a) (3, m))", "a");
    needs("limitk(3, m)", "all labels");
    needs("count_values by (a) (\"v\", m)", "a");
    needs("m / on (a, b) n", "a, b");
    needs("m / ignoring (a) n", "all labels but a");
    needs("m / n", "all labels");
    needs("n * on (a) group_left (b) m", "a, b");
    needs("sum by (c) (m * on (a) group_left () n)", "a, c");
    needs("sum by (b) (m * on (a) group_left (b) n)", "all labels");
    needs("sum(n * on (a) group_right () m)", "a");
    needs("sum by (x) (n and on (a) m)", "a");
    needs("sum by (x) (m and on (a) n)", "a, x");
    needs("sum(m unless n)", "all labels");
    needs("sum by (x) (n or on (a) m)", "a, x");
    needs("sum(m) > 1", "no label");
    needs("sum(m * 2 > bool 1)", "no label");
    needs("sum(label_replace(m, \"x\", \"$1\", \"y\", \"(.*)\"))", "all labels");
    needs("histogram_quantile(0.9, sum by (le) (rate(m[5m])))", "le");
    needs("histogram_quantile(0.9, rate(m[5m]))", "all labels");
    needs("absent(m{a=\"b\"})", "a");
    needs("n > scalar(m)", "no label");
    needs("max_over_time(sum by (a) (m)[1h:5m])", "a");
    needs("info(m)", "all labels");
    needs("sum by (a) ({__name__=~\"m|n\"})", "all labels");
    needs("sum({\"m\", \"a.b\"=\"x\"})", "a.b");
    needs("-sum by (a) (m offset 5m)", "a");
}

#[test]
fn names_are_used_unused_or_unknown() {
    let verdict = |queries: Vec<Query>, metric: &str| of(queries).metric(metric).as_str();
    assert_eq!(verdict(vec![query("m + n")], "n"), "used");
    assert_eq!(verdict(vec![query("m + n")], "o"), "unused");
    assert_eq!(verdict(vec![query("{__name__=~\"node_.*\"}")], "node_x"), "used");
    assert_eq!(verdict(vec![query("{__name__=~\"node_.*\"}")], "other"), "unused");
    assert_eq!(verdict(vec![query("{job=\"x\"}")], "m"), "used");
    assert_eq!(verdict(vec![query("info(m)")], "target_info"), "used");
    assert_eq!(verdict(vec![query("sum(foo_total")], "foo_total"), "unknown");
    assert_eq!(verdict(vec![query("sum(foo_total")], "m"), "unused");
    assert_eq!(verdict(vec![query("{__name__=~\"a.*\"")], "m"), "unknown");
    assert_eq!(verdict(vec![panel("$query")], "m"), "unknown");
    assert_eq!(verdict(vec![panel("rate(node_$x[5m])")], "node_y"), "unknown");
    assert_eq!(verdict(vec![panel("rate(node_$x[5m])")], "m"), "unused");
    assert_eq!(verdict(vec![panel("{__name__=~\"$x\"}")], "m"), "unknown");
    assert_eq!(verdict(vec![panel("{__name__=\"${x}_sum\"}")], "a_sum"), "unknown");
    assert_eq!(verdict(vec![panel("{__name__=\"${x}_sum\"}")], "m"), "unused");
    assert_eq!(verdict(vec![panel("${fn:raw}(m{a=\"$b\"}[$__interval])")], "m"), "used");
    assert_eq!(verdict(vec![panel("$fn(m{a=\"$b\"}[$__interval])")], "m"), "unknown");
    assert_eq!(verdict(vec![panel("topk($k, rate(m[$__range]))")], "m"), "used");
    assert_eq!(verdict(vec![picker("label_values(m{a=\"b\"}, c)")], "m"), "used");
    assert_eq!(verdict(vec![picker("query_result(sum(m))")], "m"), "used");
    assert_eq!(verdict(vec![picker("metrics(node_.*)")], "node_x"), "used");
    assert_eq!(verdict(vec![picker("label_values(c)")], "m"), "unused");
    assert_eq!(verdict(vec![], "m"), "unused");
}

#[test]
fn labels_and_values_are_judged_for_each_metric() {
    let usage = of([
        query("sum by (a) (m{b=~\"x|y\"})"),
        panel("sum by ($g) (n)"),
        panel("sum(o{b=\"$v\"})"),
        picker("label_values(p{d=\"1\"}, e)"),
        picker("label_values(z)"),
    ]);
    let label = |metric: &str, label: &str| usage.label(metric, label).as_str();
    assert_eq!([label("m", "a"), label("m", "b"), label("m", "c")], ["used", "used", "unused"]);
    assert_eq!([label("n", "a"), label("o", "b"), label("o", "c")], ["used", "used", "unused"]);
    assert_eq!([label("p", "d"), label("p", "e"), label("p", "f")], ["used", "used", "unused"]);
    assert_eq!([label("m", "z"), label("none", "z")], ["used", "used"]);
    let value = |metric: &str, value: &str| usage.value(metric, "b", value).as_str();
    assert_eq!([value("m", "x"), value("m", "z"), value("m", "")], ["used", "unused", "unused"]);
    assert_eq!([value("n", "x"), value("o", "anything")], ["used", "unknown"]);
    let usage = of([panel("sum by (a) ($f(m))"), panel("${f:x}(n{a=\"b\", $filters})")]);
    assert_eq!(usage.label("n", "z").as_str(), "used");
    assert_eq!(usage.label("m", "z").as_str(), "unknown");
}

#[test]
fn recorded_series_pass_on_what_their_readers_need() {
    let recording = |name: &str, text: &str| Query {
        records: Some(Recorded { name: name.to_owned(), sets: Vec::new() }),
        ..Query::new(text, origin(OriginKind::Rule))
    };
    let queries = vec![
        recording("r1", "rate(m[5m])"),
        recording("r2", "max by (a, b) (r1)"),
        recording("r3", "m2 > 0"),
        query("sum by (a) (r2)"),
        query("sum by (x) (r3)"),
    ];
    let options = UsageOptions { recorded_read_here_only: true };
    let usage = Usage::of(queries.clone(), options);
    let need = |usage: &Usage, metric: &str| usage.selectors_of(metric)[0].0.need.to_string();
    assert_eq!(need(&usage, "m"), "a, b");
    assert_eq!(need(&usage, "m2"), "x");
    let mut sets = queries.clone();
    let recorded =
        Recorded { name: "r3".to_owned(), sets: vec![("set".to_owned(), "x".to_owned())] };
    sets[2].records = Some(recorded);
    assert_eq!(need(&Usage::of(sets, options), "m2"), "all labels");
    let usage = Usage::of(queries, UsageOptions::default());
    assert_eq!(need(&usage, "m"), "all labels");
}

#[test]
fn spans_point_into_the_text_that_was_written() {
    for text in ["sum(rate(m{a=\"$x\"}[$__rate_interval])) / $n", "label_values(m{a=\"$x\"}, c)"] {
        let usage = of([if text.starts_with("label") { picker(text) } else { panel(text) }]);
        let found = &usage.selectors_of("m")[0].0;
        assert_eq!(&text[found.span.range()], "m{a=\"$x\"}");
    }
}

const DASHBOARD: &str = r#"{
  "title": "d",
  "annotations": {"list": [{"expr": "annotated{x=\"$x\"}", "name": "a"}]},
  "panels": [
    {"title": "p", "targets": [{"expr": "sum by (a) (in_panel)"}, {"expr": ""}]},
    {"type": "row", "panels": [{"targets": [{"expr": "in_row"}]}]},
    {"datasource": {"type": "loki"}, "targets": [{"expr": "{app=\"x\"} |= `y`"}]},
    {"libraryPanel": {"uid": "u", "model": {"targets": [{"expr": "in_library"}]}}}
  ],
  "rows": [{"panels": [{"targets": [{"expr": "rate(in_old_row[[[i]]])"}]}]}],
  "spec": {"elements": {"e": {"spec": {"data": {"spec": {"queries": [
    {"spec": {"query": {"kind": "prometheus", "spec": {"expr": "in_new_schema"}}}}]}}}}}},
  "templating": {"list": [
    {"type": "query", "name": "x", "query": {"query": "label_values(in_variable, x)"}},
    {"type": "interval", "name": "i", "query": "1m,5m"},
    {"type": "datasource", "name": "ds", "query": "prometheus"}
  ]}
}"#;

#[test]
fn every_place_of_a_dashboard_is_searched() {
    let usage = of(dashboard_queries("d.json", DASHBOARD));
    assert_eq!(usage.not_understood().len(), 0, "{:?}", usage.not_understood());
    for metric in [
        "annotated",
        "in_panel",
        "in_row",
        "in_library",
        "in_old_row",
        "in_new_schema",
        "in_variable",
    ] {
        assert_eq!(usage.metric(metric).as_str(), "used", "{metric}");
    }
    assert!(usage.metric("prometheus").is_unused());
    assert_eq!(usage.kinds_given().into_iter().collect::<Vec<_>>(), [ConsumerKind::Dashboards]);
    assert!(usage.kinds_missing().contains(&ConsumerKind::Rules));
}

#[test]
fn what_a_dashboard_hides_makes_everything_unknown() {
    let adhoc = r#"{"panels":[{"targets":[{"expr":"sum(m)"}]}],
        "templating":{"list":[{"type":"adhoc","name":"f"}]}}"#;
    assert_eq!(of(dashboard_queries("d", adhoc)).label("m", "a").as_str(), "used");
    let library = r#"{"panels":[{"libraryPanel":{"uid":"u","name":"n"}}]}"#;
    assert_eq!(of(dashboard_queries("d", library)).metric("m").as_str(), "unknown");
    assert_eq!(of(dashboard_queries("d", "{")).metric("m").as_str(), "unknown");
}

#[test]
fn lists_give_a_query_a_line() {
    let usage = of(list_queries("q.txt", "# all\n\nsum(a)\n  b{c=\"d\"}\n"));
    assert_eq!(usage.queries().len(), 2);
    assert_eq!(usage.queries()[1].origin.name, "line 4");
    assert_eq!(usage.label("b", "c").as_str(), "used");
}
