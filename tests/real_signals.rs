//! What `signals --write` makes, on real servers: the recording rules and dashboards of the mesh and of
//! a real `node_exporter` have a value for every cell that is present, and faults that are planted in
//! the data show in their cells.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use promsieve_lab::real::{
    NodeExporter, Page, Pages, Server, Setup, TempDir, Version, dir, promtool,
};
use serde_json::Value;
use xtask::workspace;

use crate::cli::run;
use crate::python;
use crate::rounds::{MINUTE, Sample, mesh, page};

const ROUNDS: u64 = 10;
/// The round in which the faults begin.
const FAULTS: u64 = 6;
const PATIENCE: Duration = Duration::from_mins(2);
/// The machine that is out of disk and processor time.
const ILL: &str = "10.4.0.17:9100";
/// A proxy whose calls get flags, one that the mesh has and one that it has not.
const PROXY: &str = "10.28.0.2:15020";
const FLAGS: [&str; 2] = ["UO", "NR"];

/// A configuration for the mesh, asked through `pages`, and for the `node_exporter`.
fn config(pages: &Pages, exporter: &NodeExporter) -> String {
    let mut out = "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n\
                   rule_files: [signals.rules.yml]\nscrape_configs:\n"
        .to_owned();
    let mut jobs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (job, address, _) in mesh() {
        jobs.entry(job).or_default().push(format!("'{address}'"));
    }
    for (job, addresses) in jobs {
        let (proxy, targets) = (pages.proxy_url(), addresses.join(", "));
        writeln!(
            out,
            "- {{job_name: {job}, proxy_url: '{proxy}', static_configs: [{{targets: [{targets}]}}]}}"
        )
        .unwrap();
    }
    let real = exporter.address();
    writeln!(out, "- {{job_name: real, static_configs: [{{targets: ['{real}']}}]}}").unwrap();
    out
}

