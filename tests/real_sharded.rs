//! A sharded fleet on real servers: three shards with the configurations that `promsieve shard` writes,
//! and one server that has everything, scrape the same sixty targets. Together the shards have what
//! the one has, and a server that reads all of them back answers as the one does.
//!
//! Pages carry their timestamps, so that all servers store the same samples.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use promsieve_core::doc;
use promsieve_core::text::{FileId, SourceText};
use promsieve_lab::real::{Page, Pages, Server, Setup, TempDir, Version, dir};
use serde_json::Value;
use xtask::workspace;

use crate::cli::run;
use crate::real::promtool;
use promsieve_lab::random::{Random, seed};

const TARGETS: u64 = 60;
const SHARDS: usize = 3;
/// How often pages change; they hold so many samples of each series.
const ROUNDS: u64 = 4;
/// Generated rules and queries.
const RULES: usize = 200;
const QUERIES: usize = 100;
/// A program that makes the global view, if not the Prometheus that reads all shards back: it is given
/// the address to listen on and the shards' URLs, such as a script that starts Thanos.
const GLOBAL_VIEW: &str = "PROMSIEVE_GLOBAL_VIEW";
const PATIENCE: Duration = Duration::from_mins(2);

type Labels = BTreeMap<String, String>;
pub(crate) type Answer = Result<BTreeMap<Labels, String>, String>;

fn address(target: u64) -> String {
    format!("10.9.0.{target}:9100")
}

/// A page of some dozen to some hundred series, each at `time` in milliseconds.
fn page(target: u64, round: u64, time: u64) -> String {
    let mut out = String::from("# TYPE hits counter\n");
    for path in 0..3 + target % 7 * 5 {
        let value = round * (10 + target + path);
        writeln!(out, "hits{{path=\"/{path}\",code=\"{}\"}} {value} {time}", 200 + path % 3)
            .unwrap();
    }
    out.push_str("# TYPE wait histogram\n");
    for (bound, share) in [("0.1", 1), ("1", 3), ("+Inf", 4)] {
        writeln!(out, "wait_bucket{{le=\"{bound}\"}} {} {time}", round * target * share).unwrap();
    }
    writeln!(out, "wait_sum {} {time}\nwait_count {} {time}", round * target, round * target * 4)
        .unwrap();
    out.push_str("# TYPE m gauge\n");
    for at in 0..target % 4 {
        writeln!(out, "m{{b=\"{}\",c=\"{}\"}} {} {time}", at % 2, at % 3, target * 3 + at).unwrap();
    }
    out.push_str("# TYPE n gauge\n");
    for at in 0..target % 3 {
        writeln!(
            out,
            "n{{b=\"{}\",c=\"{}\"}} {} {time}",
            at % 2,
            target % 2,
            200 - target * 3 - at
        )
        .unwrap();
    }
    writeln!(out, "# TYPE round gauge\nround {round} {time}").unwrap();
    out
}

fn configuration(pages: &Pages) -> String {
    let targets = |of: fn(u64) -> bool| {
        let list = (1..=TARGETS).filter(|target| of(*target));
        list.map(|target| format!("'{}'", address(target))).collect::<Vec<_>>().join(", ")
    };
    let proxy = pages.proxy_url();
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
         rule_files: [rules.yml]\n\
         scrape_configs:\n\
         - job_name: app\n  proxy_url: {proxy}\n  static_configs:\n  - targets: [{}]\n    \
         labels: {{team: x}}\n\
         - job_name: batch\n  proxy_url: {proxy}\n  static_configs: [{{targets: [{}]}}]\n  \
         relabel_configs:\n  - {{target_label: team, replacement: y}}\n\
         - job_name: self\n  proxy_url: {proxy}\n  static_configs: [{{targets: ['localhost:9090']}}]\n",
        targets(|target| target % 3 > 0),
        targets(|target| target % 3 == 0),
    )
}

