//! `promsieve targets` as it is run: over machines on loopback that fall silent, and killed at any
//! moment.
//!
//! Nothing here depends on how fast the machine is: what must come is waited for. The thresholds
//! themselves are tested on a virtual clock, in the library's `health`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use promsieve_lab::real::{TempDir, get};
use promsieve_lab::silent::Silent;
use serde_json::{Value, json};

use crate::cli::{run, spawn};

/// For what must come at some time on a machine as slow as you like.
const PATIENCE: Duration = Duration::from_mins(2);

/// A run that is killed when it is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The machines of one test, which share a network.
pub(crate) fn address(network: u8, machine: u8) -> SocketAddr {
    SocketAddr::from(([127, 81, network, machine], 9100))
}

/// A file for file discovery with so many machines.
pub(crate) fn list(network: u8, machines: u8) -> String {
    let targets: Vec<String> =
        (1..=machines).map(|machine| address(network, machine).to_string()).collect();
    json!([{"targets": targets, "labels": {"team": "a"}}]).to_string()
}

/// The targets in a file that was written.
pub(crate) fn written(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let groups: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let targets = |group: &Value| group["targets"].as_array().unwrap().clone();
    let all = groups.as_array().unwrap().iter().flat_map(targets);
    all.map(|target| target.as_str().unwrap().to_owned()).collect()
}

#[track_caller]
pub(crate) fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

const QUICK: [&str; 8] =
    ["--interval", "100ms", "--probe-timeout", "100ms", "--fall", "2", "--rise", "2"];

#[test]
fn the_targets_of_a_machine_go_while_it_is_silent() {
    let dir = TempDir::new("targets").unwrap();
    dir.write("in.json", list(1, 10)).unwrap();
    let args = [&["targets", "in.json", "--out", "out.json"], &QUICK[..]].concat();
    let mut running = Running(spawn(dir.path(), &args));
    let out = dir.path().join("out.json");
    wait_for("the first file", || out.exists() && written(&out).len() == 10);
    let silent = [3, 7].map(|machine| Silent::at(address(1, machine)).unwrap());
    wait_for("the removal", || written(&out).len() == 8);
    assert!(!written(&out).contains(&address(1, 3).to_string()));
    drop(silent);
    wait_for("the return", || written(&out).len() == 10);
    let lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let events: Vec<Value> =
        lines.take(4).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    for (event, word) in events.iter().zip(["removed", "removed", "returned", "returned"]) {
        assert_eq!((&event["schema"], &event["event"]), (&json!(1), &json!(word)));
        assert_eq!(event["targets"][0]["list"], "in");
    }
}

#[test]
fn half_of_a_fleet_that_falls_silent_stays() {
    let dir = TempDir::new("targets").unwrap();
    dir.write("in.json", list(2, 10)).unwrap();
    let _silent: Vec<Silent> =
        (1..=5).map(|machine| Silent::at(address(2, machine)).unwrap()).collect();
    let args = ["targets", "in.json", "--out", "out.json", "--once", "--format", "json"];
    let ended = run(dir.path(), &[&args, &QUICK[..]].concat(), b"");
    assert_eq!((ended.status, ended.stderr.as_str()), (1, ""));
    let view: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(view["held"].as_array().unwrap().len(), 5);
    assert_eq!(view["removed"], json!([]));
    assert_eq!(written(&dir.path().join("out.json")).len(), 10);
}

#[test]
fn a_run_goes_on_where_the_last_one_ended() {
    let dir = TempDir::new("targets").unwrap();
    dir.write("in.json", list(3, 4)).unwrap();
    let out = dir.path().join("out.json");
    // Two probes a run, and three answers to return.
    let args = ["targets", "in.json", "--out", "out.json", "--once", "--fall", "2", "--rise", "3"];
    let once = || run(dir.path(), &[&args, &QUICK[..4]].concat(), b"").status;
    let silent = Silent::at(address(3, 2)).unwrap();
    assert_eq!((once(), written(&out).len()), (1, 3));
    drop(silent);
    assert_eq!((once(), written(&out).len()), (1, 3), "two answers are too few");
    assert_eq!((once(), written(&out).len()), (0, 4));
}

#[test]
fn a_list_that_cannot_be_read_stays_what_it_was() {
    let dir = TempDir::new("targets").unwrap();
    dir.write("in.json", list(4, 3)).unwrap();
    let args = ["targets", "in.json", "--out", "out.json", "--refresh", "50ms"];
    let mut running = Running(spawn(dir.path(), &args));
    let out = dir.path().join("out.json");
    wait_for("the first file", || out.exists() && written(&out).len() == 3);
    let mut lines = BufReader::new(running.0.stderr.take().unwrap()).lines();
    for (broken, mended) in ["", "[{\"targets\": [", "[", "a: b", "word"].into_iter().zip(3..) {
        dir.write("in.json", broken).unwrap();
        let line = lines.next().unwrap().unwrap();
        assert!(line.starts_with("error: ") && line.contains("in.json"), "{line}");
        assert_eq!(written(&out).len(), usize::from(mended));
        dir.write("in.json", list(4, mended + 1)).unwrap();
        wait_for("the mended list", || written(&out).len() == usize::from(mended + 1));
    }
}

