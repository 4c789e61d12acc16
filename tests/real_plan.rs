//! A plan on real servers: one runs the configuration of the mesh as it is, one with the plan's steps,
//! both scrape the same pages, and every query of the rules and dashboards must get the same answer.
//!
//! Pages carry their timestamps and values that follow from series and round, so that all servers
//! store the same samples. A third server has steps that take away what is used: there the same
//! comparison must show it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use promsieve_lab::real::{Page, Pages, Server, Version, dir};
use serde_json::Value;
use xtask::workspace;

use crate::cli::run;
use crate::rounds::{MINUTE, Sample, mesh, page};

/// How often pages change, a minute of their timestamps apart.
const ROUNDS: u64 = 8;
/// Moments at which everything is asked.
const MOMENTS: u64 = 20;
const PATIENCE: Duration = Duration::from_mins(2);

type Answer = BTreeMap<BTreeMap<String, String>, String>;

/// Every expression of the mesh's rules and dashboards, with values for the dashboards' variables.
fn queries() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["rules", "dashboards"] {
        let mut files: Vec<_> = fs::read_dir(workspace().join("fixtures/mesh").join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let text = fs::read_to_string(file).unwrap();
            expressions(&serde_yaml::from_str(&text).unwrap(), &mut found);
        }
    }
    let variables = [
        ("$__rate_interval", "5m"),
        ("$app", "customer-api"),
        ("$pod", ".*"),
        ("$service", ".*"),
        ("$namespace", "payments"),
        ("$node", "bank-worker-01"),
    ];
    let fill = |text: String| variables.iter().fold(text, |it, (from, to)| it.replace(from, to));
    found.into_iter().map(fill).collect()
}

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "expr" => found.push(text.clone()),
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

/// A configuration whose targets are asked through `pages`, often, and without rules of its own:
/// what they would record is asked for directly.
pub(crate) fn on_pages(config: &str, pages: &Pages) -> String {
    let proxy = pages.proxy_url();
    let mut out = String::new();
    for line in config.lines() {
        match line.trim_start() {
            "scrape_interval: 30s" => out += "  scrape_interval: 1s",
            "scrape_timeout: 10s" => out += "  scrape_timeout: 1s",
            "- rules/*.yml" => out += "  - none/*.yml",
            _ => out += line,
        }
        out.push('\n');
        if line.starts_with("  - job_name:") {
            writeln!(out, "    proxy_url: {proxy}").unwrap();
        }
    }
    out
}

/// The configuration with steps that take away a metric, a value and a label that are used.
pub(crate) fn unsafely(config: &str) -> String {
    let steps = [
        ("spring", "{source_labels: [__name__], regex: jvm_gc_pause_seconds_sum, action: drop}"),
        ("istio-proxy", "{source_labels: [reporter], regex: destination, action: drop}"),
        ("node", "{regex: mode, action: labeldrop}"),
    ];
    steps.iter().fold(config.to_owned(), |config, (job, step)| {
        let start = config.find(&format!("- job_name: {job}\n")).unwrap();
        let key = "    metric_relabel_configs:\n";
        let at = start + config[start..].find(key).unwrap() + key.len();
        assert!(!config[start + 2..at].contains("- job_name:"), "{job} has no chain");
        format!("{}      - {step}\n{}", &config[..at], &config[at..])
    })
}

/// What a server answers, to nine digits: sums may differ in the order of their terms.
fn ask(server: &Server, expr: &str, time: u64) -> Answer {
    let found = server.query_at(expr, time).unwrap();
    found.into_iter().map(|(labels, value)| (labels, format!("{value:.9e}"))).collect()
}

/// Serves all rounds, each until every server has it; when the last one was.
fn play(pages: &Pages, texts: &[(String, String, String)], servers: &[&Server]) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let end = now - 10_000;
    for round in 1..=ROUNDS {
        let time = end - (ROUNDS - round) * MINUTE;
        for (_, address, text) in texts {
            let page = page(text, round, time, |sample: Sample<'_>| sample.moved(round));
            pages.set(address, Page::text(page));
        }
        let start = Instant::now();
        // The one target of kube-state-metrics stores nothing, by a planted mistake.
        let wanted = format!("{:.9e}", texts.len() as f64 - 1.0);
        let seen = |server: &&Server| {
            let counted = ask(server, &format!("count(round == {round})"), time / 1000 + 1);
            counted.into_values().eq([wanted.clone()])
        };
        while !servers.iter().all(seen) {
            assert!(start.elapsed() < PATIENCE, "round {round} was not scraped everywhere");
            thread::sleep(Duration::from_millis(100));
        }
    }
    end / 1000
}

/// How many queries differ at some moment, and how many say something that changes.
fn compare(a: &Server, b: &Server, end: u64) -> (Vec<String>, usize) {
    let (mut differ, mut lively) = (Vec::new(), 0);
    let first = end - (ROUNDS - 3) * MINUTE / 1000;
    for query in queries() {
        let moments = (0..MOMENTS).map(|at| first + (end - first) * at / (MOMENTS - 1));
        let answers: Vec<(Answer, Answer)> =
            moments.map(|time| (ask(a, &query, time), ask(b, &query, time))).collect();
        let is_full = answers.iter().all(|(a, _)| !a.is_empty());
        lively += usize::from(is_full && answers.iter().any(|(a, _)| *a != answers[0].0));
        if answers.iter().any(|(a, b)| a != b) {
            differ.push(query);
        }
    }
    (differ, lively)
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let args = ["optimize", "fixtures/mesh", "--format", "json", "--server", version.name()];
    let ended = run(workspace(), &args, b"");
    let plan: Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
    let planned = plan["config"].as_str().unwrap();
    let config = fs::read_to_string(workspace().join("fixtures/mesh/prometheus.yml"));
    let (config, texts) = (config.unwrap(), mesh());
    let pages = Pages::serve([]).unwrap();
    let start = |config: &str| Server::start(version, &on_pages(config, &pages)).unwrap();
    let (whole, less, broken) = (start(&config), start(planned), start(&unsafely(planned)));
    let end = play(&pages, &texts, &[&whole, &less, &broken]);

    let stored = |server: &Server| {
        server.series("{job!=\"\",__name__!~\"up|scrape_.*|round\"}").unwrap().len()
    };
    let (before, after) = (stored(&whole), stored(&less));
    let claimed =
        plan["before"]["series"].as_u64().unwrap() - plan["after"]["series"].as_u64().unwrap();
    assert_eq!((before - after) as u64, claimed, "{before} series became {after}");

    let (differ, lively) = compare(&whole, &less, end);
    assert_eq!(differ, Vec::<String>::new());
    let all = queries().len();
    assert!(lively * 2 >= all, "of {all} queries only {lively} say something that changes");

    let (differ, _) = compare(&whole, &broken, end);
    for part in ["jvm_gc_pause_seconds_sum", "reporter=\"destination\"", "mode!=\"idle\""] {
        assert!(differ.iter().any(|query| query.contains(part)), "{part}: {differ:?}");
    }
}

#[test]
fn no_query_misses_what_the_plan_takes_from_prometheus_2() {
    check(Version::V2);
}

#[test]
fn no_query_misses_what_the_plan_takes_from_prometheus_3() {
    check(Version::V3);
}
