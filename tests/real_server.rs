//! Live servers: what the binary says of a running Prometheus and `VictoriaMetrics`, and of stand-ins
//! that answer as the documents of Thanos and Mimir say.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use promsieve_lab::real::{
    Page, Pages, Server, Setup, TempDir, Version, dir, get, percent_encode, program,
};
use serde_json::Value;

use crate::cli::{Ended, run};

/// Series of the metric that does not fit into a page of [`PAGE`].
const LARGE: usize = 300;
const PAGE: &str = "40";

fn census(url: &str, more: &[&str]) -> Value {
    ended(url, more).json()
}

fn ended(url: &str, more: &[&str]) -> Ended {
    let dir = TempDir::new("live").unwrap();
    run(dir.path(), &[&["census", url, "--format", "json"], more].concat(), b"")
}

fn counts(list: &Value, count: &str) -> BTreeMap<String, u64> {
    let entry = |it: &Value| (it["name"].as_str().unwrap().to_owned(), it[count].as_u64().unwrap());
    list.as_array().unwrap().iter().map(entry).collect()
}

/// A large metric whose labels need every escape, some series without one of them, and small ones.
fn page() -> Page {
    let mut page = String::from("# TYPE large gauge\n");
    for at in 0..LARGE {
        let zone = ["a.b", "c|d", "e\\\"f", "g\\\\h", "i\\nj"][at % 5];
        let third = if at % 3 == 0 { "" } else { ",third=\"x\"" };
        page.push_str(&format!("large{{id=\"{}\",zone=\"{zone}\"{third}}} 1\n", at / 5));
    }
    for at in 0..20 {
        page.push_str(&format!("small_{at} {at}\n"));
    }
    Page::text(page)
}

fn serve(pages: impl IntoIterator<Item = (&'static str, &'static str)>) -> Pages {
    let page = |(path, text): (&str, &str)| (path.to_owned(), Page::new(text, "application/json"));
    Pages::serve(pages.into_iter().map(page)).unwrap()
}

#[track_caller]
fn check_prometheus(version: Version) {
    if dir().is_none() {
        return;
    }
    let pages = Pages::serve([("/metrics".to_owned(), page())]).unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- {{job_name: app, static_configs: \
         [{{targets: ['{}']}}]}}\n",
        pages.address()
    );
    let server = Server::start(version, &config).unwrap();
    server.wait_scraped(1).unwrap();
    let url = format!("http://{}", server.address());
    let ours = census(&url, &["--full", "--page", PAGE]);
    let all = server.series("{__name__!=\"\"}").unwrap();
    assert_eq!(ours["series"], all.len());
    let told = server.api("/api/v1/status/tsdb?limit=1000").unwrap();
    assert_eq!(
        counts(&ours["metrics"], "series"),
        counts(&told["seriesCountByMetricName"], "value")
    );
    assert_eq!(ours["unique_pairs"], told["headStats"]["numLabelPairs"]);
    let status = &ours["status"][0];
    assert_eq!(status["head_series"], told["headStats"]["numSeries"]);
    assert!(status["source"].as_str().unwrap().starts_with(&format!("{url} (")), "{status}");
    let short = census(&url, &["--list", "3"]);
    let bounds = &short["status"][0]["bounds"];
    let metrics = ours["metrics"].as_array().unwrap().len() as u64;
    assert!(bounds["metrics_at_least"].as_u64() <= Some(metrics), "{bounds}");
    assert!(bounds["metrics_at_most"].as_u64() >= Some(metrics), "{bounds}");
}

#[test]
fn a_running_prometheus_2_is_counted() {
    check_prometheus(Version::V2);
}

#[test]
fn a_running_prometheus_3_is_counted() {
    check_prometheus(Version::V3);
}

/// A running `VictoriaMetrics`; it is killed on drop.
struct Victoria {
    child: Child,
    address: String,
    _dir: TempDir,
}