#[test]
fn a_configuration_gives_a_list_a_job() {
    let dir = TempDir::new("targets").unwrap();
    dir.write("more/b.json", list(5, 2)).unwrap();
    dir.write(
        "prometheus.yml",
        "scrape_configs:\n\
         - job_name: node/a\n  static_configs: [{targets: ['127.81.5.9:9100'], labels: {x: y}}]\n\
         - job_name: files\n  file_sd_configs: [{files: [more/*.json]}]\n",
    )
    .unwrap();
    let args = ["targets", "prometheus.yml", "--once"];
    let refused = run(dir.path(), &[&args[..], &["--out", "one.json"]].concat(), b"");
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("there are 2 lists (node_a, files)"), "{}", refused.stderr);
    let ended = run(dir.path(), &[&args[..], &["--out", "sd/"], &QUICK].concat(), b"");
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert_eq!(written(&dir.path().join("sd/node_a.json")), ["127.81.5.9:9100"]);
    assert_eq!(written(&dir.path().join("sd/files.json")).len(), 2);
    let one = [&args[..], &["--out", "one.json", "--job", "files"], &QUICK].concat();
    assert_eq!(run(dir.path(), &one, b"").status, 0);
}

/// A hundred runs that write all the time are killed at a moment that differs from run to run.
#[test]
fn a_kill_at_any_moment_leaves_whole_files() {
    let dir = TempDir::new("targets").unwrap();
    let lists = [list(6, 200), list(6, 100)];
    dir.write("in.json", &lists[0]).unwrap();
    let out = dir.path().join("out.json");
    let args = ["targets", "in.json", "--out", "out.json", "--refresh", "1ms"];
    for round in 0..100u64 {
        let mut running = Running(spawn(dir.path(), &args));
        let moment = Instant::now() + Duration::from_micros(round * 397 % 40_000);
        wait_for("a file", || out.exists());
        let mut turn = 0;
        while turn == 0 || Instant::now() < moment {
            turn += 1;
            dir.write("new.json", &lists[turn % 2]).unwrap();
            std::fs::rename(dir.path().join("new.json"), dir.path().join("in.json")).unwrap();
        }
        running.0.kill().unwrap();
        running.0.wait().unwrap();
        assert!(matches!(written(&out).len(), 100 | 200));
        let state = std::fs::read_to_string(dir.path().join("out.json.state")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&state).unwrap()["schema"], 1);
    }
}

#[test]
fn its_own_page_names_what_was_removed() {
    let dir = TempDir::new("targets").unwrap();
    dir.write("in.json", list(7, 4)).unwrap();
    let _silent = Silent::at(address(7, 2)).unwrap();
    let args = ["targets", "in.json", "--out", "out.json", "--listen", "127.0.0.1:0"];
    let mut running = Running(spawn(dir.path(), &[&args, &QUICK[..]].concat()));
    let mut line = String::new();
    BufReader::new(running.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let page = line.trim().strip_prefix("metrics at http://").expect("an address");
    let at = page.strip_suffix("/metrics").unwrap();
    let wanted = "promsieve_target_removed{list=\"in\",machine=\"127.81.7.2\",\
                  target=\"127.81.7.2:9100\",team=\"a\"} 1";
    wait_for("the removal", || {
        let body = get(at, "/metrics").unwrap().body;
        String::from_utf8(body).unwrap().lines().any(|line| line == wanted)
    });
    assert_eq!(get(at, "/-/healthy").unwrap().status, 200);
    assert_eq!(get(at, "/other").unwrap().status, 404);
}

#[test]
fn an_echo_is_asked_for_where_that_is_permitted() {
    let dir = TempDir::new("targets").unwrap();
    dir.write("in.json", list(8, 2)).unwrap();
    let args = ["targets", "in.json", "--out", "out.json", "--once", "--probe", "icmp"];
    let ended = run(dir.path(), &[&args, &QUICK[..]].concat(), b"");
    if ended.status == 2 {
        assert!(ended.stderr.contains("ICMP is not permitted: let the group"), "{}", ended.stderr);
    } else {
        assert_eq!((ended.status, written(&dir.path().join("out.json")).len()), (0, 2));
    }
}
