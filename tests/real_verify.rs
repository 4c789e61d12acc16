//! `promsieve verify` against real servers: one goes from the mesh's configuration to half of the
//! plan, to all of it, and to one with steps that merge series, and is asked in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use promsieve_lab::real::{Page, Pages, Server, Setup, TempDir, Version, dir};
use serde_json::Value;
use xtask::workspace;

use crate::cli::{Ended, run};
use crate::real_plan::{on_pages, unsafely};
use crate::rounds::mesh;

const PATIENCE: Duration = Duration::from_mins(2);

/// An alert that fires as long as the processors' modes are told apart, and one that does not.
const RULES: &str = "\
groups:
- name: modes
  interval: 1s
  rules:
  - {alert: Modes, expr: 'count(node_cpu_seconds_total{mode=\"idle\"}) > 0'}
  - {alert: NoModes, expr: 'count(node_cpu_seconds_total{mode=\"\"}) > 0'}
";

/// The jobs of a configuration, each with its text.
fn jobs(config: &str) -> Vec<&str> {
    config.split_inclusive("\n  - job_name: ").collect()
}

/// The plan's steps for every other job alone.
fn half(config: &str, planned: &str) -> String {
    let (old, new) = (jobs(config), jobs(planned));
    assert_eq!(old.len(), new.len());
    old.iter().zip(new).enumerate().map(|(at, (old, new))| [*old, new][at % 2]).collect()
}

/// A server, and where its plan and answers are.
struct Case {
    server: Server,
    dir: TempDir,
}

impl Case {
    fn verify(&self, more: &[&str]) -> Ended {
        let url = format!("http://{}", self.server.address());
        run(self.dir.path(), &[&["verify", "plan.json", "--live", &url], more].concat(), b"")
    }

    /// Asks until the answer is as it shall be: what a reload ends goes stale two scrapes later.
    #[track_caller]
    fn until(&self, more: &[&str], holds: impl Fn(&Value) -> bool) -> (i32, Value) {
        let start = Instant::now();
        loop {
            let ended = self.verify(&[&["--format", "json"], more].concat());
            let view: Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
            if holds(&view) {
                return (ended.status, view);
            }
            assert!(start.elapsed() < PATIENCE, "{}", self.verify(more).stdout);
            thread::sleep(Duration::from_millis(500));
        }
    }
}

/// Series of the plan's metrics when only these jobs run it.
fn found(plan: &Value, runs: impl Fn(&str) -> bool) -> u64 {
    let metrics = plan["metrics"].as_array().unwrap();
    let series = |metric: &Value| {
        let key = if runs(metric["job"].as_str().unwrap()) { "after" } else { "before" };
        metric[key].as_u64().unwrap()
    };
    metrics.iter().map(series).sum()
}

fn states(view: &Value) -> BTreeMap<String, Vec<String>> {
    let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for action in view["actions"].as_array().unwrap() {
        let text = |key: &str| action[key].as_str().unwrap().to_owned();
        states.entry(text("job")).or_default().push(text("state"));
    }
    states
}

