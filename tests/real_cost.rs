//! The cost models against real servers: a few workloads that no fit saw.

use std::io::Write;

use promsieve_lab::measure::check::check;
use promsieve_lab::real::{self, Page, Pages, Server, TempDir, Version};

use crate::cli::run;

#[test]
fn the_live_heap_of_held_out_workloads_is_as_estimated() {
    if real::dir().is_none() {
        return;
    }
    let lines = check(&Version::ALL).unwrap();
    let _ = write!(std::io::stderr(), "{lines}");
}

#[test]
fn a_running_server_sets_the_prices() {
    if real::dir().is_none() {
        return;
    }
    let series = |at| format!("app_requests_total{{path=\"/p{at}\",zone=\"z{}\"}} {at}\n", at % 9);
    let page: String = (0..20_000).map(series).collect();
    let pages = Pages::serve([("/metrics".to_owned(), Page::text(page.clone()))]).unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- {{job_name: app, static_configs: \
         [{{targets: ['{}']}}]}}\n",
        pages.address()
    );
    let server = Server::start(Version::V3, &config).unwrap();
    server.wait_scraped(1).unwrap();
    server.get("/debug/pprof/heap?gc=1").unwrap();
    let dir = TempDir::new("prices").unwrap();
    dir.write("app.prom", page).unwrap();
    let url = format!("http://{}", server.address());
    let args = ["estimate", "app.prom", "--scrape-interval", "1s", "--live", &url];
    let said = run(dir.path(), &[&args[..], &["--format", "json"]].concat(), b"").json();
    let factor = said["live"]["factor"].as_f64().unwrap();
    assert!((0.5..2.0).contains(&factor), "{said}");
    assert!(said["live"]["series"].as_u64().unwrap() >= 20_000, "{said}");
}
