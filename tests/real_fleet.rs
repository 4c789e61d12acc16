//! Fleets: the binary scrapes the targets of a configuration; a real server that runs the same
//! configuration has the same series.

use std::collections::BTreeMap;

use promsieve_lab::real::{Page, Pages, Server, Setup, TempDir, Version, dir};
use serde_json::Value;

use crate::cli::{Ended, run};

const CONFIG: &str = r"
global: {scrape_interval: 1s}
scrape_configs:
- job_name: plain
  honor_labels: true
  static_configs:
  - {targets: ['ADDRESS'], labels: {env: test, job: mine}}
- job_name: probe
  metrics_path: /probe
  params: {module: [http, tcp], target: [none]}
  basic_auth: {username: ann, password_file: password}
  static_configs: [{targets: [one, two, skip]}]
  relabel_configs:
  - {source_labels: [__address__], regex: skip, action: drop}
  - {source_labels: [__address__], target_label: __param_target}
  - {source_labels: [__address__], target_label: instance}
  - {target_label: __address__, replacement: 'ADDRESS'}
- job_name: files
  authorization: {credentials: s3cret}
  file_sd_configs: [{files: ['targets/*.json', 'targets/*.yml']}]
  relabel_configs:
  - {source_labels: [__meta_filepath], regex: '.*/(.*)[.].*', target_label: file}
  metric_relabel_configs:
  - {source_labels: [code], regex: '5..', action: drop}
  - {regex: path, action: labeldrop}
- job_name: http
  http_sd_configs: [{url: 'http://ADDRESS/sd'}]
  relabel_configs:
  - {source_labels: [__meta_url], regex: 'http://.*/(.*)', target_label: from}
- job_name: same
  static_configs: [{targets: ['ADDRESS', 'ADDRESS'], labels: {a: b}}]
";

