//! Where usage comes from: a directory of everything, live servers, query logs, programs by name.

use promsieve_lab::real::{Page, Pages, TempDir};
use serde_json::Value;

use super::{Ended, run, run_with};

const RULES: &str = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      1 < in_rule\n";
const DASHBOARD: &str = r#"{"title": "d", "panels": [{"title": "p",
  "datasource": {"type": "prometheus"}, "targets": [{"expr": "in_\"panel"},
  {"expr": "sum by (a) (in_panel{x=\"\u0031\"} / older)"}]}]}"#;

/// Metrics, each with its verdict and the place of its first use.
fn told(ended: &Ended) -> Vec<(String, String, String)> {
    let json: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    let one = |metric: &Value| {
        let first = &metric["uses"][0];
        let place = format!("{}:{}:{}", first["file"], first["line"], first["column"]);
        let text = |key: &str| metric[key].as_str().unwrap().to_owned();
        (text("name"), text("verdict"), place.replace('"', ""))
    };
    json["metrics"].as_array().unwrap().iter().map(one).collect()
}

#[track_caller]
fn check(ended: &Ended, expected: &[(&str, &str, &str)]) {
    let told = told(ended);
    let told: Vec<_> =
        told.iter().map(|(name, verdict, at)| (&**name, &**verdict, &**at)).collect();
    assert_eq!(told, expected, "{}", ended.stderr);
}

#[test]
fn a_directory_holds_all_kinds() {
    let dir = TempDir::new("usage").unwrap();
    let keda = "kind: ScaledObject\nspec:\n  triggers:\n  - type: prometheus\n    metadata:\n      \
                query: in_keda\n";
    for (name, text) in [
        ("prometheus.yml", "scrape_configs:\n- job_name: a\n"),
        ("a/rules.yml", RULES),
        ("a/b/dashboard.json", DASHBOARD),
        ("a/keda.yaml", keda),
        ("q.promql", "in_list\n"),
        ("query.log", r#"{"params":{"query":"in_log"},"ts":"2026-01-01T00:00:00Z"}"#),
        ("other.yml", "a: b\n"),
    ] {
        dir.write(name, text).unwrap();
    }
    let ended = run(dir.path(), &["usage", ".", "--format", "json"], b"");
    check(
        &ended,
        &[
            ("in_keda", "used", "./a/keda.yaml:6:14"),
            ("in_list", "used", "./q.promql:null:null"),
            ("in_log", "used", "./query.log:null:null"),
            ("in_panel", "used", "./a/b/dashboard.json:3:25"),
            ("in_rule", "used", "./a/rules.yml:6:11"),
            ("older", "used", "./a/b/dashboard.json:3:50"),
        ],
    );
    let text = run(dir.path(), &["usage", "."], b"").stdout;
    assert!(text.contains("A (./a/rules.yml:6:11)"), "{text}");
    assert!(text.contains("not understood: p (./a/b/dashboard.json:2:"), "{text}");
    assert!(text.contains("Not given: federation, Alertmanager"), "{text}");
}

#[test]
fn servers_are_asked_and_the_token_is_not_shown() {
    let rules = r#"{"status":"success","data":{"groups":[{"name":"g","rules":[
        {"name":"r","query":"in_rule","type":"recording"}]}]}}"#;
    let answers = [
        ("/prom/api/v1/rules", rules),
        ("/api/search", r#"[{"uid": "u/1"}]"#),
        (
            "/api/dashboards/uid/u%2F1",
            r#"{"meta": {}, "dashboard": {"panels": [
            {"libraryPanel": {"uid": "l"}}, {"targets": [{"expr": "in_panel"}]}]}}"#,
        ),
        (
            "/api/library-elements",
            r#"{"result": {"elements": [
            {"uid": "l", "model": {"targets": [{"expr": "in_library"}]}}]}}"#,
        ),
    ];
    let page = |(key, text): (&str, &str)| (key.to_owned(), Page::new(text, "application/json"));
    let pages = Pages::serve(answers.map(page)).unwrap();
    let (base, dir) = (format!("http://{}", pages.address()), TempDir::new("usage").unwrap());
    let prometheus = format!("{base}/prom/");
    let args = ["usage", "--rules-of", &prometheus, "--grafana", &base, "--format", "json"];
    let ended = run_with(dir.path(), &args, &[("GRAFANA_TOKEN", "s3cret")]);
    check(
        &ended,
        &[
            ("in_library", "used", &format!("{base}/api/library-elements:2:58")),
            ("in_panel", "used", &format!("{base}/api/dashboards/uid/u%2F1:2:68")),
            ("in_rule", "used", &format!("{base}/prom/api/v1/rules:2:30")),
        ],
    );
    assert!(ended.stderr.contains("not counted: ") && ended.stderr.contains("alert-rules"));
    assert!(!ended.stderr.contains("s3cret") && !ended.stdout.contains("s3cret"));
    let sent = |path| pages.last_header(path, "authorization");
    assert_eq!(sent("/api/search").as_deref(), Some("Bearer s3cret"));
    assert_eq!(sent("/prom/api/v1/rules"), None);
    dir.write("token", "of a file\n").unwrap();
    let args = [&args[..], &["--grafana-token-file", "token"]].concat();
    run_with(dir.path(), &args, &[("GRAFANA_TOKEN", "s3cret")]);
    assert_eq!(sent("/api/search").as_deref(), Some("Bearer of a file"));
}

#[test]
fn a_window_of_a_query_log_is_read() {
    let dir = TempDir::new("usage").unwrap();
    let entry = |day: &str, query: &str| {
        format!(r#"{{"params":{{"query":"{query}","step":0}},"ts":"2026-01-{day}T10:00:00.5Z"}}"#)
    };
    let log = [entry("01", "before"), entry("02", "within"), entry("03", "after")].join("\n");
    dir.write("query.log", &log).unwrap();
    let args = ["usage", "query.log", "--format", "json", "--queries-since", "2026-01-02"];
    let args = [&args[..], &["--queries-until", "2026-01-03T00:00:00+01:00"]].concat();
    check(&run(dir.path(), &args, b""), &[("within", "used", "query.log:null:null")]);
    let ended = run(dir.path(), &["usage", "query.log", "--queries-since", "tomorrow"], b"");
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("`tomorrow` is no moment"), "{}", ended.stderr);
}

#[test]
fn programs_are_counted_by_name() {
    let dir = TempDir::new("usage").unwrap();
    dir.write("q.promql", "up\n").unwrap();
    let args = ["usage", "q.promql", "--consumer", "kiali", "--format", "json"];
    let told = told(&run(dir.path(), &args, b""));
    assert!(
        told.iter().any(|(name, verdict, _)| name == "istio_requests_total" && verdict == "used")
    );
    let ended = run(dir.path(), &["usage", "q.promql", "--consumer", "nobody"], b"");
    assert!(ended.stderr.contains("write one of"), "{}", ended.stderr);
}