/// A random expression over `m` and `n`, whose series have the labels `instance`, `b` and `c`.
pub(crate) fn expression(random: &mut Random, depth: usize) -> String {
    let labels = |random: &mut Random| {
        let names = ["instance", "b", "c", "job", "team"];
        let some: Vec<&str> = names.into_iter().filter(|_| random.below(3) == 0).collect();
        some.join(", ")
    };
    if depth == 0 {
        let selectors = ["m", "n", "m{b=\"1\"}", "n{c!=\"1\"}", "{__name__=~\"m|n\", b=\"0\"}"];
        return random.pick(&selectors).to_owned();
    }
    let inner = expression(random, depth - 1);
    match random.below(6) {
        0 | 1 => {
            let op = random.pick(&["sum", "count", "min", "max", "avg", "group"]);
            let by = random.pick(&["by", "by", "without"]);
            format!("{op} {by} ({}) ({inner})", labels(random))
        }
        // Of what has no two equal values: which of those is taken depends on their order.
        2 => format!("topk by ({}) (2, {})", labels(random), expression(random, 0)),
        3 => {
            let op = random.pick(&["+", "*", ">", "and", "unless", "or"]);
            let on = random.pick(&["on", "ignoring"]);
            let right = expression(random, 0);
            format!("({inner}) {op} {on} ({}) ({right})", labels(random))
        }
        4 => format!("({inner}) > {}", random.below(100)),
        _ => {
            let call = random.pick(&["abs", "absent", "timestamp", "scalar"]);
            if call == "scalar" {
                format!("m > scalar({inner})")
            } else {
                format!("{call}({inner})")
            }
        }
    }
}

/// Rules by hand, for what a page of a real service is watched by, and generated ones.
fn rules() -> Vec<String> {
    let mut rules: Vec<String> = [
        "sum by (job) (rate(hits[5m]))",
        "sum by (instance, path) (rate(hits[5m]))",
        "histogram_quantile(0.9, sum by (le, team) (rate(wait_bucket[5m])))",
        "sum(rate(hits{code=\"202\"}[5m])) / sum(rate(hits[5m])) > 0.01",
        "avg without (instance) (m)",
        "count(up{job=\"app\"} == 1)",
        "max by (team) (m) - min by (team) (m)",
        "absent(nosuch)",
        "topk(3, wait_count)",
        "wait_sum / wait_count",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut random = Random::new(seed());
    while rules.len() < RULES {
        let depth = 1 + random.below(3);
        let expr = expression(&mut random, depth);
        if promsieve_core::promql::parse(&expr).is_ok() {
            rules.push(expr);
        }
    }
    rules
}

fn rule_file(rules: &[String]) -> String {
    let mut out = String::from("groups:\n- name: all\n  rules:\n");
    for (expr, at) in rules.iter().zip(0..) {
        let quoted = serde_json::to_string(expr).unwrap();
        writeln!(out, "  - {{record: 'r{at}', expr: {quoted}}}").unwrap();
    }
    out
}

/// The servers, the plan, and what keeps the pages alive.
struct Fleet {
    plan: Value,
    rules: Vec<String>,
    configs: Vec<String>,
    shards: Vec<Server>,
    whole: Server,
    /// When all is asked for, in seconds.
    now: u64,
    _pages: Pages,
}

fn fleet() -> Fleet {
    let set = |pages: &Pages, round: u64, time: u64| {
        for target in 1..=TARGETS {
            pages.set(&address(target), Page::text(page(target, round, time)));
        }
    };
    let pages = Pages::serve([("localhost:9090".to_owned(), Page::text("own 1\n"))]).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    // The last samples are older than an interval, so that `rate` gives the same at any later time.
    let time = |round: u64| now - 20_000 - (ROUNDS - round) * 15_000;
    set(&pages, 1, time(1));
    let dir = TempDir::new("sharded").unwrap();
    let rules = rules();
    dir.write("prometheus.yml", configuration(&pages)).unwrap();
    dir.write("rules.yml", rule_file(&rules)).unwrap();
    for target in 1..=TARGETS {
        let job = if target % 3 == 0 { "batch" } else { "app" };
        let name = format!("scrapes/{job}/{}.prom", address(target));
        dir.write(&name, page(target, 1, time(1))).unwrap();
    }
    dir.write("scrapes/self/localhost:9090.prom", "own 1\n").unwrap();
    let (path, out) = (dir.path().to_str().unwrap(), dir.path().join("out"));
    let shards = SHARDS.to_string();
    let args = ["shard", path, "--shards", &shards, "--format", "json", "--write"];
    let ended = run(dir.path(), &[&args[..], &[out.to_str().unwrap()]].concat(), b"");
    let plan: Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
    let read = |name: String| std::fs::read_to_string(out.join(name)).unwrap();
    let configs: Vec<String> =
        (0..SHARDS).map(|shard| read(format!("prometheus-{shard}.yml"))).collect();
    let start = |config: &str, (name, text): (String, String)| {
        let setup = Setup { files: vec![(name, text)], ..Setup::default() };
        Server::start_with(Version::V3, config, &setup).unwrap()
    };
    let whole = start(&configuration(&pages), ("unused.yml".to_owned(), String::new()));
    let started: Vec<Server> = (0..SHARDS)
        .map(|shard| {
            let name = format!("rules-shard-{shard}.yml");
            let config = match std::env::var_os(GLOBAL_VIEW) {
                None => alike(&configs[shard], shard),
                Some(_) => configs[shard].clone(),
            };
            start(&config, (name.clone(), read(name)))
        })
        .collect();
    for round in 1..=ROUNDS {
        set(&pages, round, time(round));
        let deadline = Instant::now() + PATIENCE;
        let seen = |server: &Server| -> f64 {
            let found = server.query(&format!("count(round == {round})")).unwrap();
            found.first().map_or(0.0, |(_, count)| *count)
        };
        while seen(&whole) + started.iter().map(seen).sum::<f64>() < 2.0 * TARGETS as f64 {
            assert!(Instant::now() < deadline, "round {round} was not scraped everywhere");
            thread::sleep(Duration::from_millis(100));
        }
    }
    Fleet { plan, rules, configs, shards: started, whole, now: now / 1000, _pages: pages }
}

/// A shard's configuration with the external labels of shard 0: remote read leaves out what the
/// reader has, too.
fn alike(config: &str, shard: usize) -> String {
    let own = format!("{{shard: '{shard}'}}");
    assert!(config.contains(&own), "{config}");
    config.replace(&own, "{shard: '0'}")
}

/// What a server answers: label sets with values rounded to nine digits, as sums may differ in the
/// order of their terms; or its error.
pub(crate) fn ask(server: &Server, expr: &str, time: u64) -> Answer {
    let found = server.query_at(expr, time).map_err(|error| error.to_string())?;
    // A negative zero is a zero.
    Ok(found.into_iter().map(|(labels, value)| (labels, format!("{:.9e}", value + 0.0))).collect())
}

/// What the shards answer together; `Err` when one does not or two give the same series.
pub(crate) fn union(shards: &[Server], expr: &str, time: u64) -> Answer {
    let mut all = BTreeMap::new();
    for shard in shards {
        for (labels, value) in ask(shard, expr, time)? {
            if all.insert(labels.clone(), value).is_some() {
                return Err(format!("{labels:?} comes twice"));
            }
        }
    }
    Ok(all)
}

pub(crate) fn same(a: &Answer, b: &Answer) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => a == b,
        (a, b) => a.is_err() && b.is_err(),
    }
}

