//! Sources behind HTTP, served on loopback: what is asked for, with which credentials.

use promsieve_lab::real::{OPENMETRICS, Page, Pages, TempDir};

use super::{SCRAPE, run};

/// Takes a census of a page; what the request's `header` was.
#[track_caller]
fn header(more: &[&str], files: &[(&str, &str)], user: &str, header: &str) -> Option<String> {
    let dir = TempDir::new("http").unwrap();
    for (name, text) in files {
        dir.write(name, text).unwrap();
    }
    let pages = Pages::one(SCRAPE).unwrap();
    let url = format!("http://{user}{}/metrics", pages.address());
    let args = [&["census", "--format", "json", &url], more].concat();
    assert_eq!(run(dir.path(), &args, b"").json()["series"], 3);
    pages.last_header("/metrics", header)
}

/// Recorded from Prometheus 2.53.3 and 3.5.3: an application answers by it.
#[test]
fn a_scrape_asks_for_what_the_server_would() {
    let accept = |server| header(&["--server", server], &[], "", "accept").unwrap();
    assert_eq!(
        accept("prometheus@2.53"),
        "application/openmetrics-text;version=1.0.0;q=0.5,\
         application/openmetrics-text;version=0.0.1;q=0.4,\
         text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    );
    assert_eq!(
        accept("prometheus@3.5"),
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
         application/openmetrics-text;version=0.0.1;q=0.5,\
         text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
         text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    );
}

#[test]
fn credentials_come_from_files_or_the_url() {
    let files = [("token", "s3cret\n"), ("user", "ann:pa:ss\n")];
    let authorization = |more: &[&str], user| header(more, &files, user, "authorization");
    assert_eq!(authorization(&[], ""), None);
    let bearer = authorization(&["--bearer-token-file", "token"], "");
    assert_eq!(bearer.as_deref(), Some("Bearer s3cret"));
    let basic = Some("Basic YW5uOnBhOnNz");
    assert_eq!(authorization(&["--basic-auth-file", "user"], "").as_deref(), basic);
    assert_eq!(authorization(&[], "ann:pa:ss@").as_deref(), basic);
}

#[test]
fn the_content_type_tells_openmetrics() {
    let page = "# TYPE a counter\na_total 1\na_created 2\n# EOF\n";
    let key = "/metrics".to_owned();
    let pages = Pages::serve([(key, Page::new(page, OPENMETRICS))]).unwrap();
    let dir = TempDir::new("http").unwrap();
    let url = format!("http://{}/metrics", pages.address());
    let census = run(dir.path(), &["census", "--format", "json", &url], b"").json();
    assert_eq!(census["samples"], 2);
}

#[test]
fn a_status_is_read_from_a_live_server() {
    let status = r#"{"status":"success","data":{"headStats":{"numSeries":7}}}"#;
    let key = "/api/v1/status/tsdb".to_owned();
    let pages = Pages::serve([(key, Page::new(status, "application/json"))]).unwrap();
    let dir = TempDir::new("http").unwrap();
    let url = format!("http://{}/api/v1/status/tsdb?limit=5", pages.address());
    let census = run(dir.path(), &["census", "--format", "json", &url], b"").json();
    assert_eq!(census["status"][0]["head_series"], 7);
}

#[test]
fn an_answer_that_is_no_success_names_the_address_and_no_password() {
    let pages = Pages::one(SCRAPE).unwrap();
    let dir = TempDir::new("http").unwrap();
    let url = format!("http://ann:pass@{}/missing", pages.address());
    let ended = run(dir.path(), &["census", &url], b"");
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains(&pages.address()), "{}", ended.stderr);
    assert!(ended.stderr.contains("404") && !ended.stderr.contains("pass@"), "{}", ended.stderr);
}

#[test]
fn a_shard_plan_asks_a_live_server_for_its_targets_and_their_loads() {
    let target = |at: usize| {
        format!(
            r#"{{"discoveredLabels":{{"__address__":"h{at}:1","job":"app"}},
               "labels":{{"instance":"h{at}:1","job":"app"}},"scrapePool":"app"}}"#
        )
    };
    let load = |at: usize| {
        format!(
            r#"{{"metric":{{"__name__":"scrape_samples_post_metric_relabeling","instance":"h{at}:1",
               "job":"app"}},"value":[1,"{}"]}}"#,
            100 * (at + 1)
        )
    };
    let list = |one: &dyn Fn(usize) -> String| (0..4).map(one).collect::<Vec<_>>().join(",");
    let answers = [
        (
            "targets",
            format!(r#"{{"status":"success","data":{{"activeTargets":[{}]}}}}"#, list(&target)),
        ),
        (
            "query",
            format!(
                r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#,
                list(&load)
            ),
        ),
    ];
    let page = |(path, text): (&str, String)| {
        (format!("/api/v1/{path}"), Page::new(text, "application/json"))
    };
    let pages = Pages::serve(answers.map(page)).unwrap();
    let dir = TempDir::new("http").unwrap();
    dir.write("prometheus.yml", "scrape_configs: [{job_name: app}]\n").unwrap();
    let url = format!("http://{}/", pages.address());
    let args = ["shard", "prometheus.yml", "--shards", "2", "--targets", &url, "--format", "json"];
    let plan = run(dir.path(), &args, b"").json();
    let shards = plan["shards_detail"].as_array().unwrap();
    let series: u64 = shards.iter().map(|shard| shard["series"].as_u64().unwrap()).sum();
    let targets: u64 = shards.iter().map(|shard| shard["targets"].as_u64().unwrap()).sum();
    // Each scrape stores five series of its own besides.
    assert_eq!((targets, series), (4, 1000 + 4 * 5), "{plan}");
}
