//! A plan on real servers: one runs the configuration of the mesh as it is, one with the plan's steps,
//! both scrape the same pages, and every query of the rules and dashboards must get the same answer.
//!
//! Pages carry their timestamps and values that follow from series and round, so that all servers
//! store the same samples. A third server has steps that take away what is used: there the same
//! comparison must show it.

use std::fmt::Write as _;
use std::fs;

use promsieve_lab::real::{Pages, Server, Version, dir};
use serde_json::Value;
use xtask::workspace;

use crate::answers::{compare, play};
use crate::cli::run;
use crate::rounds::mesh;

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
    // The one target of kube-state-metrics stores nothing, by a planted mistake.
    let scraped = texts.len() - 1;
    let end = play(&pages, &texts, &[&whole, &less, &broken], scraped, |sample, round| {
        sample.moved(round)
    });

    let stored = |server: &Server| {
        server.series("{job!=\"\",__name__!~\"up|scrape_.*|round\"}").unwrap().len()
    };
    let (before, after) = (stored(&whole), stored(&less));
    let claimed =
        plan["before"]["series"].as_u64().unwrap() - plan["after"]["series"].as_u64().unwrap();
    assert_eq!((before - after) as u64, claimed, "{before} series became {after}");

    let queries = queries();
    let compared = compare([&whole, &less], &queries, end);
    assert_eq!(compared.differ, Vec::<String>::new());
    let (all, lively) = (queries.len(), compared.lively);
    assert!(lively * 2 >= all, "of {all} queries only {lively} say something that changes");

    let differ = compare([&whole, &broken], &queries, end).differ;
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
