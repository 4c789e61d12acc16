//! A job of which nobody needs anything, on real servers: with the plan's step in its target chain
//! nothing of it is left, the series that the server adds included.

use std::fs;

use promsieve_lab::real::{Page, Pages, Server, TempDir, Version, dir};

use crate::cli::run;
use crate::real_plan::on_pages;

const CONFIG: &str = "\
global:
  scrape_interval: 30s
  scrape_timeout: 10s
scrape_configs:
  - job_name: kept
    static_configs:
      - targets: ['10.0.0.1:80']
  - job_name: stopped
    static_configs:
      - targets: ['10.0.0.2:80', '10.0.0.3:80']
";
const PAGE: &str = "# TYPE shared gauge\nshared 1\n# TYPE other gauge\nother{a=\"1\"} 2\n";
const QUERIES: &str = "shared{job=\"kept\"}\nup{job=\"kept\"} == 0\n";

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let directory = TempDir::new("stop").unwrap();
    directory.write("prometheus.yml", CONFIG).unwrap();
    directory.write("queries.promql", QUERIES).unwrap();
    let targets = [("kept", 1), ("stopped", 2), ("stopped", 3)];
    for (job, host) in targets {
        directory.write(&format!("scrapes/{job}/10.0.0.{host}%3A80.prom"), PAGE).unwrap();
    }
    let args = ["optimize", ".", "--usage-complete", "--server", version.name()];
    let shown = run(directory.path(), &args, b"").stdout;
    assert!(shown.contains("observed(1 snapshot)  stop scraping it: other, shared"), "{shown}");
    assert!(shown.contains("lost are 10 series more, 5 that the server adds"), "{shown}");

    let stop = [&args[..], &["--stop-jobs", "--format", "json", "--write"]].concat();
    let plan = run(directory.path(), &stop, b"");
    directory.write("plan.json", &plan.stdout).unwrap();
    let config = fs::read_to_string(directory.path().join("prometheus.yml")).unwrap();
    let page = |host: u32| (format!("10.0.0.{host}:80"), Page::text(PAGE));
    let pages = Pages::serve([1, 2, 3].map(page)).unwrap();
    let server = Server::start(version, &on_pages(CONFIG, &pages)).unwrap();
    server.wait_scraped(3).unwrap();
    let url = format!("http://{}", server.address());
    let verify = || run(directory.path(), &["verify", "plan.json", "--live", &url], b"");
    assert!(verify().stdout.contains("runs not"), "{}", verify().stdout);

    let server = Server::start(version, &on_pages(&config, &pages)).unwrap();
    server.wait_scraped(1).unwrap();
    let targets = server.api("/api/v1/targets?state=active").unwrap();
    assert_eq!(targets["activeTargets"].as_array().unwrap().len(), 1, "{targets}");
    assert_eq!(server.series("{job=\"stopped\"}").unwrap(), []);
    let url = format!("http://{}", server.address());
    let ended = run(directory.path(), &["verify", "plan.json", "--live", &url], b"");
    assert_eq!(ended.status, 0, "{}", ended.stdout);
}

#[test]
fn a_stopped_job_leaves_nothing_in_prometheus_2() {
    check(Version::V2);
}

#[test]
fn a_stopped_job_leaves_nothing_in_prometheus_3() {
    check(Version::V3);
}
