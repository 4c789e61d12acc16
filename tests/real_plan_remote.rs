//! What a plan says to record and to write away in place of series: what real servers make of it.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use promsieve_lab::real::{Page, Pages, Server, TempDir, Version, dir};
use serde_json::Value;

use crate::cli::run;
use crate::real_plan::on_pages;
use crate::real_plan_besides::ONE_JOB;

const REMOTE: &str = "remote_write:\n  - url: http://127.0.0.1:1/\n";
const QUERIES: &str = "sum by (code) (rate(requests_total[5m]))\n";

/// Two codes of ten pods each; every counter has counted so far.
fn page(counted: u32) -> String {
    let mut page = "# TYPE requests_total counter\n".to_owned();
    for pod in 0..10 {
        for code in [200, 500] {
            writeln!(page, "requests_total{{code=\"{code}\",pod=\"p{pod}\"}} {counted}").unwrap();
        }
    }
    page
}

/// The one advice of the kind `remote`.
fn advice(version: Version, config: &str) -> Option<Value> {
    let directory = TempDir::new("remote").unwrap();
    directory.write("prometheus.yml", config).unwrap();
    directory.write("queries.promql", QUERIES).unwrap();
    directory.write("scrapes/app/10.0.0.1%3A80.prom", page(1)).unwrap();
    let args = ["optimize", ".", "--usage-complete", "--format", "json", "--server"];
    let plan = run(directory.path(), &[&args[..], &[version.name()]].concat(), b"").stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let advice = plan["advice"].as_array().unwrap();
    let mut remote = advice.iter().filter(|advice| advice["kind"] == "remote");
    let first = remote.next().cloned();
    assert_eq!(remote.next(), None);
    first
}

#[track_caller]
fn check(version: Version) {
    assert_eq!(advice(version, ONE_JOB), None);
    let config = format!("{ONE_JOB}{REMOTE}");
    let advice = advice(version, &config).unwrap();
    assert_eq!((&advice["series_before"], &advice["series_after"]), (&20.into(), &2.into()));
    let (_, rule) = advice["set"].as_str().unwrap().split_once("expr: ").unwrap();
    let (expression, _) = rule.split_once("}`").unwrap();
    if dir().is_none() {
        return;
    }
    let pages = Pages::serve([("10.0.0.1:80".to_owned(), Page::text(page(1)))]).unwrap();
    let server = Server::start(version, &on_pages(&config, &pages)).unwrap();
    server.wait_scraped(1).unwrap();
    pages.set("10.0.0.1:80", Page::text(page(7)));
    server.wait_results("rate(requests_total[5m]) > 0", 20).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 1;
    let ask = |query: &str| server.query_at(query, now).unwrap();
    assert_eq!(ask(expression).len(), 2, "{expression}");
    // Whoever reads the record reads what the query gives of the series.
    let recorded = ask(&format!("sum by (code) ({expression})"));
    assert!(recorded.iter().all(|(_, rate)| *rate > 0.0), "{recorded:?}");
    assert_eq!(recorded, ask(QUERIES.trim()));
}

#[test]
fn what_is_recorded_to_be_written_away_answers_in_prometheus_2() {
    check(Version::V2);
}

#[test]
fn what_is_recorded_to_be_written_away_answers_in_prometheus_3() {
    check(Version::V3);
}
