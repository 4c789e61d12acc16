//! A plan for public scrapes with kube-prometheus's rules and dashboards as usage, on real servers: one
//! runs the configuration as it is, one with the plan's steps, and all answers must be the same.
//!
//! What recording rules would write is asked of each server, and scraped by it from a page of its
//! own: rules that servers run themselves are evaluated at moments of their own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use promsieve_core::promql;
use promsieve_core::text::{FileId, SourceText};
use promsieve_core::usage::{Consumers, OriginKind};
use promsieve_lab::corpus;
use promsieve_lab::real::{Page, Pages, Server, TempDir, Version, dir};
use serde_json::Value;

use crate::answers::{ROUNDS, compare, play, wait_round};
use crate::cli::run;
use crate::real_plan::on_pages;
use crate::rounds::{MINUTE, Sample};

/// Jobs, the label `metrics_path` of those that share theirs, and their scrapes.
const SCRAPES: [(&str, &str, &str); 9] = [
    ("apiserver", "", "kube_apiserver_metrics__tests__fixtures__metrics_1.28.0.txt"),
    ("cadvisor", "/metrics/cadvisor", "kubelet__tests__fixtures__cadvisor_metrics_1_21.txt"),
    ("coredns", "", "coredns__tests__fixtures__metrics_18.txt"),
    ("kube-controller-manager", "", "kube_controller_manager__tests__fixtures__metrics.txt"),
    ("kube-proxy", "", "kube_proxy__tests__fixtures__metrics_iptables_1.21.1.txt"),
    ("kube-scheduler", "", "kube_scheduler__tests__fixtures__metrics_1.26.0.txt"),
    ("kube-state-metrics", "", "kubernetes_state__tests__fixtures__ksm-standard-tags-gke.txt"),
    ("kubelet", "/metrics", "kubelet__tests__fixtures__kubelet_metrics_1_21.txt"),
    ("node-exporter", "", "amazon_msk__tests__docker__exporter_node__metrics"),
];
/// What dashboards' variables for durations stand for.
const DURATIONS: [&str; 3] = ["$__rate_interval", "$__interval", "$interval"];

/// The lines of a scrape that servers read: one with a label name that is none fails as a whole.
fn sound(text: &str) -> String {
    let is_sound = |line: &&str| {
        let series = line.rfind('}').map(|end| &line[..=end]);
        line.starts_with('#') || series.is_none_or(|series| promql::parse(series).is_ok())
    };
    text.lines().filter(is_sound).fold(String::new(), |text, line| text + line + "\n")
}

/// Writes configuration, scrapes, rules and dashboards; the scrapes, by job and address.
fn write(dir: &TempDir) -> Vec<(String, String, String)> {
    let mut config = String::from("global:\n  scrape_interval: 30s\n  scrape_timeout: 10s\n");
    config += "scrape_configs:\n";
    let mut texts = Vec::new();
    let public = corpus::dir().unwrap();
    for (at, (job, metrics_path, file)) in SCRAPES.iter().enumerate() {
        let address = format!("10.0.0.{at}:80");
        write!(config, "  - job_name: {job}\n    static_configs:\n").unwrap();
        writeln!(config, "      - targets: ['{address}']").unwrap();
        if !metrics_path.is_empty() {
            writeln!(config, "        labels: {{job: kubelet, metrics_path: {metrics_path}}}")
                .unwrap();
        }
        let path = public.join("scrapes/khulnasoft+integrations-core").join(file);
        let text = sound(&fs::read_to_string(path).unwrap());
        let name = format!("scrapes/{job}/{}.prom", address.replace(':', "%3A"));
        dir.write(&name, &text).unwrap();
        texts.push(((*job).to_owned(), address, text));
    }
    dir.write("prometheus.yml", &config).unwrap();
    for kind in ["rules", "dashboards"] {
        for path in corpus::files(&format!("{kind}/prometheus-operator+kube-prometheus"), &[]) {
            let name = path.file_name().unwrap().to_string_lossy();
            dir.write(&format!("{kind}/{name}"), fs::read_to_string(&path).unwrap()).unwrap();
        }
    }
    texts
}