fn plan(version: Version, dir: &Path) -> Value {
    let args = ["optimize", "fixtures/mesh", "--format", "json", "--server", version.name()];
    let ended = run(workspace(), &args, b"");
    fs::write(dir.join("plan.json"), &ended.stdout).unwrap();
    serde_json::from_str(&ended.stdout).expect(&ended.stderr)
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let directory = TempDir::new("verify").unwrap();
    let plan = plan(version, directory.path());
    let config = fs::read_to_string(workspace().join("fixtures/mesh/prometheus.yml")).unwrap();
    let planned = plan["config"].as_str().unwrap();
    let all = mesh().into_iter().map(|(_, address, text)| (address, Page::text(text)));
    let pages = Pages::serve(all).unwrap();
    let files = vec![("none/modes.yml".to_owned(), RULES.to_owned())];
    let setup = Setup { files, ..Setup::default() };
    let server = Server::start_with(version, &on_pages(&config, &pages), &setup).unwrap();
    let case = Case { server, dir: directory };
    // Its questions are asked one after the other, between which a scrape may come in.
    let is = |wanted: u64, state: &'static str| {
        move |view: &Value| view["series"]["found"] == wanted && view["state"] == state
    };

    // Without the plan, before any of it.
    let fires = |name: &str, view: &Value| {
        view["alerts"]["firing"].as_array().unwrap().iter().any(|it| it["alertname"] == name)
    };
    let before = found(&plan, |_| false);
    let (status, view) =
        case.until(&[], |view| is(before, "runs_not")(view) && fires("Modes", view));
    assert_eq!(status, 1);
    assert_eq!(view["series"]["before"], before);
    for key in ["resident", "heap", "head_series"] {
        assert!(view["memory"][key].as_u64() > Some(1000), "{view}");
    }
    fs::write(case.dir.path().join("before.json"), view.to_string()).unwrap();
    let since = ["--before", "before.json"];

    // Half of it.
    case.server.reload(&on_pages(&half(&config, planned), &pages)).unwrap();
    let names: Vec<&str> =
        jobs(&config)[1..].iter().map(|job| job.lines().next().unwrap()).collect();
    let runs = |job: &str| names.iter().position(|&name| name == job).unwrap() % 2 == 0;
    let as_meant = |view: &Value| {
        states(view).iter().all(|(job, states)| {
            let wanted = if runs(job) { "runs" } else { "runs_not" };
            states.iter().all(|state| state == wanted)
        })
    };
    let half_runs = is(found(&plan, runs), "in_part");
    let (status, _) = case.until(&since, |view| half_runs(view) && as_meant(view));
    assert_eq!(status, 1);

    // All of it.
    case.server.reload(&on_pages(planned, &pages)).unwrap();
    let (status, view) = case.until(&since, is(found(&plan, |_| true), "runs"));
    assert_eq!(status, 0, "{view}");
    assert_eq!(view["series"]["found"], view["series"]["predicted"]);
    assert_eq!(view["alerts"]["ended"], Value::Array(Vec::new()));

    // A label goes that tells series apart.
    case.server.reload(&on_pages(&unsafely(planned), &pages)).unwrap();
    let has_fewer = |view: &Value| {
        let metrics = view["metrics"].as_array().unwrap();
        metrics.iter().any(|it| it["found"].as_u64() < it["predicted"].as_u64())
    };
    let (status, view) = case.until(&since, |view| has_fewer(view) && fires("NoModes", view));
    assert_eq!(status, 1);
    assert_eq!(view["alerts"]["began"][0]["alertname"], "NoModes");
    let text = case.verify(&since).stdout;
    assert!(text.contains("merges: metrics have fewer series than predicted"), "{text}");
}

#[test]
fn what_prometheus_2_makes_of_a_plan_is_told() {
    check(Version::V2);
}

#[test]
fn what_prometheus_3_makes_of_a_plan_is_told() {
    check(Version::V3);
}

#[test]
fn another_server_is_no_proof() {
    let directory = TempDir::new("verify").unwrap();
    plan(Version::V3, directory.path());
    let json = |text: &str| Page::new(text, "application/json");
    let empty = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    let pages = Pages::serve([("/api/v1/query".to_owned(), json(empty))]).unwrap();
    let url = format!("http://{}", pages.address());
    let args = ["verify", "plan.json", "--live", &url];
    let ended = run(directory.path(), &args, b"");
    assert_eq!(ended.status, 2, "{}", ended.stderr);
    assert!(ended.stdout.contains("is it the right server?"), "{}", ended.stdout);
    assert!(ended.stderr.contains("/api/v1/alerts answers 404"), "{}", ended.stderr);
    let ended = run(directory.path(), &["verify", "no.json", "--live", &url], b"");
    assert_eq!(ended.status, 2);
}