/// What `signals` says of it all, with its files in `directory`.
fn signals(directory: &TempDir, config: &str, exporter: &NodeExporter) -> Value {
    let path =
        |job: &str, address: &str| format!("scrapes/{job}/{}.prom", address.replace(':', "%3A"));
    directory.write("prometheus.yml", config).unwrap();
    for (job, address, text) in mesh() {
        directory.write(&path(&job, &address), &text).unwrap();
    }
    directory.write(&path("real", exporter.address()), exporter.page().unwrap()).unwrap();
    // A server refuses a rule file that is missing, and promsieve says so.
    directory.write("signals.rules.yml", "groups: []\n").unwrap();
    let args = ["signals", ".", "--write", "out", "--format", "json"];
    let ended = run(directory.path(), &args, b"");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn read(directory: &TempDir, name: &str) -> String {
    std::fs::read_to_string(directory.path().join("out").join(name)).unwrap()
}

/// A sample's value: processors are idle nine parts of ten and disks as full as they are, but for the
/// machine that falls ill.
fn value(address: &str, sample: Sample<'_>, round: u64) -> f64 {
    let ill = address == ILL;
    if sample.series.starts_with("node_cpu_seconds_total") {
        let idle = if ill { round.min(FAULTS - 1) } else { round };
        let is_idle = sample.series.contains("mode=\"idle\"");
        return if is_idle { 54.0 * idle as f64 } else { round as f64 };
    }
    if sample.series.starts_with("node_filesystem_") {
        let is_full = ill && round >= FAULTS && sample.series.contains("_avail_bytes");
        return if is_full { 0.0 } else { sample.value };
    }
    sample.moved(round)
}

/// Calls with a flag, of one more pair of services.
fn flagged(text: &str, flag: &str, round: u64, time: u64) -> String {
    let call = text.lines().find(|line| line.starts_with("istio_requests_total{")).unwrap();
    let (series, _) = call.rsplit_once(' ').unwrap();
    let start = series.find("response_flags=\"").unwrap() + "response_flags=\"".len();
    let end = start + series[start..].find('"').unwrap();
    let series = format!("{}{flag},URX,planted{}", &series[..start], &series[end..]);
    format!("{series} {} {time}\n", round * 1_000_000)
}

/// Serves all rounds, each until the server has it; when the first and the last one were, in seconds.
fn play(pages: &Pages, server: &Server) -> (u64, u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let end = now - 10_000;
    let texts = mesh();
    for round in 1..=ROUNDS {
        let time = end - (ROUNDS - round) * MINUTE;
        for (_, address, text) in &texts {
            let mut page = page(text, round, time, |sample| value(address, sample, round));
            if address == PROXY && round >= FAULTS {
                page.extend(FLAGS.map(|flag| flagged(text, flag, round, time)));
            }
            pages.set(address, Page::text(page));
        }
        let start = Instant::now();
        let wanted = texts.len().to_string();
        let query = format!("count(round == {round})");
        while !server
            .query_at(&query, time / 1000 + 1)
            .unwrap()
            .iter()
            .any(|it| it.1.to_string() == wanted)
        {
            assert!(start.elapsed() < PATIENCE, "round {round} was not scraped everywhere");
            thread::sleep(Duration::from_millis(100));
        }
    }
    ((end - (ROUNDS - FAULTS + 1) * MINUTE) / 1000 + 1, end / 1000 + 1)
}

/// The recorded series of a way to a cell.
fn recorded(cell: &Value, exporter: &Value) -> String {
    let (row, signal) = (cell["row"].as_str().unwrap(), cell["signal"].as_str().unwrap());
    let exporter = exporter.as_str().unwrap();
    match row {
        "response_flags" => {
            format!("signal:{row}:rate{{flag=\"{signal}\",exporter=\"{exporter}\"}}")
        }
        _ => format!("signal:{row}:{signal}{{exporter=\"{exporter}\"}}"),
    }
}

/// Every present cell is recorded with a number, by each exporter that gives it.
fn check_recorded(server: &Server, view: &Value) {
    let mut checked = 0;
    for cell in view["cells"].as_array().unwrap().iter().filter(|it| it["state"] == "present") {
        let shows = |giver: &&Value| {
            let jobs = giver["jobs"].as_array().unwrap();
            jobs.iter().any(|job| job["series"].as_u64() > Some(0))
        };
        let mut exporters: Vec<&Value> = Vec::new();
        for giver in cell["givers"].as_array().unwrap().iter().filter(shows) {
            if !exporters.contains(&&giver["exporter"]) {
                exporters.push(&giver["exporter"]);
            }
        }
        for exporter in exporters {
            let query = recorded(cell, exporter);
            let start = Instant::now();
            while !server.query(&query).unwrap().iter().any(|(_, value)| value.is_finite()) {
                assert!(start.elapsed() < PATIENCE, "{query} has no value: {cell:#}");
                thread::sleep(Duration::from_millis(200));
            }
            checked += 1;
        }
    }
    assert!(checked >= 40, "only {checked} cells were recorded");
}

/// The query of a cell, in the dashboard of its layer.
fn panel_query(directory: &TempDir, layer: &str, title: &str, legend: &str) -> String {
    let dashboard: Value =
        serde_json::from_str(&read(directory, &format!("signals-{layer}.json"))).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let panel = panels.iter().find(|panel| panel["title"] == title).expect(title);
    let targets = panel["targets"].as_array().unwrap();
    let found = targets.iter().find(|it| it["legendFormat"].as_str().unwrap().starts_with(legend));
    found.expect(legend)["expr"].as_str().unwrap().to_owned()
}

/// The largest value of a query at a time, over what the ill machine or nobody in particular shows.
fn largest(server: &Server, query: &str, time: u64, instance: Option<&str>) -> Option<f64> {
    let found = server.query_at(query, time).unwrap();
    let of = |labels: &BTreeMap<String, String>| match instance {
        Some(instance) => labels.get("instance").is_some_and(|it| it == instance),
        None => true,
    };
    found.into_iter().filter(|(labels, _)| of(labels)).map(|(_, value)| value).reduce(f64::max)
}

/// What was planted shows in its cell, and did not before.
fn check_faults(server: &Server, directory: &TempDir, before: u64, after: u64) {
    let ill = Some(ILL);
    for title in ["cpu: utilisation", "file system: utilisation"] {
        let query = panel_query(directory, "os", title, "");
        let at = |time| largest(server, &query, time, ill).expect(title);
        assert!(at(before) < 0.97 && at(after) > 0.98, "{title}: {} {}", at(before), at(after));
    }
    for flag in FLAGS {
        let query = panel_query(directory, "network", "response flags: discovery", flag);
        let at = |time| largest(server, &query, time, None).unwrap_or(0.0);
        assert!(at(after) > 10_000.0, "{flag}: {}", at(after));
        assert!(at(before) < at(after) / 10.0, "{flag}: {} {}", at(before), at(after));
    }
}

#[track_caller]
fn check(version: Version) {
    let (Some(_), Some(exporter)) = (dir(), NodeExporter::start().unwrap()) else { return };
    let directory = TempDir::new("signals").unwrap();
    let pages = Pages::serve([]).unwrap();
    let config = config(&pages, &exporter);
    let view = signals(&directory, &config, &exporter);
    let rules = read(&directory, "signals.rules.yml");
    let promtool = promtool(version).unwrap();
    let checked = Command::new(promtool)
        .args(["check", "rules"])
        .arg(directory.path().join("out/signals.rules.yml"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let files = vec![("signals.rules.yml".to_owned(), rules)];
    let setup = Setup { files, ..Setup::default() };
    let server = Server::start_with(version, &config, &setup).unwrap();
    let (before, after) = play(&pages, &server);
    check_recorded(&server, &view);
    check_faults(&server, &directory, before, after);
}

#[test]
fn every_present_cell_has_a_value_and_faults_show_in_prometheus_2() {
    check(Version::V2);
}

#[test]
fn every_present_cell_has_a_value_and_faults_show_in_prometheus_3() {
    check(Version::V3);
}

#[test]
fn grafanas_own_model_reads_the_dashboards_whole() {
    let Some(python) = python::with(&xtask::python::GRAFANA) else { return };
    let directory = TempDir::new("dashboards").unwrap();
    let out = directory.path().to_str().unwrap();
    let ended = run(workspace(), &["signals", "fixtures/mesh", "--write", out], b"");
    assert_eq!(ended.status, 1, "the mesh has planted mistakes: {}", ended.stderr);
    let script = workspace().join("tests/real_signals/read.py");
    let files = ["application", "network", "os"].map(|layer| format!("signals-{layer}.json"));
    for file in files {
        let path = directory.path().join(&file);
        let read = Command::new(&python).args([&script, &path]).output().unwrap();
        let errors = String::from_utf8_lossy(&read.stderr);
        assert!(read.status.success(), "{file}: {errors}");
        let kept: Value = serde_json::from_slice(&read.stdout).unwrap();
        let written = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(holds(&kept, &written), "{file}: {written:#}\nbecame\n{kept:#}");
        check_usage(&path);
    }
}

/// Whether everything of `part` is in `whole`.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|it| holds(it, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(a, b)| holds(a, b))
        }
        _ => whole == part || whole.as_f64().is_some() && whole.as_f64() == part.as_f64(),
    }
}

/// promsieve itself understands every query of the dashboard.
fn check_usage(path: &Path) {
    let args = ["usage", path.to_str().unwrap(), "--format", "json"];
    let usage = run(workspace(), &args, b"").json();
    assert!(usage["queries"].as_u64().unwrap() > 3, "{usage:#}");
    assert_eq!(usage["not_understood"].as_array().unwrap().len(), 0, "{usage:#}");
}