/// Every expression of the rules and dashboards, each variable standing for all that it can be.
fn queries(dir: &Path) -> Vec<String> {
    let mut consumers = Consumers::default();
    for kind in ["rules", "dashboards"] {
        let mut paths: Vec<_> =
            fs::read_dir(dir.join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path).unwrap();
            consumers.add(FileId::default(), &SourceText::new("file", text));
        }
    }
    let kinds = [OriginKind::Rule, OriginKind::Alert, OriginKind::DashboardPanel];
    let (queries, _) = consumers.finish();
    let asked = queries.into_iter().filter(|query| kinds.contains(&query.origin.kind));
    let mut texts: Vec<String> = asked.map(|query| filled(&query.text)).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn filled(query: &str) -> String {
    let mut text = DURATIONS.iter().fold(query.to_owned(), |it, name| it.replace(name, "5m"));
    while let Some(at) = text.find("=\"$").or_else(|| text.find("=~\"$")) {
        let quoted = at + text[at..].find('"').unwrap() + 1;
        let end = quoted + text[quoted..].find('"').unwrap() + 1;
        text.replace_range(at..end, "=~\".*\"");
    }
    text
}

/// What a recording rule writes.
struct Rule {
    name: String,
    labels: BTreeMap<String, String>,
    expr: String,
}

/// The recording rules in levels, each of which reads what those before have written.
fn levels(dir: &Path) -> Vec<Vec<Rule>> {
    let mut rules = Vec::new();
    for entry in fs::read_dir(dir.join("rules")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let file: Value = serde_yaml::from_str(&text).unwrap();
        for group in file["spec"]["groups"].as_array().into_iter().flatten() {
            for rule in group["rules"].as_array().unwrap() {
                if let Some(name) = rule["record"].as_str() {
                    let labels = serde_json::from_value(rule["labels"].clone());
                    let expr = rule["expr"].as_str().unwrap().to_owned();
                    let labels = labels.unwrap_or_default();
                    rules.push(Rule { name: name.to_owned(), labels, expr });
                }
            }
        }
    }
    let mut levels = Vec::new();
    while !rules.is_empty() {
        let names: Vec<String> = rules.iter().map(|rule| rule.name.clone()).collect();
        let reads = |rule: &mut Rule| names.iter().any(|name| names_metric(&rule.expr, name));
        let now: Vec<Rule> = rules.extract_if(.., |rule| !reads(rule)).collect();
        assert!(!now.is_empty(), "rules read each other: {names:?}");
        levels.push(now);
    }
    levels
}

/// Whether an expression has a metric's name as a word.
fn names_metric(expr: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    expr.match_indices(name).any(|(at, _)| {
        !expr[..at].ends_with(is_part) && !expr[at + name.len()..].starts_with(is_part)
    })
}

