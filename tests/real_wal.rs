//! Logs of real servers and agents: what the binary counts in a log that a kill left behind, and
//! what the same server has once it has replayed it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use promsieve_core::ingest::wal::{Part, Replay, ReplayOptions};
use promsieve_lab::real::{Page, Pages, Server, Setup, Version, dir};
use serde_json::Value;

use crate::cli::run;
use crate::real_scrape::Labels;

/// A configuration that scrapes nothing, so that a head stays as it was replayed.
const IDLE: &str = "global: {scrape_interval: 1s}\n";
/// The third job's page has more samples than its limit allows: 3.5 makes series without samples of
/// it, which a replay does not keep.
const CONFIG: &str = "
global: {scrape_interval: 1s}
STORAGE
scrape_configs:
- {job_name: churn, metrics_path: /churn, static_configs: [{targets: ['ADDRESS']}]}
- {job_name: calm, metrics_path: /calm, static_configs: [{targets: ['ADDRESS']}]}
- {job_name: over, metrics_path: /over, sample_limit: 5, static_configs: [{targets: ['ADDRESS']}]}
";

struct Case {
    version: Version,
    agent: bool,
    args: &'static [&'static str],
    storage: &'static str,
}

fn page(name: &str, values: std::ops::Range<usize>, value: usize) -> Page {
    let line = |at| format!("{name}{{id=\"{at}\",zone=\"z{}\"}} {value}\n", at % 7);
    let help = format!("# TYPE {name} gauge\n");
    Page::text(help + &values.map(line).collect::<String>())
}

fn pages() -> Pages {
    let pages = [
        ("/churn", page("churn", 0..50, 1)),
        ("/calm", page("calm", 0..30, 1)),
        ("/over", page("over", 0..20, 1)),
    ];
    Pages::serve(pages.map(|(path, page)| (path.to_owned(), page))).unwrap()
}