#[test]
fn three_shards_are_the_one_server() {
    if dir().is_none() {
        return;
    }
    let fleet = fleet();
    the_union_is_the_whole(&fleet);
    each_shard_is_as_large_as_simulated(&fleet);
    safe_rules_give_the_same_on_shards(&fleet);
    a_global_view_answers_as_the_whole(&fleet);
    shard_labels_split_results_that_are_not_deduplicated(&fleet);
}

fn the_union_is_the_whole(fleet: &Fleet) {
    let selector = "{job=~\"app|batch\", instance!=\"\", __name__!~\"r[0-9]+|shard:.*\"}";
    let whole: BTreeSet<Labels> = fleet.whole.series(selector).unwrap().into_iter().collect();
    let shards = fleet.shards.iter().map(|shard| shard.series(selector).unwrap());
    let parts: Vec<Labels> = shards.flatten().collect();
    assert_eq!(parts.len(), whole.len(), "a series is missing or comes twice");
    assert_eq!(parts.iter().cloned().collect::<BTreeSet<_>>(), whole);
    assert!(whole.len() > 1500, "{}", whole.len());
    let history = |server: &Server| {
        let samples = server.history("{__name__=~\"hits|wait.*|m|n|round\"}").unwrap();
        samples.into_iter().collect::<BTreeMap<_, _>>()
    };
    let mut parts = BTreeMap::new();
    fleet.shards.iter().for_each(|shard| parts.extend(history(shard)));
    let whole = history(&fleet.whole);
    assert!(whole.values().all(|samples| samples.len() as u64 == ROUNDS));
    assert_eq!(parts, whole);
    let own = union(&fleet.shards, "own", fleet.now + 10).unwrap();
    assert_eq!(own.len(), SHARDS, "each server's own series are its own: {own:?}");
}

