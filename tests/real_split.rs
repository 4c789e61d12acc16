//! A job that is split by a hash of its series, and one with a server of its own, on real servers:
//! with the configurations that `promsieve shard` writes each series is on exactly one of them,
//! and each histogram in one piece.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use promsieve_lab::real::{Page, Pages, Server, TempDir, Version, dir};
use serde_json::Value;

use crate::cli::run;
use crate::real_sharded::has_no_faults;

const SHARDS: usize = 3;
const PATIENCE: Duration = Duration::from_mins(2);

type Labels = BTreeMap<String, String>;

/// The jobs with their number of targets: `pods` is split, `alone` gets a server.
const JOBS: [(&str, u64); 3] = [("pods", 2), ("alone", 3), ("app", 12)];

/// Rules of which a split job and the others make different ones safe.
const RULES: [&str; 9] = [
    "rate(seconds_bucket[5m])",
    "histogram_quantile(0.9, seconds_bucket)",
    "seconds_sum / seconds_count",
    "sum by (pod, instance) (ready)",
    "sum by (instance) (ready)",
    "sum by (instance) (hits)",
    "ready * on (pod, instance) group_left (node) about",
    "up",
    "sum by (job) (hits)",
];

fn address(job: &str, target: u64) -> String {
    format!("{job}-{target}:8080")
}

/// What a target of `pods` has on its page: histograms and states of many pods, and some series
/// without a pod. The names of some metrics end as a histogram's do.
fn pods(target: u64) -> String {
    let mut out = String::from("# TYPE seconds histogram\n");
    for pod in 0..40 {
        let pod = format!("pod=\"p-{target}-{pod}\"");
        for bound in ["0.1", "1", "+Inf"] {
            writeln!(out, "seconds_bucket{{{pod},le=\"{bound}\"}} 3").unwrap();
        }
        writeln!(out, "seconds_sum{{{pod}}} 2\nseconds_count{{{pod}}} 3").unwrap();
        writeln!(out, "about{{{pod},node=\"n\"}} 1").unwrap();
        for phase in ["Running", "Failed"] {
            writeln!(out, "ready{{{pod},phase=\"{phase}\"}} 1").unwrap();
        }
    }
    out.push_str("nodes_count 7\nrestart_sum 1\n_sum 2\nversion 1\n");
    out
}

fn page(job: &str, target: u64) -> String {
    match job {
        "pods" => pods(target),
        _ => (0..10 + target).map(|at| format!("hits{{path=\"/{at}\"}} {at}\n")).collect(),
    }
}

fn configuration(pages: &Pages) -> String {
    let mut out = String::from(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\nrule_files: [rules.yml]\n\
         scrape_configs:\n",
    );
    for (job, targets) in JOBS {
        let targets = (0..targets).map(|target| format!("'{}'", address(job, target)));
        let targets = targets.collect::<Vec<_>>().join(", ");
        let proxy = pages.proxy_url();
        writeln!(
            out,
            "- job_name: {job}\n  proxy_url: {proxy}\n  static_configs: [{{targets: [{targets}]}}]"
        )
        .unwrap();
    }
    out
}

fn series(server: &Server) -> Vec<Labels> {
    server.series("{job!=\"\", __name__!=\"up\", __name__!~\"scrape_.*\"}").unwrap()
}

