//! `fixtures/mesh` on real servers: its own configuration, its own addresses, its own pages.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use promsieve_lab::real::{Page, Pages, Server, Version, dir, promtool};
use serde_json::Value;

/// The server's own series about each target: `up` and four about its scrape.
const REPORTED_SERIES: usize = 5;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mesh")
}

/// Each target's page, by job and address.
fn scrapes() -> BTreeMap<(String, String), String> {
    let mut out = BTreeMap::new();
    for job in fs::read_dir(fixture().join("scrapes")).unwrap() {
        let job = job.unwrap();
        for file in fs::read_dir(job.path()).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().to_string_lossy().replace("%3A", ":");
            let address = name.strip_suffix(".prom").unwrap().to_owned();
            let job = job.file_name().to_string_lossy().into_owned();
            out.insert((job, address), fs::read_to_string(file.path()).unwrap());
        }
    }
    out
}

/// The fixture's configuration, asking `pages` for every address and writing nowhere.
fn config(pages: &Pages) -> String {
    let config = fs::read_to_string(fixture().join("prometheus.yml")).unwrap();
    let (before, rest) = config.split_once("alerting:").unwrap();
    let (_, scrape_configs) = rest.split_once("scrape_configs:").unwrap();
    let (scrape_configs, _) = scrape_configs.split_once("remote_write:").unwrap();
    let proxied = format!("    proxy_url: {}\n    static_configs:\n", pages.proxy_url());
    format!("{before}scrape_configs:{scrape_configs}")
        .replace("    static_configs:\n", &proxied)
        .replace("scrape_interval: 30s", "scrape_interval: 10s")
}

fn served(scrapes: &BTreeMap<(String, String), String>) -> Pages {
    Pages::serve(
        scrapes.iter().map(|((_, address), text)| (address.clone(), Page::text(text.as_str()))),
    )
    .unwrap()
}

#[track_caller]
fn check_scraped(version: Version) {
    if dir().is_none() {
        return;
    }
    let scrapes = scrapes();
    let pages = served(&scrapes);
    let server = Server::start(version, &config(&pages)).unwrap();
    server.wait_scraped(scrapes.len()).unwrap();
    let scraped: BTreeMap<(String, String), String> = server
        .query("scrape_samples_scraped")
        .unwrap()
        .into_iter()
        .map(|(set, samples)| ((set["job"].clone(), set["instance"].clone()), samples.to_string()))
        .collect();
    let written: BTreeMap<(String, String), String> = scrapes
        .iter()
        .map(|(target, text)| {
            let samples = text.lines().filter(|line| !line.starts_with('#')).count();
            (target.clone(), samples.to_string())
        })
        .collect();
    assert_eq!(scraped, written);
}

#[test]
fn prometheus_2_scrapes_every_sample() {
    check_scraped(Version::V2);
}

#[test]
fn prometheus_3_scrapes_every_sample() {
    check_scraped(Version::V3);
}

#[test]
fn promtool_accepts_configuration_and_rules() {
    for version in Version::ALL {
        let Some(promtool) = promtool(version) else { return };
        let config = fixture().join("prometheus.yml");
        let output = Command::new(promtool).args(["check", "config"]).arg(config).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("3 rule files found"));
    }
}

/// What the planted mistakes do, as the server shows it.
#[test]
fn planted_mistakes_do_what_planted_yml_says() {
    if dir().is_none() {
        return;
    }
    let scrapes = scrapes();
    let pages = served(&scrapes);
    let server = Server::start(Version::V3, &config(&pages)).unwrap();
    server.wait_scraped(scrapes.len()).unwrap();
    let count = |query: &str| -> usize {
        let result = server.query(query).unwrap();
        result.first().map_or(0, |(_, value)| format!("{value}").parse().unwrap())
    };
    let after = count("sum(scrape_samples_post_metric_relabeling{job=\"istio-proxy\"})");
    let stored = count("count({job=\"istio-proxy\", __name__!~\"up|scrape_.*\"})");
    assert!(stored < after, "url_path: {stored} of {after} series stored");
    let name = "istio_request_duration_milliseconds_bucket";
    assert_eq!(count(&format!("count({name}{{le=\"0.5\"}})")), 0);
    assert!(count(&format!("count({name}{{le=\"1.0\"}})")) > 0);
    for label in ["pod_key", "workload", "team", "version", "__tmp_shard"] {
        assert_eq!(count(&format!("count({{job=~\".+\", {label}!=\"\"}})")), 0, "{label}");
    }
    assert!(count("count({job=\"spring\", __tmp_uri_root!=\"\"})") > 0);
    assert_eq!(count("count({job=\"node\", __name__=\"up\"})"), 12);
    assert_eq!(count("count({job=\"kube-state-metrics\", __name__=~\"kube_.*\"})"), 0);
}

/// `status-tsdb.json` is what a 3.5 server answers after scraping the fixture; with `UPDATE` set it
/// is asked again. Times and chunk counts differ from run to run, so only the counts are compared.
#[test]
fn generated_status_is_what_the_server_answers() {
    if dir().is_none() {
        return;
    }
    let scrapes = scrapes();
    let pages = served(&scrapes);
    let server = Server::start(Version::V3, &config(&pages)).unwrap();
    server.wait_scraped(scrapes.len()).unwrap();
    let answer = server.get("/api/v1/status/tsdb?limit=200").unwrap();
    let file = fixture().join("status-tsdb.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, pretty(&answer.body)).unwrap();
    }
    let live: Value = serde_json::from_slice(&answer.body).unwrap();
    let committed: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    for key in ["numSeries", "numLabelPairs"] {
        let (live, committed) =
            (&live["data"]["headStats"][key], &committed["data"]["headStats"][key]);
        assert_eq!(live, committed, "{key}: run `cargo xtask bless`");
    }
    let series = count(&committed["data"]["headStats"]["numSeries"]);
    let by_metric = committed["data"]["seriesCountByMetricName"].as_array().unwrap();
    assert_eq!(by_metric.iter().map(|metric| count(&metric["value"])).sum::<usize>(), series);
    let reported = by_metric.iter().filter(|metric| {
        let name = metric["name"].as_str().unwrap();
        name == "up" || name.starts_with("scrape_")
    });
    let reported: usize = reported.map(|metric| count(&metric["value"])).sum();
    assert_eq!(reported, REPORTED_SERIES * scrapes.len());
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn pretty(json: &[u8]) -> String {
    let value: Value = serde_json::from_slice(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap() + "\n"
}