fn each_shard_is_as_large_as_simulated(fleet: &Fleet) {
    for (shard, detail) in fleet.shards.iter().zip(fleet.plan["shards_detail"].as_array().unwrap())
    {
        let selector = "{instance!=\"\", __name__!~\"r[0-9]+|shard:.*\"}";
        let measured = shard.series(selector).unwrap().len() as f64;
        let simulated = detail["series"].as_f64().unwrap();
        assert!((simulated / measured - 1.0).abs() < 0.01, "{simulated} of {measured}");
    }
}

fn verdict(fleet: &Fleet, rule: usize) -> &str {
    fleet.plan["rules"][rule]["verdict"].as_str().unwrap()
}

fn safe_rules_give_the_same_on_shards(fleet: &Fleet) {
    let (mut safe, mut differ) = (0, 0);
    for (at, expr) in fleet.rules.iter().enumerate() {
        let whole = ask(&fleet.whole, expr, fleet.now);
        let agree = same(&union(&fleet.shards, expr, fleet.now), &whole);
        if verdict(fleet, at) == "shard" {
            safe += 1;
            assert!(agree, "{expr} is called safe");
        }
        differ += usize::from(!agree);
    }
    assert!(safe > 40 && differ > 40, "{safe} safe, {differ} differ");
}

/// The program that is named, else a server that reads all shards as one.
fn global_view(fleet: &Fleet) -> Server {
    let Some(program) = std::env::var_os(GLOBAL_VIEW) else {
        return reader(fleet, "global: {external_labels: {shard: '0'}}");
    };
    let urls = fleet.shards.iter().map(|shard| format!("http://{}", shard.address()));
    let view = Server::start_program(Path::new(&program), &urls.collect::<Vec<_>>()).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let targets = || view.query("count(up{job!=\"self\"})").ok()?.first().map(|(_, count)| *count);
    while targets() != Some(TARGETS as f64) {
        assert!(Instant::now() < deadline, "the global view does not see every shard");
        thread::sleep(Duration::from_millis(100));
    }
    view
}

/// A server that reads all shards back.
fn reader(fleet: &Fleet, global: &str) -> Server {
    let mut config = format!("{global}\nremote_read:\n");
    for shard in &fleet.shards {
        writeln!(config, "- {{url: 'http://{}/api/v1/read', read_recent: true}}", shard.address())
            .unwrap();
    }
    Server::start(Version::V3, &config).unwrap()
}

fn a_global_view_answers_as_the_whole(fleet: &Fleet) {
    let reader = global_view(fleet);
    let mut random = Random::new(seed() + 1);
    let fixed =
        ["sum(up{job!=\"self\"})", "count by (job) (hits)", "rate(hits[2m])", "quantile(0.5, m)"];
    let mut queries: Vec<String> = fixed.map(str::to_owned).to_vec();
    while queries.len() < QUERIES {
        let depth = random.below(4);
        queries.push(expression(&mut random, depth));
    }
    for query in &queries {
        let (ours, whole) = (ask(&reader, query, fleet.now), ask(&fleet.whole, query, fleet.now));
        assert!(same(&ours, &whole), "{query}\n{ours:?}\n{whole:?}");
    }
    // Parts are recorded as time goes by, so both are asked for now.
    thread::sleep(Duration::from_secs(3));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut levels = 0;
    for (at, expr) in fleet.rules.iter().enumerate() {
        let Some(second) = fleet.plan["rules"][at]["expr"].as_str() else { continue };
        levels += 1;
        let (ours, whole) = (ask(&reader, second, now), ask(&fleet.whole, expr, now));
        assert!(same(&ours, &whole), "{expr}\n{second}\n{ours:?}\n{whole:?}");
    }
    assert!(levels > 30, "{levels} rules in two levels");
}