#[test]
fn each_series_of_a_split_job_is_on_one_shard_and_histograms_are_whole() {
    if dir().is_none() {
        return;
    }
    let pages = Pages::serve([]).unwrap();
    let folder = TempDir::new("split").unwrap();
    for (job, targets) in JOBS {
        for target in 0..targets {
            let (address, page) = (address(job, target), page(job, target));
            folder.write(&format!("scrapes/{job}/{address}.prom"), &page).unwrap();
            pages.set(&address, Page::text(page));
        }
    }
    let rules = RULES.iter().enumerate();
    let rules = rules.map(|(at, expr)| format!("  - {{record: 'r{at}', expr: '{expr}'}}\n"));
    let rules = format!("groups:\n- name: all\n  rules:\n{}", rules.collect::<String>());
    folder.write("rules.yml", rules).unwrap();
    folder.write("prometheus.yml", configuration(&pages)).unwrap();
    let (path, out) = (folder.path().to_str().unwrap(), folder.path().join("out"));
    let written = out.to_str().unwrap();
    let size = ["--shards", "3", "--split", "pods", "--dedicated", "alone"];
    let args = [&["shard", path, "--format", "json", "--write", written], &size[..]].concat();
    let ended = run(folder.path(), &args, b"");
    let plan: Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
    has_no_faults(&out, &["0", "1", "2", "3"]);
    let start = |config: &str| {
        let config = config.lines().filter(|line| !line.starts_with("rule_files"));
        let config = config.collect::<Vec<_>>().join("\n");
        Server::start(Version::V3, &config).unwrap()
    };
    let shards: Vec<Server> = (0..=SHARDS)
        .map(|at| {
            start(&std::fs::read_to_string(out.join(format!("prometheus-{at}.yml"))).unwrap())
        })
        .collect();
    let whole = start(&configuration(&pages));
    // The two targets of `pods` are on three shards.
    wait_for(&shards, 2 * SHARDS as u64 + 3 + 12);
    wait_for(std::slice::from_ref(&whole), 2 + 3 + 12);

    let all: BTreeSet<Labels> = series(&whole).into_iter().collect();
    let parts: Vec<Vec<Labels>> = shards.iter().map(series).collect();
    assert_eq!(
        parts.iter().map(Vec::len).sum::<usize>(),
        all.len(),
        "a series is missing or twice"
    );
    assert_eq!(parts.iter().flatten().cloned().collect::<BTreeSet<_>>(), all);
    assert!(
        parts[SHARDS].iter().all(|labels| labels["job"] == "alone") && parts[SHARDS].len() > 30
    );
    assert!(parts[..SHARDS].iter().all(|part| part.iter().any(|labels| labels["job"] == "pods")));
    for (at, shard) in shards.iter().enumerate() {
        // With the five series that a server adds to each scrape.
        let measured = shard.series("{job!=\"\"}").unwrap().len() as u64;
        assert_eq!(plan["shards_detail"][at]["series"].as_u64().unwrap(), measured, "{at}");
    }
    histograms_are_whole(&parts);
    safe_rules_are_the_same(&plan, &shards, &whole);
}

/// Waits until so many targets have been scraped twice, as `rate` asks for.
fn wait_for(servers: &[Server], targets: u64) {
    let deadline = Instant::now() + PATIENCE;
    let up = |server: &Server| server.query("sum_over_time(up[5m]) > 1").unwrap().len() as u64;
    while servers.iter().map(up).sum::<u64>() < targets {
        assert!(Instant::now() < deadline, "{targets} targets were not scraped");
        thread::sleep(Duration::from_millis(100));
    }
}

fn histograms_are_whole(parts: &[Vec<Labels>]) {
    let mut shards: BTreeMap<(&str, &str), BTreeSet<usize>> = BTreeMap::new();
    for (at, labels) in
        parts.iter().enumerate().flat_map(|(at, part)| part.iter().map(move |it| (at, it)))
    {
        if labels["__name__"].starts_with("seconds_") {
            shards.entry((&labels["pod"], &labels["instance"])).or_default().insert(at);
        }
    }
    assert_eq!(shards.len(), 80);
    assert!(shards.values().all(|shards| shards.len() == 1), "{shards:?}");
}

fn safe_rules_are_the_same(plan: &Value, shards: &[Server], whole: &Server) {
    let verdicts: Vec<&str> = plan["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["verdict"].as_str().unwrap())
        .collect();
    let (safe, two) = ("shard", "two_level");
    assert_eq!(
        verdicts,
        [safe, safe, safe, safe, two, safe, safe, "global", two],
        "{}",
        plan["rules"]
    );
    for (expr, _) in RULES.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == safe) {
        let mut union = BTreeMap::new();
        for (labels, value) in shards.iter().flat_map(|shard| shard.query(expr).unwrap()) {
            let twice = union.insert(labels.clone(), value.to_string());
            assert_eq!(twice, None, "{expr}: {labels:?}");
        }
        let all = whole.query(expr).unwrap().into_iter();
        let all: BTreeMap<Labels, String> =
            all.map(|(labels, value)| (labels, value.to_string())).collect();
        assert!(!all.is_empty(), "{expr}");
        assert_eq!(union, all, "{expr}");
    }
    let split_up: usize =
        shards.iter().map(|shard| shard.query("up{job=\"pods\"}").unwrap().len()).sum();
    assert_eq!(split_up, 2 * SHARDS, "which is why `up` needs the global view");
}
