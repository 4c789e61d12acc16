//! The real-server harness as the tests see it, and the tests of the harness itself.

pub(crate) use promsieve_lab::real::{Pages, Server, Version, dir, promtool};

use std::collections::BTreeMap;

use promsieve_lab::real::{self, OPENMETRICS, Page};

const PAGE: &str = "\
# HELP app_requests_total Requests answered.
# TYPE app_requests_total counter
app_requests_total{code=\"200\"} 7
app_requests_total{code=\"500\"} 1
";

/// promtool's refusals by the index of the configuration.
pub(crate) fn refusals(version: Version, configs: &[String]) -> BTreeMap<usize, String> {
    real::refusals(version, configs).unwrap()
}

fn config(pages: &Pages) -> String {
    format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: app\n  static_configs:\n  - \
         targets: ['{}']\n    labels: {{instance: a}}\n",
        pages.address()
    )
}

#[track_caller]
fn check_one_page(version: Version, page: Page) {
    if dir().is_none() {
        return;
    }
    let pages = Pages::serve([("/metrics".to_owned(), page)]).unwrap();
    let server = Server::start(version, &config(&pages)).unwrap();
    server.wait_scraped(1).unwrap();
    let series = server.series("{__name__=\"app_requests_total\"}").unwrap();
    let codes: Vec<&str> = series.iter().map(|labels| labels["code"].as_str()).collect();
    assert_eq!(codes, ["200", "500"]);
    assert!(series.iter().all(|labels| labels["job"] == "app" && labels["instance"] == "a"));
    let values = server.query("app_requests_total{code=\"200\"}").unwrap();
    assert!(values.iter().all(|(_, value)| value.to_string() == "7"), "{values:?}");
    assert!(pages.scrapes("/metrics") >= 1);
    let accept = pages.last_header("/metrics", "accept").unwrap();
    assert!(accept.contains("text/plain;version=0.0.4"), "{accept}");
}

#[test]
fn prometheus_2_scrapes_a_page() {
    check_one_page(Version::V2, Page::text(PAGE));
}

#[test]
fn prometheus_3_scrapes_a_page() {
    check_one_page(Version::V3, Page::text(PAGE));
}

#[test]
fn prometheus_3_scrapes_openmetrics() {
    let page = "# TYPE app_requests counter\napp_requests_total{code=\"200\"} 7\n\
                app_requests_total{code=\"500\"} 1\n# EOF\n";
    check_one_page(Version::V3, Page::new(page, OPENMETRICS));
}

#[test]
fn a_failing_scrape_is_reported_with_the_servers_reason() {
    if dir().is_none() {
        return;
    }
    let pages = Pages::one("not a metric {\n").unwrap();
    let server = Server::start(Version::V3, &config(&pages)).unwrap();
    let error = server.wait_scraped(1).unwrap_err().to_string();
    assert!(error.contains("scrapes failed") && error.contains("/metrics: "), "{error}");
}

#[test]
fn a_refused_config_is_reported_with_the_servers_log() {
    if dir().is_none() {
        return;
    }
    for version in Version::ALL {
        let error = Server::start(version, "scrape_configs: 7\n").unwrap_err().to_string();
        assert!(error.contains("before it was ready"), "{error}");
        assert!(error.contains("cannot unmarshal"), "{error}");
    }
}

#[test]
fn promtool_of_each_version_runs() {
    for version in Version::ALL {
        let Some(promtool) = promtool(version) else { return };
        let output = std::process::Command::new(promtool).arg("--version").output().unwrap();
        let banner = String::from_utf8(output.stdout).unwrap();
        let wanted = version.name().replace("prometheus@", "version ");
        assert!(banner.contains(&wanted), "{banner} is not {wanted}");
    }
}
