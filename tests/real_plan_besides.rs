//! What plans take or advise besides metrics, values and labels, on real servers: jobs that nobody
//! needs, `_created` series, and native histograms in place of classic ones.

use std::fmt::Write as _;
use std::fs;

use promsieve_lab::real::{OPENMETRICS, Page, Pages, Server, Setup, TempDir, Version, dir};
use serde_json::Value;

use crate::answers::{compare_each, play};
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
fn check_stop(version: Version) {
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
    check_stop(Version::V2);
}

#[test]
fn a_stopped_job_leaves_nothing_in_prometheus_3() {
    check_stop(Version::V3);
}

pub(crate) const ONE_JOB: &str = "\
global:
  scrape_interval: 30s
  scrape_timeout: 10s
scrape_configs:
  - job_name: app
    static_configs:
      - targets: ['10.0.0.1:80']
";
const OPEN: &str = "\
# TYPE asked counter
asked_total{a=\"1\"} 7
asked_created{a=\"1\"} 1.7e9
# TYPE took histogram
took_bucket{le=\"1.0\"} 3
took_bucket{le=\"+Inf\"} 4
took_sum 5
took_count 4
took_created 1.7e9
# TYPE watched counter
watched_total 1
watched_created 1.7e9
# TYPE pod_created gauge
pod_created 1.7e9
# EOF
";

/// The plan for one target with this page and these queries, its steps written.
fn plan(directory: &TempDir, page: &str, queries: &str, version: Version) -> Value {
    directory.write("prometheus.yml", ONE_JOB).unwrap();
    directory.write("queries.promql", queries).unwrap();
    directory.write("scrapes/app/10.0.0.1%3A80.prom", page).unwrap();
    let args = ["optimize", ".", "--usage-complete", "--server", version.name()];
    let args = [&args[..], &["--format", "json", "--write"]].concat();
    serde_json::from_str(&run(directory.path(), &args, b"").stdout).unwrap()
}

#[track_caller]
fn check_created(version: Version) {
    if dir().is_none() {
        return;
    }
    let directory = TempDir::new("created").unwrap();
    let queries = "rate(asked_total[5m])\nhistogram_quantile(0.9, rate(took_bucket[5m]))\n\
                   time() - watched_created\nwatched_total\npod_created\ntook_sum\ntook_count\n";
    let plan = plan(&directory, OPEN, queries, version);
    let [action] = plan["actions"].as_array().unwrap().as_slice() else { panic!("{plan:#}") };
    assert_eq!(action["metrics"], serde_json::json!(["asked_created", "took_created"]));
    assert!(action["reason"].as_str().unwrap().contains("since when others count"), "{action}");
    let pages = Pages::serve([("10.0.0.1:80".to_owned(), Page::new(OPEN, OPENMETRICS))]).unwrap();
    let stored = |config: &str| {
        let server = Server::start(version, &on_pages(config, &pages)).unwrap();
        server.wait_scraped(1).unwrap();
        let series = server.series("{job=\"app\",__name__!~\"up|scrape_.*\"}").unwrap();
        series.into_iter().map(|mut it| it.remove("__name__").unwrap()).collect::<Vec<_>>()
    };
    let mut whole = stored(ONE_JOB);
    whole.retain(|name| name != "asked_created" && name != "took_created");
    let config = fs::read_to_string(directory.path().join("prometheus.yml")).unwrap();
    assert_eq!(stored(&config), whole);
    assert!(whole.iter().any(|name| name == "watched_created"), "{whole:?}");
}

#[test]
fn what_only_says_since_when_goes_from_prometheus_2() {
    check_created(Version::V2);
}

#[test]
fn what_only_says_since_when_goes_from_prometheus_3() {
    check_created(Version::V3);
}

/// Bounds, and what is counted up to them.
const BUCKETS: [(&str, u32); 5] =
    [("0.1", 100), ("0.5", 340), ("1.0", 560), ("2.5", 790), ("+Inf", 800)];
const OF_HISTOGRAM: &str = "\
histogram_quantile(0.9, sum by (le, a) (rate(took_bucket[5m])))
histogram_quantile(0.5, rate(took_bucket{a=\"1\"}[5m]))
histogram_quantile(0.99, sum(increase(took_bucket[2m])) by (le))
sum by (a) (rate(took_sum[5m])) / sum by (a) (rate(took_count[5m]))
increase(took_count[2m])
histogram_quantile(0.9, sum by (le) (irate(took_bucket[5m])))
took_sum * 2
rate(took_bucket{le=\"0.5\"}[5m])
";

#[test]
fn native_histograms_are_as_many_and_answer_as_is_said() {
    if dir().is_none() {
        return;
    }
    let mut page = "# TYPE took histogram\n".to_owned();
    for a in 1..=3 {
        for (bound, count) in BUCKETS {
            writeln!(page, "took_bucket{{a=\"{a}\",le=\"{bound}\"}} {}", a * count).unwrap();
        }
        let (sum, count) = (a * 512, a * 800);
        writeln!(page, "took_sum{{a=\"{a}\"}} {sum}\ntook_count{{a=\"{a}\"}} {count}").unwrap();
    }
    let directory = TempDir::new("native").unwrap();
    let plan = plan(&directory, &page, OF_HISTOGRAM, Version::V3);
    let advice = plan["advice"].as_array().unwrap();
    let native = advice.iter().find(|it| it["kind"] == "native").unwrap();
    let queries = native["queries"].as_array().unwrap();
    assert_eq!(queries.len(), OF_HISTOGRAM.lines().count(), "{native:#}");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let forms: Vec<[String; 2]> = queries
        .iter()
        .filter_map(|it| Some([text(&it["query"])?, text(&it["becomes"])?]))
        .collect();
    assert_eq!(forms.len(), queries.len() - 1, "{native:#}");

    let pages = Pages::serve([]).unwrap();
    let config = on_pages(ONE_JOB, &pages);
    let classic = Server::start(Version::V3, &config).unwrap();
    let set = "  - job_name: app\n    convert_classic_histograms_to_nhcb: true\n";
    let converting = config.replace("  - job_name: app\n", set);
    let flags = vec!["--enable-feature=native-histograms".to_owned()];
    assert!(native["set"].as_str().unwrap().contains(&flags[0]), "{native:#}");
    let setup = Setup { args: flags, ..Setup::default() };
    let converts = Server::start_with(Version::V3, &converting, &setup).unwrap();
    let texts = [("app".to_owned(), "10.0.0.1:80".to_owned(), page)];
    let servers = [&classic, &converts];
    let end = play(&pages, &texts, &servers, 1, |sample, round| sample.moved(round));
    let stored = servers.map(|server| server.series("{__name__=~\"took.*\"}").unwrap().len());
    let said = ["series_before", "series_after"].map(|key| native[key].as_u64().unwrap() as usize);
    assert_eq!(stored, said);
    let compared = compare_each(servers, &forms, end);
    assert_eq!(compared.differ, Vec::<String>::new());
    assert_eq!(compared.answered, forms.len(), "{compared:?}");
    // Quantiles of what grows evenly stay where they are.
    assert!(compared.lively * 2 >= forms.len(), "{compared:?}");
}