/// Waits until the pages have been scraped `more` times again.
fn scraped_again(pages: &Pages, more: usize) {
    let paths = ["/churn", "/calm", "/over"];
    let before = paths.map(|path| pages.scrapes(path));
    while paths.iter().zip(before).any(|(path, before)| pages.scrapes(path) < before + more) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a server while its pages change, `rounds` times, and kills it.
fn killed(case: &Case, rounds: usize) -> Server {
    let pages = pages();
    let config = CONFIG.replace("ADDRESS", &pages.address()).replace("STORAGE", case.storage);
    let args = case.args.iter().map(|&arg| arg.to_owned()).collect();
    let setup = Setup { agent: case.agent, args, ..Setup::default() };
    let mut server = Server::start_with(case.version, &config, &setup).unwrap();
    for round in 0..rounds {
        scraped_again(&pages, 2);
        pages.set("/churn", page("churn", round * 10..round * 10 + 50, round));
        if !case.storage.is_empty() && round == rounds / 2 {
            pages.set("/calm", late_page());
        }
    }
    scraped_again(&pages, 2);
    server.kill().unwrap();
    server
}

/// Series that only have a sample of ten minutes ago.
fn late_page() -> Page {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let line = |at| format!("late{{id=\"{at}\"}} 1 {}\n", now - 600_000);
    Page::text((0..5).map(line).collect::<String>())
}

fn census(server: &Server) -> Value {
    let args = ["census", "--kind", "wal", "--format", "json", "data"];
    run(server.dir(), &args, b"").json()
}

/// `name: count` of a list in an answer or in a census.
fn counts(list: &Value, count: &str) -> BTreeMap<String, u64> {
    let entry = |it: &Value| (it["name"].as_str().unwrap().to_owned(), it[count].as_u64().unwrap());
    list.as_array().unwrap().iter().map(entry).collect()
}

#[track_caller]
fn check_server(case: &Case, rounds: usize) -> Value {
    let mut server = killed(case, rounds);
    let ours = census(&server);
    let series = label_sets(&server.dir().join("data"), &ours["heads"][0]);
    server.start_again(IDLE).unwrap();
    let status = server.api("/api/v1/status/tsdb?limit=1000").unwrap();
    let head = &status["headStats"];
    assert_eq!(ours["heads"][0]["series"], head["numSeries"], "{ours}");
    assert_eq!(ours["series"], head["numSeries"]);
    assert_eq!(ours["unique_pairs"], head["numLabelPairs"]);
    let by_metric = counts(&status["seriesCountByMetricName"], "value");
    assert_eq!(counts(&ours["metrics"], "series"), by_metric);
    assert_eq!(counts(&ours["heads"][0]["metrics"], "series"), by_metric);
    let by_label = counts(&status["labelValueCountByLabelName"], "value");
    assert_eq!(counts(&ours["labels"], "values"), by_label);
    let seconds = ours["heads"][0]["end"].as_f64().unwrap();
    assert_eq!(format!("{:.0}", seconds * 1000.0), head["maxTime"].to_string());
    if let Some(series) = series {
        let stored = server.series("{__name__!=\"\"}").unwrap();
        assert_eq!(series, stored.into_iter().collect::<BTreeSet<Labels>>());
    }
    ours
}

/// The label sets in a log without a checkpoint, read through the library.
fn label_sets(data: &Path, head: &Value) -> Option<BTreeSet<Labels>> {
    if !head["checkpoint"].is_null() || head["late_samples"] != 0 {
        return None;
    }
    let entries = std::fs::read_dir(data.join("wal")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut replay = Replay::new(ReplayOptions::default());
    for file in files {
        replay.start_segment(Part::Log, &file.display().to_string());
        replay.feed(&std::fs::read(&file).unwrap());
        replay.end_segment();
    }
    let table = replay.finish().table;
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let rows = table.metrics.iter().flat_map(|group| {
        (0..group.rows).map(|row| table.row_labels(group, row).into_iter().map(owned).collect())
    });
    Some(rows.collect())
}

#[track_caller]
fn check_agent(version: Version, args: &'static [&'static str]) {
    if dir().is_none() {
        return;
    }
    let mut server = killed(&Case { version, agent: true, args, storage: "" }, 2);
    let ours = census(&server);
    server.start_again(IDLE).unwrap();
    let metrics = server.get("/metrics").unwrap();
    let metrics = String::from_utf8(metrics.body).unwrap();
    let active =
        metrics.lines().find_map(|line| line.strip_prefix("prometheus_agent_active_series "));
    assert_eq!(ours["heads"][0]["created"].to_string(), active.unwrap());
    assert!(ours["heads"][0]["active"].as_u64().unwrap() > 80, "{}", ours["heads"][0]);
}

#[test]
fn a_log_of_prometheus_2_counts_as_its_replay() {
    if dir().is_none() {
        return;
    }
    let ours =
        check_server(&Case { version: Version::V2, agent: false, args: &[], storage: "" }, 3);
    let head = &ours["heads"][0];
    let churn =
        head["metrics"].as_array().unwrap().iter().find(|it| it["name"] == "churn").unwrap();
    // 0..50, 10..60, 20..70: what is gone is marked stale.
    assert_eq!((&churn["series"], &churn["active"]), (&70.into(), &50.into()));
}

#[test]
fn a_log_of_prometheus_3_counts_as_its_replay() {
    if dir().is_none() {
        return;
    }
    let args = &["--storage.tsdb.wal-compression-type=zstd"];
    let ours = check_server(&Case { version: Version::V3, agent: false, args, storage: "" }, 3);
    let head = &ours["heads"][0];
    assert!(head["created"].as_u64() > head["series"].as_u64(), "none was let go: {head}");
}

/// Blocks of a few seconds: a checkpoint, chunks that are mapped, and samples that came late.
#[track_caller]
fn check_checkpoint(version: Version, args: &'static [&'static str]) {
    if dir().is_none() {
        return;
    }
    let storage = "storage: {tsdb: {out_of_order_time_window: 1h}}";
    let has_late = || {
        let ours = check_server(&Case { version, agent: false, args, storage }, 12);
        let head = &ours["heads"][0];
        assert!(head["checkpoint"].is_u64(), "{head}");
        assert!(head["old_samples"].as_u64().unwrap() > 0, "{head}");
        head["late_samples"].as_u64() > Some(0)
    };
    // A server that is killed just after it made blocks of what came late has none in its log.
    assert!((0..3).any(|_| has_late()), "nothing came late, three times");
}

#[test]
fn a_checkpoint_of_prometheus_2_counts_as_its_replay() {
    check_checkpoint(
        Version::V2,
        &["--storage.tsdb.min-block-duration=4s", "--no-storage.tsdb.wal-compression"],
    );
}

#[test]
fn a_checkpoint_of_prometheus_3_counts_as_its_replay() {
    check_checkpoint(Version::V3, &["--storage.tsdb.min-block-duration=4s"]);
}

#[test]
fn a_log_of_agent_2_counts_as_its_replay() {
    check_agent(Version::V2, &["--storage.agent.wal-compression-type=zstd"]);
}

#[test]
fn a_log_of_agent_3_counts_as_its_replay() {
    check_agent(Version::V3, &[]);
}