const METRICS: &str = "\
# TYPE requests counter
requests{code=\"200\",path=\"/a\"} 1
requests{code=\"500\",path=\"/a\"} 1
# TYPE seconds histogram
seconds_bucket{le=\"1\"} 1
seconds_bucket{le=\"+Inf\"} 1
seconds_sum 1
seconds_count 1
owned{job=\"exposed\"} 1
";

fn pages() -> Pages {
    let probe = "probe_success 1\n";
    let pages = Pages::serve([
        ("/metrics".to_owned(), Page::text(METRICS)),
        ("/probe".to_owned(), Page::text(probe)),
    ])
    .unwrap();
    let list = format!(r#"[{{"targets":["{}"],"labels":{{"team":"z"}}}}]"#, pages.address());
    pages.set("/sd", Page::new(list, "application/json"));
    pages
}

fn files(address: &str) -> Vec<(String, String)> {
    let file = |name: &str, text: String| (name.to_owned(), text);
    vec![
        file("password", "pa:ss\n".to_owned()),
        file("targets/a.json", format!(r#"[{{"targets":["{address}"],"labels":{{"team":"x"}}}}]"#)),
        file("targets/b.yml", format!("- targets: ['{address}']\n  labels: {{team: y}}\n")),
    ]
}

fn counts(census: &Value) -> BTreeMap<String, u64> {
    let entry =
        |it: &Value| (it["name"].as_str().unwrap().to_owned(), it["series"].as_u64().unwrap());
    census["metrics"].as_array().unwrap().iter().map(entry).collect()
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let pages = pages();
    let config = CONFIG.replace("ADDRESS", &pages.address());
    let setup = Setup { files: files(&pages.address()), ..Setup::default() };
    let server = Server::start_with(version, &config, &setup).unwrap();
    server.wait_scraped(7).unwrap();
    let args = [
        "census",
        "--kind",
        "fleet",
        "prometheus.yml",
        "--server",
        version.name(),
        "--format",
        "json",
    ];
    let ours = run(server.dir(), &args, b"").json();
    let stored = server.series("{__name__!=\"\",__name__!~\"up|scrape_.*\"}").unwrap();
    assert_eq!(ours["series"], stored.len(), "{ours}");
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    let mut labels: BTreeMap<String, std::collections::BTreeSet<String>> = BTreeMap::new();
    for (name, value) in stored.iter().flatten() {
        labels.entry(name.clone()).or_default().insert(value.clone());
        if name == "__name__" {
            *wanted.entry(value.clone()).or_default() += 1;
        }
    }
    assert_eq!(counts(&ours), wanted);
    let values =
        |it: &Value| (it["name"].as_str().unwrap().to_owned(), it["values"].as_u64().unwrap());
    let ours: BTreeMap<String, u64> =
        ours["labels"].as_array().unwrap().iter().map(values).collect();
    let wanted: BTreeMap<String, u64> =
        labels.into_iter().map(|(name, values)| (name, values.len() as u64)).collect();
    assert_eq!(ours, wanted);
    assert_eq!(pages.last_header("/probe", "authorization").as_deref(), Some("Basic YW5uOnBhOnNz"));
}

#[test]
fn prometheus_2_scrapes_the_same() {
    check(Version::V2);
}

#[test]
fn prometheus_3_scrapes_the_same() {
    check(Version::V3);
}

fn fleet(config: &str, files: &[(String, String)]) -> Ended {
    fleet_with(config, files, &[])
}

fn fleet_with(config: &str, files: &[(String, String)], flags: &[&str]) -> Ended {
    let dir = TempDir::new("fleet").unwrap();
    dir.write("prometheus.yml", config).unwrap();
    for (name, text) in files {
        dir.write(name, text).unwrap();
    }
    let mut args = vec!["census", "--kind", "fleet", "prometheus.yml", "--format", "json"];
    args.extend(flags);
    run(dir.path(), &args, b"")
}

#[test]
fn many_targets_are_counted_some_at_a_time() {
    let pages = pages();
    let targets: String = (0..150)
        .map(|at| format!("  - {{targets: ['{}'], labels: {{at: '{at}'}}}}\n", pages.address()))
        .collect();
    let config =
        |targets: &str| format!("scrape_configs:\n- job_name: many\n  static_configs:\n{targets}");
    let one = fleet(&config(targets.lines().next().unwrap()), &[]).json();
    let all = fleet(&config(&targets), &[]).json();
    assert_eq!(all["series"], 150 * one["series"].as_u64().unwrap());
    assert_eq!(counts(&all).keys().collect::<Vec<_>>(), counts(&one).keys().collect::<Vec<_>>());
    let sketched = fleet_with(&config(&targets), &[], &["--memory", "0"]).json();
    assert_eq!(sketched["exact"], false);
    let ratio = sketched["series"].as_f64().unwrap() / all["series"].as_f64().unwrap();
    assert!((0.95..1.05).contains(&ratio), "{ratio}");
    let none = fleet("scrape_configs: []\n", &[]).json();
    assert_eq!(none["series"], 0);
}

#[test]
fn what_fails_is_told_and_the_rest_is_counted() {
    let pages = pages();
    let config = format!(
        "scrape_configs:\n\
         - {{job_name: up, static_configs: [{{targets: ['{0}']}}]}}\n\
         - {{job_name: gone, metrics_path: /gone, static_configs: [{{targets: ['{0}']}}]}}\n\
         - {{job_name: closed, static_configs: [{{targets: ['127.0.0.1:1']}}]}}\n\
         - {{job_name: token, oauth2: {{client_id: a, client_secret: s3cret, token_url: 'http://x'}}, \
         static_configs: [{{targets: ['{0}']}}]}}\n\
         - {{job_name: full, sample_limit: 1, static_configs: [{{targets: ['{0}']}}]}}\n\
         - {{job_name: cloud, kubernetes_sd_configs: [{{role: pod}}]}}\n",
        pages.address()
    );
    let ended = fleet(&config, &[]);
    assert_eq!(ended.status, 2);
    let ours: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ours["series"], 7);
    for told in [
        "job gone: http://",
        "answers 404",
        "job closed: cannot get http://127.0.0.1:1/metrics",
        "job token: `oauth2` is not followed",
        "job full: the server loses a scrape: more samples than `sample_limit: 1`",
        "job cloud: `kubernetes_sd_configs` is not asked",
    ] {
        assert!(ended.stderr.contains(told), "{told}\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
}

#[test]
fn a_password_file_that_is_missing_is_named() {
    let config = "scrape_configs:\n- {job_name: a, basic_auth: {username: b, password_file: none}, \
                  static_configs: [{targets: ['127.0.0.1:1']}]}\n";
    let ended = fleet(config, &[]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("job a: cannot read `none`"), "{}", ended.stderr);
}