/// With the labels as they are written and no deduplication by them, as Thanos Query has them
/// without `--query.replica-label=shard`.
fn shard_labels_split_results_that_are_not_deduplicated(fleet: &Fleet) {
    for (shard, config) in fleet.shards.iter().zip(&fleet.configs) {
        shard.reload(config).unwrap();
    }
    let reader = reader(fleet, "");
    let count = |expr| ask(&reader, expr, fleet.now).unwrap().len();
    let whole = |expr| ask(&fleet.whole, expr, fleet.now).unwrap().len();
    let expr = "sum without (instance) (round)";
    assert_eq!((whole(expr), count(expr)), (2, 2 * SHARDS));
    assert_eq!((whole("sum(round)"), count("sum(round)")), (1, 1));
}

/// What is written passes the check of a fleet at hand.
pub(crate) fn has_no_faults(written: &Path, servers: &[&str]) {
    let files: Vec<String> = servers.iter().map(|at| format!("prometheus-{at}.yml")).collect();
    let files = files.iter().map(String::as_str);
    let args: Vec<&str> = ["shard", "--check"].into_iter().chain(files).collect();
    let ended = run(written, &args, b"");
    let clean = format!("{} configurations, 0 faults\n", servers.len());
    assert_eq!((ended.status, ended.stdout), (0, clean), "{}", ended.stderr);
}

/// Each stateful set mounts its config map, whose files were written.
fn resources_have_their_files(written: &Path) {
    let read = |name: &str| std::fs::read_to_string(written.join(name)).unwrap();
    let (maps, resources) = (read("kustomization.yml"), read("kubernetes.yml"));
    for text in [&maps, &resources] {
        let parsed = doc::parse(&SourceText::new("x", text.clone()), FileId::default());
        assert_eq!(parsed.findings, []);
    }
    let names = maps.lines().filter_map(|line| line.strip_prefix("- name: "));
    let names: Vec<&str> = names.collect();
    assert_eq!(names.len(), 7, "six servers and the ruler: {names:?}");
    for name in names {
        let set = format!("kind: StatefulSet\nmetadata: {{name: {name}}}\n");
        assert!(resources.contains(&set), "{name}");
    }
    let files = maps.lines().filter_map(|line| line.strip_prefix("  - "));
    for (key, file) in files.filter_map(|file| file.trim_matches('\'').split_once('=')) {
        assert!(written.join(file).is_file(), "{file}");
        assert!(resources.contains(&format!("{{key: {key}, ")) || key == "rules-global.yml");
    }
}

/// Every file of a fleet with replicas, made of the mesh's configuration, which has rules, alerts,
/// external labels of its own and discovery: both servers take them.
#[test]
fn promtool_takes_what_is_written() {
    let out = TempDir::new("written").unwrap();
    let path = out.path().to_str().unwrap();
    let mesh = workspace().join("fixtures/mesh");
    let fleet = ["--shards", "3", "--replicas", "2", "--mapped", "--kubernetes"];
    let ended = run(&mesh, &[&["shard", ".", "--write", path], &fleet[..]].concat(), b"");
    assert_eq!(ended.status, 0, "{ended:?}");
    resources_have_their_files(out.path());
    has_no_faults(out.path(), &["0-a", "0-b", "1-a", "1-b", "2-a", "2-b"]);
    for version in [Version::V2, Version::V3] {
        let Some(promtool) = promtool(version) else { return };
        let check = |what: &str, name: &str| {
            let command =
                Command::new(&promtool).args(["check", what, name]).current_dir(path).output();
            let ended = command.unwrap();
            assert!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stderr));
        };
        for shard in 0..3 {
            for replica in ["a", "b"] {
                check("config", &format!("prometheus-{shard}-{replica}.yml"));
            }
        }
        let read = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap();
        let filled = read("prometheus-template.yml").replace("${SHARD}", "1");
        // A placeholder needs quotes where what it stands for needs none.
        let filled = filled.replace("${REPLICA}", "b").replace('\'', "");
        assert_eq!(filled, read("prometheus-1-b.yml").replace('\'', ""));
        // Thanos's own key is not Prometheus's.
        let global = read("rules-global.yml");
        let key = "  partial_response_strategy: abort\n";
        assert_eq!(global.matches(key).count(), global.matches("- name:").count());
        out.write("rules-plain.yml", global.replace(key, "")).unwrap();
        check("rules", "rules-plain.yml");
    }
}