/// The servers under test, by the name that their own pages bear.
struct Pair {
    pages: Pages,
    servers: [(&'static str, Server); 2],
}

impl Pair {
    fn start(version: Version, configs: [(&'static str, &str); 2], levels: usize) -> Self {
        let pages = Pages::serve([]).unwrap();
        let start = |(name, config): (&'static str, &str)| {
            let own: Vec<String> = (0..levels).map(|level| own_page(name, level)).collect();
            let recorded = format!(
                "  - job_name: recorded\n    honor_labels: true\n    static_configs:\n      - \
                 targets: [{}]\n",
                own.join(", ")
            );
            let config = on_pages(&format!("{config}{recorded}"), &pages);
            (name, Server::start(version, &config).unwrap())
        };
        Self { servers: configs.map(start), pages }
    }

    fn both(&self) -> [&Server; 2] {
        [&self.servers[0].1, &self.servers[1].1]
    }

    /// Lets each server scrape what its recording rules would have written at every round.
    fn record(&self, levels: &[Vec<Rule>], end: u64) {
        let start = end - (ROUNDS - 1) * MINUTE / 1000;
        for (level, rules) in levels.iter().enumerate() {
            let mut rounds: [BTreeMap<String, String>; 2] = self.both().map(|server| {
                let mut pages = BTreeMap::new();
                for rule in rules {
                    recorded(server, rule, (start, end), &mut pages);
                }
                pages
            });
            for round in 1..=ROUNDS {
                let time = start + (round - 1) * MINUTE / 1000;
                for ((name, _), pages) in self.servers.iter().zip(&mut rounds) {
                    let text = pages.remove(&time.to_string()).unwrap_or_default();
                    let text = format!("{text}round {round} {time}000\n");
                    self.pages.set(&own_page(name, level), Page::text(text));
                }
                wait_round(&self.both(), round, time * 1000, SCRAPES.len() + level + 1);
            }
        }
    }
}

fn own_page(server: &str, level: usize) -> String {
    format!("{server}-{level}:80")
}

/// Adds what a rule writes, to the text of each moment.
fn recorded(server: &Server, rule: &Rule, times: (u64, u64), pages: &mut BTreeMap<String, String>) {
    let found = server.query_range(&rule.expr, times, MINUTE / 1000);
    for (mut labels, samples) in found.unwrap_or_default() {
        labels.remove("__name__");
        labels.extend(rule.labels.clone());
        // An empty label keeps the target's away.
        for label in ["job", "instance"] {
            labels.entry(label.to_owned()).or_default();
        }
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        for (time, value) in samples {
            let page = pages.entry(format!("{time:.0}")).or_default();
            writeln!(page, "{}{{{}}} {value} {time:.0}000", rule.name, labels.join(",")).unwrap();
        }
    }
}

/// As on the mesh, but nothing counted stays at nothing, and no sum is whole: the last bit of one may
/// differ in the order of its terms, which `ceil` would make a whole one.
fn moved(sample: Sample<'_>, round: u64) -> f64 {
    let value = if sample.is_gauge { sample.value } else { sample.value + std::f64::consts::LN_2 };
    Sample { value, ..sample }.moved(round)
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() || corpus::dir().is_none() {
        return;
    }
    let directory = TempDir::new("public").unwrap();
    let texts = write(&directory);
    let args = ["optimize", ".", "--format", "json", "--server", version.name()];
    let plan: Value = serde_json::from_str(&run(directory.path(), &args, b"").stdout).unwrap();
    let asked = &plan["queries"];
    let [given, safe] = ["given", "safe"].map(|key| asked[key].as_u64().unwrap());
    assert!(safe * 100 >= given * 95, "{asked}");

    let config = fs::read_to_string(directory.path().join("prometheus.yml")).unwrap();
    let levels = levels(directory.path());
    let planned = plan["config"].as_str().unwrap();
    let pair = Pair::start(version, [("whole", &config), ("less", planned)], levels.len());
    let end = play(&pair.pages, &texts, &pair.both(), texts.len(), moved);
    let stored = pair
        .both()
        .map(|server| server.series("{job!=\"\",__name__!~\"up|scrape_.*|round\"}").unwrap().len());
    let [before, after] = ["before", "after"].map(|key| plan[key]["series"].as_u64().unwrap());
    assert_eq!((stored[0] - stored[1]) as u64, before - after, "{stored:?} series");
    pair.record(&levels, end);

    let queries = queries(directory.path());
    let compared = compare(pair.both(), &queries, end);
    println!(
        "{}: {} of {} series, {} queries, {} answered, {} lively",
        version.name(),
        stored[1],
        stored[0],
        queries.len(),
        compared.answered,
        compared.lively
    );
    assert_eq!(compared.differ, Vec::<String>::new());
    assert_eq!(compared.refused, Vec::<String>::new());
    assert!(compared.lively * 2 >= compared.answered, "{compared:?}");
}

#[test]
fn public_rules_and_dashboards_miss_nothing_in_prometheus_2() {
    check(Version::V2);
}

#[test]
fn public_rules_and_dashboards_miss_nothing_in_prometheus_3() {
    check(Version::V3);
}