impl Victoria {
    fn start(pages: &Pages) -> Option<Self> {
        let binary = program("victoria-metrics")?;
        let dir = TempDir::new("victoria").unwrap();
        let scrape = format!(
            "scrape_configs:\n- {{job_name: app, scrape_interval: 1s, static_configs: [{{targets: \
             ['{}']}}]}}\n",
            pages.address()
        );
        dir.write("scrape.yml", scrape).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let log = File::create(dir.path().join("log")).unwrap();
        let child = Command::new(binary)
            .current_dir(dir.path())
            .args(["-promscrape.config=scrape.yml", "-storageDataPath=data"])
            .arg(format!("-httpListenAddr={address}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Some(Self { child, address, _dir: dir })
    }

    /// Series that it finds.
    fn series(&self, selector: &str) -> usize {
        let path = format!("/api/v1/series?match[]={}", percent_encode(selector));
        let Ok(answer) = get(&self.address, &path) else { return 0 };
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        json["data"].as_array().map_or(0, Vec::len)
    }
}

impl Drop for Victoria {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_running_victoria_metrics_is_counted() {
    let pages = Pages::serve([("/metrics".to_owned(), page())]).unwrap();
    let Some(victoria) = Victoria::start(&pages) else { return };
    while victoria.series("{job=\"app\",__name__!=\"large\"}") < 21
        || victoria.series("large") < LARGE
    {
        std::thread::sleep(Duration::from_millis(100));
    }
    let url = format!("http://{}", victoria.address);
    let ours = census(&url, &["--full", "--page", PAGE, "--focus-label", "zone"]);
    assert_eq!(ours["series"], victoria.series("{__name__!=\"\"}"));
    let status = &ours["status"][0];
    assert_eq!(counts(&ours["metrics"], "series"), counts(&status["series_by_metric"], "value"));
    assert_eq!(counts(&ours["labels"], "series"), counts(&status["series_by_label"], "value"));
    let zones = counts(&status["series_by_focus_value"], "value");
    assert_eq!(zones.get("a.b"), Some(&(LARGE as u64 / 5)), "{zones:?}");
}

#[test]
fn every_tenant_of_thanos_is_told() {
    let pages = serve([(
        "/api/v1/status/tsdb",
        r#"{"status":"success","data":[
            {"tenant":"a","headStats":{"numSeries":5},"seriesCountByMetricName":[]},
            {"tenant":"b","headStats":{"numSeries":6},"seriesCountByMetricName":[]}]}"#,
    )]);
    let ours = census(&format!("http://{}/", pages.address()), &[]);
    let told = |at: usize, key: &str| ours["status"][at][key].clone();
    assert_eq!((told(0, "tenant"), told(0, "head_series")), ("a".into(), 5.into()));
    assert_eq!((told(1, "tenant"), told(1, "head_series")), ("b".into(), 6.into()));
}

#[test]
fn mimir_tells_totals_by_its_cardinality_api() {
    let pages = serve([
        (
            "/prometheus/api/v1/status/buildinfo",
            r#"{"status":"success","data":{"application":"Grafana Mimir","version":"2.17.0"}}"#,
        ),
        (
            "/prometheus/api/v1/cardinality/label_names",
            r#"{"label_values_count_total":30,"label_names_count":3,"cardinality":[
                {"label_name":"__name__","label_values_count":20},
                {"label_name":"pod","label_values_count":8}]}"#,
        ),
        (
            "/prometheus/api/v1/cardinality/label_values",
            r#"{"series_count_total":100,"labels":[{"label_name":"__name__",
                "label_values_count":20,"series_count":100,"cardinality":[
                    {"label_value":"up","series_count":60}]}]}"#,
        ),
    ]);
    let url = format!("http://{}/prometheus", pages.address());
    let ours = census(&url, &["--kind", "server"]);
    let status = &ours["status"][0];
    assert_eq!(status["source"], format!("{url} (Grafana Mimir 2.17.0)"));
    assert_eq!((&status["head_series"], &status["label_pairs"]), (&100.into(), &30.into()));
    assert_eq!(status["bounds"]["metrics_at_most"], 20);
    assert_eq!(status["bounds"]["largest_unlisted_metric"], 22);
}

/// Thanos Query tells no totals, and has the series API.
#[test]
fn a_server_without_totals_is_counted_by_its_series() {
    let pages = serve([
        ("/api/v1/label/__name__/values", r#"{"status":"success","data":["up"]}"#),
        (
            "/api/v1/series",
            r#"{"status":"success","data":[{"__name__":"up","job":"a"},{"__name__":"up"}]}"#,
        ),
    ]);
    let url = format!("http://{}", pages.address());
    assert_eq!(census(&url, &["--full"])["series"], 2);
    let ended = ended(&url, &[]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("--full"), "{}", ended.stderr);
}

#[test]
fn what_a_server_refuses_is_told_in_its_words() {
    let pages = serve([
        ("/api/v1/label/__name__/values", r#"{"status":"success","data":["up","big"]}"#),
        ("/api/v1/series", "no"),
    ]);
    let ended = ended(&format!("http://ann:pass@{}", pages.address()), &["--full"]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("cannot read the series of big"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("pass"), "{}", ended.stderr);
}

/// A recording rule whose `b` nobody reads, and an alert with a query in a template.
const RULES: &str = "\
groups:
- name: g
  rules:
  - {record: recorded, expr: 'sum by (a, b) (read{b=~\"x|y\"})'}
  - alert: Fires
    expr: max by (a) (recorded) > 1
    annotations: {text: '{{ range query \"shown\" }}{{ .Value }}{{ end }}'}
";

#[test]
fn rules_that_servers_run_are_usage() {
    if dir().is_none() {
        return;
    }
    for version in Version::ALL {
        let files = vec![("rules.yml".to_owned(), RULES.to_owned())];
        let setup = Setup { files, ..Setup::default() };
        let server = Server::start_with(version, "rule_files: [rules.yml]\n", &setup).unwrap();
        let url = format!("http://{}", server.address());
        let directory = TempDir::new("rules-of").unwrap();
        let args = ["usage", "--rules-of", &url, "--format", "json"];
        let usage = run(directory.path(), &args, b"").json();
        assert_eq!(usage["queries"], 3, "{usage:#}");
        assert_eq!(usage["not_understood"], Value::Array(Vec::new()));
        let metrics = usage["metrics"].as_array().unwrap();
        let names: Vec<&str> = metrics.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["read", "recorded", "shown"]);
        assert!(metrics.iter().all(|it| it["verdict"] == "used"), "{usage:#}");
    }
}
